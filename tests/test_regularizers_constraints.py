"""Regularizers and constraints: against Keras 3, and the laws they obey."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from hypothesis.extra.numpy import arrays as drawn_arrays

from neurona import constraints, regularizers
from neurona.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from neurona.errors import ArgumentError, ArgumentTypeError, NeuronaError, ShapeError
from neurona.part import from_config, to_config
from neurona.regularizers import L1, L1L2, L2, Regularizer
from oracle import numerical_gradient

KERAS = json.loads(
    (Path(__file__).parent / "reference" / "regularizers_constraints.json").read_text()
)
WEIGHT = np.array(KERAS["weight"])
PENALTIES = [regularizers.registry.get(case) for case in KERAS["regularizers"]]
PROJECTIONS = [constraints.registry.get(case) for case in KERAS["constraints"]]

entries = st.floats(-100, 100, width=32).filter(lambda x: x == 0.0 or abs(x) > 1e-30)
matrices = drawn_arrays(
    np.float32, array_shapes(min_dims=2, max_dims=3, max_side=4), elements=entries
)


@pytest.mark.parametrize(
    ("penalty", "case"), list(zip(PENALTIES, KERAS["regularizers"], strict=True)), ids=repr
)
def test_penalties_agree_with_keras(penalty: Regularizer, case: dict[str, Any]) -> None:
    assert penalty.value(WEIGHT) == pytest.approx(case["value"], rel=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_penalties_gradients(penalty: Regularizer) -> None:
    w = np.where(WEIGHT == 0.0, 0.5, WEIGHT)  # |w| has no derivative at 0
    numerical = numerical_gradient(penalty.value, w)
    np.testing.assert_allclose(penalty.gradient(w), numerical, rtol=1e-6, atol=1e-9)
    single = w.astype(np.float32)
    assert penalty.gradient(single).dtype == penalty.value(single).dtype == np.float32


def test_l1_pulls_no_weight_that_is_zero() -> None:
    np.testing.assert_array_equal(L1(0.5).gradient(np.array([2.0, 0.0, -2.0])), [0.5, 0.0, -0.5])


def test_numpy_scalars_do_not_widen_float32() -> None:
    w = np.ones((2, 2), np.float32)
    for penalty in (L1(np.float64(0.1)), L2(np.float64(0.1)), L1L2(np.float64(0.1), 0.1)):
        assert penalty.gradient(w).dtype == np.float32
    assert MaxNorm(np.float64(0.1))(w).dtype == np.float32
    assert MinMaxNorm(max_value=np.float64(0.1))(w).dtype == np.float32


@pytest.mark.parametrize(
    ("projection", "case"), list(zip(PROJECTIONS, KERAS["constraints"], strict=True)), ids=repr
)
def test_projections_agree_with_keras(projection: Constraint, case: dict[str, Any]) -> None:
    # Keras adds 1e-7 to each norm, so that vectors end that much too short.
    np.testing.assert_allclose(projection(WEIGHT), case["projected"], rtol=1e-6)


def test_everything_registered_is_compared_with_keras() -> None:
    assert {cls.__name__ for cls in regularizers.registry} == {type(p).__name__ for p in PENALTIES}
    assert {cls.__name__ for cls in constraints.registry} == {type(p).__name__ for p in PROJECTIONS}


idempotent = st.sampled_from([p for p in PROJECTIONS if getattr(p, "rate", 1.0) == 1.0])


@given(matrices, idempotent)
def test_projecting_twice_is_projecting_once(w: Any, projection: Constraint) -> None:
    before = w.copy()
    once = projection(w)
    np.testing.assert_array_equal(w, before)
    assert (once.dtype, once.shape) == (np.float32, w.shape)
    np.testing.assert_allclose(projection(once), once, rtol=1e-5, atol=1e-30)


@given(matrices)
def test_projected_weights_are_allowed(w: Any) -> None:
    def lengths(v: Any) -> Any:
        return np.linalg.norm(v.astype(np.float64), axis=0)

    assert (lengths(MaxNorm(1.5)(w)) <= 1.5 * (1 + 1e-6)).all()
    assert (NonNeg()(w) >= 0.0).all()
    long = lengths(w) > 0.0
    np.testing.assert_allclose(lengths(UnitNorm()(w))[long], 1.0, rtol=1e-5)
    between = lengths(MinMaxNorm(0.5, 1.5)(w))[long]
    assert ((between >= 0.5 * (1 - 1e-5)) & (between <= 1.5 * (1 + 1e-5))).all()
    assert (lengths(UnitNorm()(w))[~long] == 0.0).all()
    short = MaxNorm(1.5)(w)[:, lengths(w) <= 1.4]
    np.testing.assert_array_equal(short, w[:, lengths(w) <= 1.4])  # left exactly alone


def test_huge_and_tiny_weights_keep_their_direction() -> None:
    for size in (1e30, 1e-30):
        w = np.array([[3.0, 4.0]], np.float32).T * np.float32(size)
        np.testing.assert_allclose(UnitNorm()(w), [[0.6], [0.8]], rtol=1e-6)
    huge = np.array([[3e30], [4e30]], np.float32)
    np.testing.assert_allclose(MaxNorm(1.0)(huge), [[0.6], [0.8]], rtol=1e-6)


@pytest.mark.parametrize("part", [*PENALTIES, *PROJECTIONS], ids=repr)
def test_a_configuration_builds_an_equal_part(part: Any) -> None:
    again = from_config(json.loads(json.dumps(to_config(part))))
    assert again == part
    assert repr(again) == repr(part)


def test_names() -> None:
    assert regularizers.get("l1_l2") == L1L2()
    assert regularizers.l2(0.1) == L2(0.1)
    assert constraints.get("min_max_norm") == MinMaxNorm()
    assert constraints.max_norm(3) == MaxNorm(3.0)
    assert regularizers.get(None) is None
    assert constraints.get(None) is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: L1(-0.1), ArgumentError, "l1 must be"),
        (lambda: L2(math.nan), ArgumentError, "l2 must be"),
        (lambda: L1L2(l2="a"), ArgumentTypeError, "l2 must be a number"),
        (lambda: MaxNorm(0.0), ArgumentError, "max_value must be greater than 0"),
        (lambda: MaxNorm(axis=0.5), ArgumentTypeError, "axis must be a whole number"),
        (lambda: MaxNorm(axis=[0, "a"]), ArgumentTypeError, r"axis\[1\] must be"),
        (lambda: MinMaxNorm(2.0, 1.0), ArgumentError, "min_value must not exceed max_value"),
        (lambda: MinMaxNorm(rate=0.0), ArgumentError, "rate must be greater than 0"),
        (
            lambda: MaxNorm(axis=1)(np.ones(3)),
            ShapeError,
            r"axis 1, but the weight has shape \(3,\)",
        ),
    ],
)
def test_impossible_arguments_are_refused(
    call: Any, error: type[NeuronaError], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
