"""Products in bfloat16 with float32 weights: near float32, and the same bits every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.running import program, skip_unless_supported
from neurona import layers
from neurona.engines import ENGINES
from neurona.errors import EngineError

ROWS, INPUTS, CLASSES = 151, 403, 5
BATCH = 33  # odd: a pair of rows is left over in every batch


def data() -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    y = np.arange(ROWS) % CLASSES
    x = random.normal(size=(ROWS, INPUTS)) + random.normal(size=(CLASSES, INPUTS))[y]
    return x.astype(np.float32), y


X, Y = data()


def compiled(
    engine: str,
    dtype: str,
    activation: str = "tanh",
    optimizer: Any = None,
    threads: int | None = None,
    **dense: Any,
) -> nn.Sequential:
    """Two layers large enough for bfloat16, of sizes that no vector divides, and a small one."""
    stack = [
        layers.Input(shape=(INPUTS,)),
        layers.Dense(377, activation, **dense),
        layers.Dropout(0.1),
        layers.Dense(411, activation),
        layers.Dense(CLASSES, "softmax"),
    ]
    model = nn.Sequential(stack, seed=3, dtype=dtype)
    model.compile(
        optimizer or nn.optimizers.SGD(0.02, momentum=0.9),
        "sparse_categorical_crossentropy",
        ["accuracy"],
        engine=engine,
        threads=threads,
    )
    return model


@pytest.fixture
def fast(engine: str) -> str:
    skip_unless_supported(engine, compiled("auto", "bfloat16"))
    return engine


def fit(model: nn.Sequential, epochs: int = 1) -> Any:
    return model.fit(X, Y, batch_size=BATCH, epochs=epochs, verbose=0)


def change(model: nn.Sequential, steps: int = 1) -> list[Any]:
    before = [w.copy() for w in model.get_weights()]
    for step in range(steps):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        model.train_on_batch(X[rows], Y[rows])
    return [b - a for a, b in zip(before, model.get_weights(), strict=True)]


def test_steps_are_those_of_float32_but_for_rounding(fast: str) -> None:
    exact, rounded = compiled(fast, "float32"), compiled(fast, "bfloat16")
    for p, q in zip(change(exact, 3), change(rounded, 3), strict=True):
        assert q.dtype == np.float32
        off = np.linalg.norm(p - q) / np.linalg.norm(p)
        assert off < 0.02
    kernels = [m.layers[0].get_weights()[0] for m in (exact, rounded)]
    assert not np.array_equal(*kernels)  # else nothing was rounded


@pytest.mark.parametrize("rows", [1, 2, 7, 32])
def test_batches_of_any_size(rows: int, fast: str) -> None:
    exact, rounded = compiled(fast, "float32"), compiled(fast, "bfloat16")
    for model in (exact, rounded):
        model.train_on_batch(X[:40], Y[:40])  # leaves more rows behind than the next one has
        model.train_on_batch(X[:rows], Y[:rows])
    for p, q in zip(exact.get_weights(), rounded.get_weights(), strict=True):
        assert np.abs(p - q).max() < 0.02 * max(np.abs(p).max(), 0.1)


PARTS: dict[str, dict[str, Any]] = {
    "adam": {"optimizer": nn.optimizers.Adam(0.001)},
    "lion": {"optimizer": nn.optimizers.Lion(0.001)},
    "clipped": {"optimizer": nn.optimizers.SGD(0.02, global_clipnorm=0.5)},
    "regularized": {"kernel_regularizer": "l2"},
    "constrained": {"kernel_constraint": nn.constraints.MaxNorm(0.5)},
    "z_is_kept": {"activation": "elu"},
}


@pytest.mark.parametrize("part", PARTS)
def test_with_every_way_to_update(part: str, fast: str) -> None:
    models = [compiled(fast, dtype, **PARTS[part]) for dtype in ("float32", "bfloat16")]
    losses = [fit(model, 4).history["loss"] for model in models]
    assert np.allclose(losses[0], losses[1], rtol=0.03)


def test_same_bits_for_any_number_of_threads(fast: str) -> None:
    found = set()
    for threads in (1, 2, 3, 4):
        model = compiled(fast, "bfloat16", activation="relu", threads=threads)
        fit(model, 2)
        found.add(b"".join(w.tobytes() for w in model.get_weights()))
    assert len(found) == 1


def test_it_learns_as_well_and_is_kept(fast: str, tmp_path: Path) -> None:
    model = compiled(fast, "bfloat16", "relu")
    assert fit(model, 15).history["accuracy"][-1] > 0.99
    model.save(tmp_path / "model.safetensors")
    again = nn.load_model(tmp_path / "model.safetensors")
    assert again.dtype == "bfloat16"
    assert all(
        p.dtype == np.float32 and np.array_equal(p, q)
        for p, q in zip(model.get_weights(), again.get_weights(), strict=True)
    )
    assert np.array_equal(model.predict(X), again.predict(X))
    fit(model, 1)
    fit(again, 1)
    assert all(
        np.array_equal(p, q) for p, q in zip(model.get_weights(), again.get_weights(), strict=True)
    )


def test_an_engine_that_cannot_says_so(engine: str) -> None:
    model = compiled(engine, "bfloat16")
    reason = ENGINES[engine].why_not(program(model))
    if reason is None:
        pytest.skip(f"the {engine} engine can")
    with pytest.raises(EngineError, match="bfloat16") as caught:
        fit(model)
    assert 'dtype="float32"' in str(caught.value)
