"""Initializers: exact fan formulas, moments, seeds and their arguments' checks."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurona import initializers
from neurona.errors import ArgumentError, NeuronaError, ShapeError
from neurona.initializers import Initializer, Orthogonal, RandomInitializer, Values, fans
from neurona.part import from_config, to_config
from neurona.random import Purpose, Stream

SHAPE = (300, 100)
LIMITS = {  # of uniform distributions, for SHAPE
    "glorot_uniform": math.sqrt(6 / 400),
    "he_uniform": math.sqrt(6 / 300),
    "lecun_uniform": math.sqrt(3 / 300),
    "random_uniform": 0.05,
}
DEVIATIONS = {  # of normal distributions, for SHAPE
    "glorot_normal": math.sqrt(2 / 400),
    "he_normal": math.sqrt(2 / 300),
    "lecun_normal": math.sqrt(1 / 300),
    "random_normal": 0.05,
    "truncated_normal": 0.05 * 0.87962566103423978,
    "variance_scaling": math.sqrt(1 / 300),
}


def stream(seed: int = 3) -> Stream:
    return Stream(seed, Purpose.INITIALISE, 0, 0)


@pytest.mark.parametrize(("name", "limit"), LIMITS.items())
def test_uniform_initializers(name: str, limit: float) -> None:
    values = initializers.get(name)(SHAPE, stream())
    expected = limit * (2.0 * stream().uniform(SHAPE) - 1.0)
    np.testing.assert_allclose(values, expected, rtol=1e-9, atol=1e-15)
    assert values.std() == pytest.approx(limit / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize(("name", "deviation"), DEVIATIONS.items())
def test_normal_initializers(name: str, deviation: float) -> None:
    values = initializers.get(name)(SHAPE, stream())
    assert values.std() == pytest.approx(deviation, rel=0.02)
    assert abs(values.mean()) < 4 * deviation / math.sqrt(values.size)
    if name != "random_normal":  # truncated at two deviations of the wider normal
        bound = 2 * deviation / 0.87962566103423978
        assert 0.99 * bound < abs(values).max() <= bound


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling(mode: str, distribution: str) -> None:
    values = initializers.VarianceScaling(1.7, mode, distribution)(SHAPE, stream())
    n = {"fan_in": 300, "fan_out": 100, "fan_avg": 200}[mode]
    assert values.var() == pytest.approx(1.7 / n, rel=0.03)
    assert abs(values.mean()) < 4 * math.sqrt(1.7 / n / values.size)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (1, 1)), ((7,), (7, 7)), ((5, 3), (5, 3)), ((3, 2, 4, 8), (24, 48))],
)
def test_fans(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected


@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.floats(0.1, 3.0),
    st.integers(0, 2**64 - 1),
)
def test_orthogonal_matrices(shape: tuple[int, int], gain: float, seed: int) -> None:
    W = Orthogonal(gain)(shape, stream(seed)) / gain
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-10)


def test_orthogonal_matrices_are_the_unique_q_of_a_normal_matrix() -> None:
    W, A = Orthogonal()((6, 4), stream()), stream().normal((6, 4))
    R = W.T @ A  # unique: upper triangular with a positive diagonal
    np.testing.assert_allclose(np.tril(R, -1), 0.0, atol=1e-10)
    assert (np.diagonal(R) > 0.0).all()
    np.testing.assert_array_equal(Orthogonal()((3, 2, 4), stream()).reshape(6, 4), W)


def test_fixed_initializers() -> None:
    assert (initializers.get("zeros")((2, 3)) == 0.0).all()
    assert (initializers.get("ones")((2, 3)) == 1.0).all()
    assert (initializers.Constant(0.3)((2, 3)) == 0.3).all()
    np.testing.assert_array_equal(initializers.Identity(2.0)((2, 3)), 2.0 * np.eye(2, 3))
    given_values = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(Values(given_values)((2, 3)), given_values)


@pytest.mark.parametrize("cls", list(initializers.registry))
def test_laws_of_every_initializer(cls: type[Initializer]) -> None:
    initializer = cls(np.ones((4, 4))) if cls is Values else cls()  # type: ignore[call-arg]
    values = initializer((4, 4), stream(5))
    assert (values.shape, values.dtype) == ((4, 4), np.float64)
    np.testing.assert_array_equal(values, initializer((4, 4), stream(5)))
    again = from_config(json.loads(json.dumps(to_config(initializer))))
    assert again == initializer
    if issubclass(cls, RandomInitializer):
        assert not np.array_equal(values, initializer((4, 4), stream(6)))
        own = cls(seed=9)
        np.testing.assert_array_equal(own((4, 4), stream(5)), own((4, 4), stream(6)))
        assert not np.array_equal(initializer((4, 4)), initializer((4, 4)))  # fresh seeds
        assert from_config(to_config(own)) == own


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("uniform", "RandomUniform"),
        ("normal", "RandomNormal"),
        ("one", "Ones"),
        ("zero", "Zeros"),
        ("xavier_normal", "GlorotNormal"),
        ("HeNormal", "HeNormal"),
        ("identity", "Identity"),
        ("OrthogonalInitializer", "Orthogonal"),
    ],
)
def test_names(alias: str, name: str) -> None:
    assert type(initializers.get(alias)).__name__ == name


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: initializers.Constant(math.nan), ArgumentError, "value must be"),
        (lambda: initializers.RandomUniform(1, -1), ArgumentError, "minval must not exceed maxval"),
        (lambda: initializers.RandomNormal(0, -1), ArgumentError, "stddev must be"),
        (lambda: initializers.HeNormal(seed=-1), ArgumentError, "seed must be"),
        (lambda: initializers.VarianceScaling(0), ArgumentError, "scale must be greater than 0"),
        (lambda: initializers.VarianceScaling(mode="fan"), ArgumentError, "mode must be one of"),
        (
            lambda: initializers.VarianceScaling(distribution="cauchy"),
            ArgumentError,
            "distribution must be one of",
        ),
        (lambda: initializers.Identity()((2, 2, 2)), ShapeError, "Identity makes matrices"),
        (lambda: Orthogonal()((4,)), ShapeError, "Orthogonal needs two axes"),
        (lambda: Values([[1, 2], [3]]), ArgumentError, "values must form an array"),
        (lambda: Values([math.inf]), ArgumentError, "values must be finite"),
        (lambda: Values(np.ones((5, 4)))((4, 5)), ShapeError, "Transpose them"),
        (lambda: Values(np.ones(3))((4,)), ShapeError, r"shape \(4,\), its values \(3,\)"),
    ],
)
def test_impossible_arguments_are_refused(
    call: Any, error: type[NeuronaError], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
