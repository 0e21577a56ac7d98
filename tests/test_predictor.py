"""Predictors: the values of predict, from any thread, whatever becomes of the model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.cases import ACTIVATIONS, LAYERS, LayerCase
from contract.running import rows, skip_unless_supported
from neurona import layers
from neurona.engines import ENGINES

X = rows((50, 6)).astype(np.float32)


@pytest.fixture(params=[name for name in sorted(ENGINES) if ENGINES[name].installed()])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def model(engine: str, *hidden: Any, dtype: str = "float32", inputs: int = 6) -> nn.Sequential:
    net = [layers.Input(shape=(inputs,)), *hidden, layers.Dense(3, "softmax")]
    made = nn.Sequential(net, seed=3, dtype=dtype)
    made.compile("adam", "sparse_categorical_crossentropy", engine=engine)
    return made


def trained(engine: str, **options: Any) -> nn.Sequential:
    made = model(engine, layers.Dense(20, "relu"), layers.BatchNormalization(), **options)
    made.fit(X, np.arange(50) % 3, epochs=2, batch_size=16, verbose=0)
    return made


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_values_are_those_of_predict(engine: str, dtype: str) -> None:
    made = trained(engine, dtype=dtype)
    predictor = made.compiled_predictor()
    assert np.array_equal(predictor(X), made.predict(X))
    assert np.array_equal(predictor(X[0]), made.predict(X[:1])[0])
    assert predictor(X[0]).dtype == dtype


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_every_layer(case: LayerCase, engine: str) -> None:
    net = [layers.Input(shape=case.shape), case.make(), layers.Flatten(), layers.Dense(2)]
    made = nn.Sequential(net, seed=3)
    made.compile("sgd", "mse", engine=engine)
    skip_unless_supported(engine, made)
    x = rows((7, *case.shape)).astype(np.float32)
    made.fit(x, rows((7, 2)), epochs=1, verbose=0, batch_size=7)
    predictor = made.compiled_predictor()
    assert np.array_equal(predictor(x), made.predict(x))
    assert np.array_equal(predictor(x[0]), made.predict(x[:1])[0])


@pytest.mark.parametrize("cls", ACTIVATIONS, ids=lambda cls: cls.__name__)
def test_every_activation(cls: Any, engine: str) -> None:
    def compiled(engine: str) -> nn.Sequential:
        net = [layers.Input(shape=(6,)), layers.Dense(5, "tanh"), layers.Dense(19, cls())]
        made = nn.Sequential(net, seed=3)
        made.compile("sgd", "mse", engine=engine)
        return made

    made = compiled(engine)
    skip_unless_supported(engine, made)
    assert np.array_equal(made.compiled_predictor()(X), made.predict(X))
    assert np.allclose(made.predict(X), compiled("numpy").predict(X), atol=1e-6)


def test_a_row_is_the_same_among_any_others() -> None:
    """On the native engine: in small and large networks, alone, in blocks, after training."""
    for inputs, units in [(6, 20), (200, 64), (300, 600)]:
        x = rows((300, inputs)).astype(np.float32)
        made = model(
            "auto", layers.Dense(units, "relu"), layers.Dense(units, "tanh"), inputs=inputs
        )
        if not made.engine.startswith("native"):
            pytest.skip("the native engine is not installed")
        alone = made.predict(x[:1])
        predictor = made.compiled_predictor()
        assert np.array_equal(made.predict(x), predictor(x))
        assert np.array_equal(made.predict(x)[0], alone[0])
        assert all(np.array_equal(predictor(x[i]), predictor(x)[i]) for i in (0, 137, 299))
        made.fit(x, np.arange(300) % 3, batch_size=32, verbose=0)
        assert np.array_equal(made.predict(x), made.compiled_predictor()(x))
        assert not np.array_equal(made.predict(x), predictor(x))


def unaligned(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same array one byte behind where its numbers should begin, as in a message."""
    moved = np.frombuffer(b"\0" + x.tobytes(), x.dtype, offset=1).reshape(x.shape)
    assert not moved.flags.aligned
    return moved


@pytest.mark.parametrize(
    "alike",
    [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: x.astype(">f4"),
        unaligned,
        lambda x: x.astype(np.float64),
        lambda x: x.tolist(),
    ],
    ids=["fortran", "strided", "big_endian", "unaligned", "float64", "list"],
)
def test_arrays_of_every_make(alike: Any, engine: str) -> None:
    predictor = trained(engine).compiled_predictor()
    assert np.array_equal(predictor(alike(X)), predictor(X))
    assert np.array_equal(predictor(alike(X)[3]), predictor(X[3]))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "bool"])
def test_numbers_of_every_dtype(dtype: str, engine: str) -> None:
    predictor = trained(engine).compiled_predictor()
    x = (np.arange(60).reshape(10, 6) % 5).astype(dtype)
    assert np.array_equal(predictor(x), predictor(x.astype(np.float32)))


def test_training_on_changes_nothing(engine: str) -> None:
    made = trained(engine)
    predictor = made.compiled_predictor()
    before = predictor(X)
    made.fit(X, np.arange(50) % 3, epochs=1, verbose=0)
    assert np.array_equal(predictor(X), before)
    assert not np.array_equal(made.predict(X), before)


def test_many_threads_at_once(engine: str) -> None:
    predictor = trained(engine).compiled_predictor()
    expected = np.stack([predictor(row) for row in X])
    many = predictor(X)

    def ask(turn: int) -> bool:
        i = turn % len(X)
        return np.array_equal(predictor(X[i]), expected[i]) and np.array_equal(predictor(X), many)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(400)))


def test_what_does_not_fit_is_refused(engine: str) -> None:
    predictor = trained(engine).compiled_predictor()
    for shape in [(5,), (2, 5), (1, 2, 6), (6, 1)]:
        with pytest.raises(nn.errors.ShapeError, match=r"one row of shape \(6,\)"):
            predictor(np.zeros(shape))
    with pytest.raises(nn.errors.DataError, match="empty"):
        predictor(np.zeros((0, 6)))
    with pytest.raises(nn.errors.ArgumentTypeError, match="dtype"):
        predictor(np.array(["a"] * 6))
    with pytest.raises(nn.errors.ShapeError, match="single number"):
        predictor(1.0)


def test_a_layer_of_ones_own_runs_on_numpy() -> None:
    class Twice(layers.Layer):
        def forward(self, params: Any, x: Any, context: Any, xp: Any = np) -> Any:
            return 2 * x, None

        def backward(self, params: Any, cache: Any, dz: Any, xp: Any = np) -> Any:
            return 2 * dz, {}

    made = nn.Sequential([layers.Input(shape=(6,)), Twice(), layers.Dense(2)], seed=1)
    made.compile("sgd", "mse")
    assert made.engine.startswith("numpy")
    assert np.array_equal(made.compiled_predictor()(X), made.predict(X))
