"""Training on every engine: the same bits, whatever the way there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona as nn
from contract.cases import CONSTRAINTS, METRICS, OPTIMIZERS
from contract.running import rows
from neurona import layers
from neurona.optimizers import Optimizer

X, Y = rows((53, 6)).astype(np.float32), np.arange(53) % 3


def network(seed: int = 4, dtype: str = "float32", **dense: Any) -> nn.Sequential:
    return nn.Sequential(
        [
            layers.Input(shape=(6,)),
            layers.Dense(8, activation="relu", **dense),
            layers.Dropout(0.2),
            layers.BatchNormalization(),
            layers.Dense(3, activation="softmax"),
        ],
        seed=seed,
        dtype=dtype,
    )


def compiled(
    engine: str = "numpy", optimizer: Any = None, dtype: str = "float32", **dense: Any
) -> nn.Sequential:
    model = network(dtype=dtype, **dense)
    model.compile(
        optimizer=optimizer or nn.optimizers.Adam(0.01),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        engine=engine,
    )
    return model


def same_bits(a: nn.Sequential, b: nn.Sequential) -> bool:
    """Weights, optimizer state and counters are equal, bit for bit."""
    first, second = a.state, b.state
    slots = [
        (first.slots[key][name], second.slots[key][name])
        for key in first.slots
        for name in first.slots[key]
    ]
    weights = [(first.weights[key], second.weights[key]) for key in first.weights]
    return (first.iteration, first.epoch) == (second.iteration, second.epoch) and all(
        np.asarray(p).tobytes() == np.asarray(q).tobytes() for p, q in weights + slots
    )


def fit(model: nn.Sequential, epochs: int = 1, **options: Any) -> nn.callbacks.History:
    return model.fit(X, Y, **{"batch_size": 8, "epochs": epochs, "verbose": 0, **options})


def test_same_seed_same_bits(engine: str) -> None:
    a, b = compiled(engine), compiled(engine)
    assert fit(a, 3).history == fit(b, 3).history
    assert same_bits(a, b)
    other = network(seed=5)
    assert not np.array_equal(other.get_weights()[0], network().get_weights()[0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_epochs_are_one_and_one(name: str, engine: str) -> None:
    a, b = compiled(engine, OPTIMIZERS[name]()), compiled(engine, OPTIMIZERS[name]())
    fit(a, 2)
    fit(b, 1)
    fit(b, 1)
    assert same_bits(a, b)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_saved_and_loaded_in_between(name: str, engine: str, tmp_path: Path) -> None:
    a, b = compiled(engine, OPTIMIZERS[name]()), compiled(engine, OPTIMIZERS[name]())
    fit(a, 2)
    fit(b, 1)
    b.save(tmp_path / "model.safetensors")
    c = nn.load_model(tmp_path / "model.safetensors")
    assert same_bits(b, c)
    assert np.array_equal(b.predict(X), c.predict(X))
    fit(c, 1)
    assert same_bits(a, c)


@pytest.mark.parametrize("strategy", ["random", "stratified"])
def test_the_held_out_rows_stay_held_out(strategy: str, engine: str) -> None:
    a, b = compiled(engine), compiled(engine)
    options = {"validation_split": 0.25, "validation_strategy": strategy}
    fit(a, 2, **options)
    fit(b, 1, **options)
    fit(b, 1, **options)
    assert same_bits(a, b)


def test_listening_changes_nothing(engine: str) -> None:
    class Listener(nn.callbacks.Callback):
        steps = 0

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            self.steps += 1
            assert np.isfinite(self.model.get_weights()[0]).all()

    a, b, listener = compiled(engine), compiled(engine), Listener()
    fit(a, 2)
    fit(b, 2, callbacks=[listener])
    assert same_bits(a, b)
    assert listener.steps == 2 * 7


def test_batches_one_by_one_are_an_epoch(engine: str) -> None:
    a, b, c = (compiled(engine) for _ in range(3))
    fit(a, 1, shuffle=False)
    for start in range(0, len(X), 8):
        b.train_on_batch(X[start : start + 8], Y[start : start + 8])
    c.fit(((X[i : i + 8], Y[i : i + 8]) for i in range(0, 53, 8)), verbose=0)
    assert all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))
    assert same_bits(a, c)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints_hold_after_every_step(name: str, engine: str) -> None:
    model = compiled(engine, kernel_constraint=CONSTRAINTS[name]())
    fit(model, 1)
    kernel = model.layers[0].get_weights()[0]
    if name == "min_max_norm":  # rate 0.5 goes half of the way at each step
        assert np.linalg.norm(kernel, axis=0).max() < 1.2
    else:
        assert np.allclose(CONSTRAINTS[name]()(kernel), kernel, atol=1e-6)


def test_a_frozen_layer_stays(engine: str) -> None:
    model = compiled(engine, trainable=False)
    before = model.layers[0].get_weights()
    fit(model, 1)
    assert all(
        np.array_equal(p, q) for p, q in zip(before, model.layers[0].get_weights(), strict=True)
    )
    assert model.network.count_trainable() == 2 * 8 + 8 * 3 + 3


OUTPUTS = {"AUC": 1, "BinaryAccuracy": 1, "BinaryCrossentropy": 1, "Precision": 1, "Recall": 1}


@pytest.mark.parametrize("cls", METRICS, ids=lambda cls: cls.__name__)
def test_metrics_of_training_and_evaluation(cls: Any, engine: str) -> None:
    """With the rate at 0, training measures what the metric measures by itself."""
    k = OUTPUTS.get(cls.__name__, 3)
    metric = cls(loss="mse") if cls.__name__ == "MeanLoss" else cls()
    net = [layers.Input(shape=(6,)), layers.Dense(k, activation="softmax" if k > 1 else "sigmoid")]
    model = nn.Sequential(net, seed=1, dtype="float64")
    labels = Y if k > 1 else Y % 2
    y = np.eye(3)[Y] if k > 1 else labels[:, None]
    loss = "categorical_crossentropy" if k > 1 else "binary_crossentropy"
    model.compile(nn.optimizers.SGD(0.0), loss, metrics=[metric], engine=engine)
    weight = np.arange(53) % 4 + 0.5
    options = {"batch_size": 8, "verbose": 0, "sample_weight": weight}
    (trained,) = model.fit(X, y, **options).history[metric.name]
    evaluated = model.evaluate(X, y, batch_size=5, sample_weight=weight)[1]
    alone = metric(y, model.predict(X), weight)
    assert np.allclose(trained, alone, atol=1e-9)
    assert np.allclose(evaluated, alone, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(copies=st.lists(st.integers(0, 4), min_size=8, max_size=8).filter(any))
def test_a_weight_of_k_is_k_copies(engine: str, copies: list[int]) -> None:
    x, y = X[:8], Y[:8]
    repeated = np.repeat(np.arange(8), copies)

    def plain() -> nn.Sequential:
        net = [layers.Input(shape=(6,)), layers.Dense(5, "tanh"), layers.Dense(3, "softmax")]
        model = nn.Sequential(net, seed=1, dtype="float64")
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], engine=engine)
        return model

    a, b = plain(), plain()
    first = a.train_on_batch(x, y, sample_weight=np.array(copies))
    second = b.train_on_batch(x[repeated], y[repeated])
    assert np.allclose(first, second, atol=1e-12)
    for p, q in zip(a.get_weights(), b.get_weights(), strict=True):
        assert np.allclose(p, q, atol=1e-12)
    with_weights = a.evaluate(x, y, sample_weight=np.array(copies))
    assert np.allclose(with_weights, a.evaluate(x[repeated], y[repeated]), atol=1e-12)


def test_class_weights_are_sample_weights(engine: str) -> None:
    a, b = compiled(engine), compiled(engine)
    by_class = {0: 1.0, 1: 0.25, 2: 3.0}
    fit(a, 2, class_weight=by_class)
    fit(b, 2, sample_weight=np.array([by_class[int(c)] for c in Y]))
    assert all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))
    c, d = compiled(engine), compiled(engine)
    fit(c, 1, class_weight="balanced")
    fit(d, 1, class_weight=nn.utils.balanced_class_weight(Y))
    assert same_bits(c, d)


@pytest.mark.parametrize(
    "alike",
    [
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: x.astype(">f4"),
        lambda x: _read_only(x),
        lambda x: x.tolist(),
        lambda x: x.astype(np.float64),
    ],
    ids=["fortran", "strided", "big_endian", "read_only", "list", "float64"],
)
def test_arrays_of_every_make(alike: Callable[[Any], Any], engine: str) -> None:
    a, b = compiled(engine), compiled(engine)
    fit(a, 1)
    b.fit(alike(X), Y.astype(">i2"), batch_size=8, epochs=1, verbose=0)
    assert same_bits(a, b)


def _read_only(x: Any) -> Any:
    copy = x.copy()
    copy.setflags(write=False)
    return copy


def test_memory_mapped(engine: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    a, b = compiled(engine), compiled(engine)
    fit(a, 1)
    b.fit(np.load(tmp_path / "x.npy", mmap_mode="r"), Y, batch_size=8, epochs=1, verbose=0)
    assert same_bits(a, b)


@pytest.mark.parametrize("make", [lambda: OPTIMIZERS["Adam"](), lambda: OPTIMIZERS["SGD"]()])
def test_an_interrupted_fit_keeps_its_steps(make: Callable[[], Optimizer], engine: str) -> None:
    class Interrupt(nn.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            if batch == 3:
                raise KeyboardInterrupt

    model = compiled(engine, make())
    with pytest.raises(KeyboardInterrupt):
        fit(model, 1, callbacks=[Interrupt()])
    assert model.state.iteration == 4
    fit(model, 1)
    assert model.state.iteration == 4 + 7


def test_weights_set_by_a_callback_are_trained_on(engine: str) -> None:
    class Zero(nn.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.model.set_weights([0 * w for w in self.model.get_weights()])

    model = compiled(engine)
    history = fit(model, 3, callbacks=[Zero()], validation_data=(X, Y)).history
    assert not any(w.any() for w in model.get_weights())
    assert history["loss"][1] == pytest.approx(history["loss"][2], rel=0.2)
    assert history["loss"][1] > 1.0  # from all zeros again, near ln 3


def test_batches_of_another_size_before_change_nothing(engine: str) -> None:
    x = rows((300, 256)).astype(np.float32)

    def wide() -> nn.Sequential:
        net = [layers.Input(shape=(256,)), layers.Dense(128, "relu"), layers.Dense(3, "softmax")]
        model = nn.Sequential(net, seed=1)
        model.compile("sgd", "sparse_categorical_crossentropy", engine=engine)
        return model

    a, b = wide(), wide()
    options = {"epochs": 1, "verbose": 0, "shuffle": False}
    a.fit(x, np.arange(300) % 3, batch_size=300, **options)
    b.build((256,))
    b.set_weights(a.get_weights())
    a.fit(x, np.arange(300) % 3, batch_size=16, **options)
    b.fit(x, np.arange(300) % 3, batch_size=16, **options)
    for p, q in zip(a.get_weights(), b.get_weights(), strict=True):
        assert np.array_equal(p, q)
