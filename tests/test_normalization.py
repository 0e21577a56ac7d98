"""Normalization: its statistics by blocks, its modes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona
from neurona import layers
from neurona.errors import ArgumentTypeError, DataError, ShapeError
from neurona.layers import Context
from neurona.layers.moments import moments
from neurona.random import Purpose, Stream
from oracle import relative_error

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("layers.json").read_text())
INIT = Stream(3, Purpose.INITIALISE)
INFERENCE = Context(False, Stream(7, Purpose.LAYER))


@pytest.mark.parametrize("case", REFERENCE["adapted"], ids=lambda c: str(c["axis"]))
def test_adapt_agrees_with_keras(case: Any) -> None:
    axis = tuple(case["axis"]) if isinstance(case["axis"], list) else case["axis"]
    layer, data = layers.Normalization(axis=axis), np.array(case["data"], dtype=np.float32)
    layer.adapt(data)
    assert relative_error(layer.mean.reshape(-1), np.reshape(case["mean"], -1)) < 1e-6
    assert relative_error(layer.variance.reshape(-1), np.reshape(case["variance"], -1)) < 1e-5
    specs = layer.weights(data.shape[1:])
    params = {w.name: w.initializer(w.shape, INIT).astype(np.float32) for w in specs}
    assert relative_error(layer.forward(params, data, INFERENCE)[0], case["out"]) < 1e-5


@settings(deadline=None)
@given(
    rows=st.integers(1, 60),
    block=st.integers(1, 40),
    offset=st.sampled_from([0.0, 1e3, -1e9]),
    seed=st.integers(0, 99),
)
def test_statistics_by_blocks_are_those_of_the_whole(
    rows: int, block: int, offset: float, seed: int
) -> None:
    data = np.random.default_rng(seed).normal(offset, 2.0, size=(rows, 3))
    data[:, 1] = 0.1  # constant, and not a binary fraction
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("neurona.layers.moments.BLOCK", block)
        mean, variance = moments(data, (0,))
    exact = (data - data[0]).mean(axis=0) + data[0]
    np.testing.assert_allclose(mean, exact, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(variance, data.var(axis=0), rtol=1e-6, atol=1e-20)
    assert variance[1] == 0.0
    assert mean[1] == 0.1


def test_adapt_reads_memory_mapped_whole_numbers(tmp_path: Path) -> None:
    data = np.random.default_rng(1).integers(0, 256, size=(300, 4), dtype=np.uint8)
    np.save(tmp_path / "data.npy", data)
    layer = layers.Normalization()
    layer.adapt(np.load(tmp_path / "data.npy", mmap_mode="r"))
    np.testing.assert_allclose(layer.mean, data.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(layer.variance, data.var(axis=0), rtol=1e-12)


def test_a_constant_feature_is_centred_and_not_scaled() -> None:
    layer = layers.Normalization()
    layer.adapt([[0.1, 1.0], [0.1, 3.0]] * 5)
    params = {w.name: w.initializer(w.shape, INIT) for w in layer.weights((2,))}
    z, _ = layer.forward(params, np.array([[0.3, 3.0]]), INFERENCE)
    np.testing.assert_allclose(z, [[0.2, 1.0]])


def test_adapting_again_reaches_the_model_that_the_layer_is_in() -> None:
    x = np.random.default_rng(1).normal(5.0, 2.0, size=(50, 3))
    layer = layers.Normalization()
    layer.adapt(x)
    model = neurona.Sequential([layers.Input((3,)), layer])
    layer.adapt(2.0 * x)
    z = model.predict(2.0 * x)
    np.testing.assert_allclose(z.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(z.std(axis=0), 1.0, rtol=1e-6)
    with pytest.raises(ShapeError):
        layer.adapt(x[:, :2])
    np.testing.assert_array_equal(model.predict(2.0 * x), z)
    assert layer.mean.shape == (3,)


def test_inverted_normalization_undoes_it() -> None:
    x = np.random.default_rng(1).normal(5.0, 2.0, size=(6, 3))
    there = layers.Normalization()
    there.adapt(x)
    back = layers.Normalization(mean=there.mean, variance=there.variance, invert=True)
    params = {w.name: w.initializer(w.shape, INIT) for w in there.weights((3,))}
    z, _ = there.forward(params, x, INFERENCE)
    np.testing.assert_allclose(back.forward(params, z, INFERENCE)[0], x)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([[1.0, 2.0], [3.0, np.nan]], DataError, r"data\[1, 1\] is nan"),
        ([[1.0, np.inf]], DataError, r"data\[0, 1\] is inf"),
        (np.zeros((0, 2)), DataError, "no rows"),
        ([1.0, 2.0], ShapeError, r"reshape\(-1, 1\)"),
        ([["a", "b"]], ArgumentTypeError, "array of numbers"),
        ([[1.0], [1.0, 2.0]], ArgumentTypeError, "array of numbers"),
    ],
)
def test_adapt_refuses_what_it_cannot_use(data: Any, error: type[Exception], message: str) -> None:
    layer = layers.Normalization()
    with pytest.raises(error, match=message):
        layer.adapt(data)
    assert layer.mean is None


def test_adapt_refuses_data_frames() -> None:
    class Frame:
        columns = ("a", "b")

    with pytest.raises(ArgumentTypeError, match=r"to_numpy\(\)"):
        layers.Normalization().adapt(Frame())
