"""Activations: values, derivatives, extremes, and what goes in and out of files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurona import activations, part
from neurona.activations import Activation, registry
from neurona.activations.gaussian import normal
from neurona.activations.softmaxes import RowActivation
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    UnknownNameError,
)

REFERENCE = json.loads((Path(__file__).parent / "reference" / "activations.json").read_text())

# Every registered class, and further arguments of those that have any.
VARIANTS = [
    activations.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.4),
    activations.ReLU(negative_slope=1.5),
    activations.ReLU(threshold=0.5),
    activations.LeakyReLU(0.0),
    activations.LeakyReLU(2.0),
    activations.ELU(0.5),
    activations.CELU(0.5),
    activations.HardSigmoid(0.2),
    activations.Squareplus(0.5),
    activations.GELU(approximate=True),
    activations.HardShrink(1.5),
    activations.SoftShrink(0.0),
    activations.Softmax(axis=0),
    activations.LogSoftmax(axis=0),
    activations.Sparsemax(axis=-2),
]
EVERY = [cls() for cls in registry] + VARIANTS
STEP = 1e-6
JUMPING = (activations.Step, activations.Sign, activations.HardShrink, activations.ReLU)


def each(parts: list[Any] = EVERY) -> Any:
    return pytest.mark.parametrize("g", parts, ids=repr)


def one_sided(g: Activation, z: Any, dh: Any) -> tuple[Any, Any]:
    """The differences of ``Σ dh g(z)`` to the left and to the right of each entry."""
    left, right = np.empty_like(z), np.empty_like(z)
    here = (dh * g(z)).sum()
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = STEP
        left[place] = (here - (dh * g(z - step)).sum()) / STEP
        right[place] = ((dh * g(z + step)).sum() - here) / STEP
    return left, right


@each()
@settings(max_examples=30)
@given(
    z=arrays(np.float64, (2, 4), elements=st.floats(-9, 9)),
    dh=arrays(np.float64, (2, 4), elements=st.floats(-2, 2)),
)
def test_backward_lies_between_the_one_sided_differences(g: Activation, z: Any, dh: Any) -> None:
    # In smooth places they agree to 1e-5; at a corner any slope between them is right. On this
    # grid an entry is at a corner or far from it; within a step of one, neither side tells.
    z = np.round(z * 1024) / 1024
    left, right = one_sided(g, z, dh)
    dz = g.backward(dh, z, g(z))
    slack = 1e-6 * (1 + np.abs(z).max()) * np.maximum(1, np.abs(left))
    low, high = np.minimum(left, right) - slack, np.maximum(left, right) + slack
    steepest = np.maximum(np.abs(left), np.abs(right))
    scale = np.abs(dh)
    if isinstance(g, RowActivation):  # each output of a row depends on each input
        scale = scale.max(axis=g.axis, keepdims=True)
    jump = steepest > 1e4 * (scale + np.abs(dz)) + slack  # no derivative
    assert ((low <= dz) & (dz <= high) | jump).all()
    assert not jump.any() or isinstance(g, JUMPING)


@each([g for g in EVERY if not isinstance(g, RowActivation)])
def test_derivative_is_what_backward_multiplies_with(g: Activation) -> None:
    z = np.linspace(-4.05, 4.05, 28)
    h = g(z)
    np.testing.assert_allclose(
        g.backward(np.full_like(z, 3.0), z, h), 3 * g.derivative(z, h), rtol=1e-14
    )


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda c: f"{c['name']}{c['arguments']}")
def test_keras_agrees(case: dict[str, Any]) -> None:
    g = type(activations.get(case["name"]))(**case["arguments"])
    z, dh = np.array(REFERENCE["z"]), np.array(REFERENCE["dh"])
    h = g(z)
    np.testing.assert_allclose(h, case["h"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(g.backward(dh, z, h), case["dz"], rtol=1e-6, atol=1e-6)


EXTREMES = [0.0, 1e-30, 1e-3, 1.0, 17.0, 40.0, 89.0, 104.0, 710.0, 1e4]


@each()
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_stay_finite_and_keep_the_dtype(g: Activation, dtype: Any) -> None:
    z = np.array([[-z for z in EXTREMES], EXTREMES], dtype=dtype)
    h = g(z)
    dz = g.backward(np.ones_like(z), z, h)
    assert h.dtype == dz.dtype == dtype
    assert h.shape == dz.shape == z.shape
    if isinstance(g, activations.Exponential):
        assert np.isinf(h[1, -1])
        return
    assert np.isfinite(h).all()
    assert np.isfinite(dz).all()
    low, high = g.bounds
    assert h.min() >= low * (1 + 1e-7)
    assert h.max() <= high * (1 + 1e-7)


@each([g for g in EVERY if not isinstance(g, activations.Exponential)])
def test_float32_is_float64_rounded(g: Activation) -> None:
    z = np.linspace(-30, 30, 241).reshape(1, -1) + 0.03
    z = z.astype(np.float32).astype(np.float64)  # the same points in both
    h, h32 = g(z), g(z.astype(np.float32))
    np.testing.assert_allclose(h32, h, rtol=2e-6, atol=2e-7)
    dh = np.cos(z)
    np.testing.assert_allclose(
        g.backward(dh.astype(np.float32), z.astype(np.float32), h32),
        g.backward(dh, z, h),
        rtol=2e-5,
        atol=2e-6,
    )


@each()
def test_nan_stays_nan_and_touches_only_its_row(g: Activation) -> None:
    z = np.array([[1.0, 0.5, -1.0], [0.3, np.nan, -0.6]])
    nan = np.isnan(g(z))
    assert nan[1, 1]
    if isinstance(g, RowActivation):
        clean = nan[0] if g.axis == -1 else nan[:, [0, 2]]
    else:
        clean = nan[~np.isnan(z)]
    assert not clean.any()


@each([g for g in EVERY if getattr(g, "axis", -1) == -1])
@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 3, 2)])
def test_any_shape(g: Activation, shape: tuple[int, ...]) -> None:
    z = np.linspace(-2.1, 2.2, math.prod(shape)).reshape(shape)
    h = g(z)
    assert h.shape == shape
    assert g.backward(np.ones(shape), z, h).shape == shape


@each([g for g in EVERY if not isinstance(g, RowActivation)])
def test_lists_whole_numbers_and_single_numbers(g: Activation) -> None:
    whole = g([-2, 3])
    assert whole.dtype == np.float64
    np.testing.assert_array_equal(whole, g(np.array([-2.0, 3.0])))
    assert g(3) == whole[1]


@each()
def test_jax_agrees(g: Activation) -> None:
    jax = pytest.importorskip("jax")
    z = np.array([[-20.3, -1.2, 0.3], [2.2, 0.7, 30.1]], dtype=np.float32)
    dh = np.array([[1.0, -0.5, 2.0], [0.3, 0.4, -1.0]], dtype=np.float32)
    h, backward = jax.vjp(lambda z: g.forward(z, jax.numpy), jax.numpy.asarray(z))
    np.testing.assert_allclose(h, g(z), rtol=2e-5, atol=1e-6)
    explicit = g.backward(jax.numpy.asarray(dh), jax.numpy.asarray(z), h, jax.numpy)
    np.testing.assert_allclose(explicit, g.backward(dh, z, g(z)), rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(backward(jax.numpy.asarray(dh))[0], explicit, rtol=2e-5, atol=1e-6)


# --- known answers -----------------------------------------------------------------


def test_softmax_saturates() -> None:
    h = activations.softmax([-1, 0, 1, 2, 4])
    np.testing.assert_array_equal(h.round(2), [0.01, 0.02, 0.04, 0.11, 0.83])
    winner = activations.softmax([-1, 0, 1, 2, 8])
    assert winner[-1] > 0.99
    assert h.sum() == pytest.approx(1)


@given(arrays(np.float64, 5, elements=st.floats(-700, 700)), st.floats(-1e3, 1e3))
def test_softmax_sums_to_one_whatever_is_added(z: Any, shift: float) -> None:
    h = activations.softmax(z)
    assert h.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(activations.softmax(z + shift), h, atol=1e-9)
    np.testing.assert_allclose(np.exp(activations.log_softmax(z)), h, atol=1e-12)


@given(arrays(np.float64, (3, 5), elements=st.floats(-50, 50)))
def test_sparsemax_is_the_nearest_point_of_the_simplex(z: Any) -> None:
    h = activations.sparsemax(z)
    np.testing.assert_allclose(h.sum(axis=-1), 1, atol=1e-9)
    assert (h >= 0).all()
    # At the nearest point no other is reached at an acute angle: ⟨z − h, v − h⟩ ≤ 0.
    corners = np.einsum("nk,vk->nv", z - h, np.eye(5))
    assert (corners <= ((z - h) * h).sum(axis=-1, keepdims=True) + 1e-7).all()


@given(st.floats(-300, 300))
def test_identities_between_activations(z: float) -> None:
    a = activations
    s = a.sigmoid(z)
    assert a.sigmoid.derivative(np.float64(z), s) == pytest.approx(s * (1 - s))
    assert a.tanh(z) == pytest.approx(2 * a.sigmoid(2 * z) - 1, abs=1e-15)
    assert a.softplus.derivative(np.float64(z), a.softplus(z)) == pytest.approx(s, rel=1e-9)
    assert a.log_sigmoid(z) == pytest.approx(math.log(s) if s else z, rel=1e-9)
    assert a.elu(z) == pytest.approx(a.celu(z))
    assert a.relu6(z + 3) / 6 == pytest.approx(a.hard_sigmoid(z))
    assert a.get("course_hard_sigmoid")(z) == max(0.0, min(1.0, (z + 1) / 2))
    assert a.get("ramp")(z) == max(-1.0, min(1.0, z))
    assert a.swish(z) == z * s


def test_course_table() -> None:
    z = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    np.testing.assert_array_equal(activations.step(z), [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(activations.sign(z), [-1, -1, 0, 1, 1])
    np.testing.assert_array_equal(activations.relu(z), [0, 0, 0, 0.5, 2])
    np.testing.assert_array_equal(activations.hard_tanh(z), [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_allclose(activations.softsign(z), [-2 / 3, -1 / 3, 0, 1 / 3, 2 / 3])
    np.testing.assert_allclose(activations.leaky_relu(z), [-0.4, -0.1, 0, 0.5, 2])
    np.testing.assert_allclose(activations.arctan.derivative(z, activations.arctan(z))[-1], 0.2)
    elu = activations.ELU(alpha=0.5)
    assert elu.derivative(z, elu(z))[0] == pytest.approx(elu(-2.0) + 0.5)


@pytest.mark.parametrize(("dtype", "accuracy"), [(np.float64, 3e-16), (np.float32, 1.5e-7)])
def test_normal_distribution_is_exact_to_the_dtype(dtype: Any, accuracy: float) -> None:
    z = np.concatenate([np.linspace(-12, 12, 4801), [-37.0, -1e-300, -0.0, 1e4]]).astype(dtype)
    cdf, density = normal(z)
    exact = np.array([math.erfc(-float(a) / math.sqrt(2)) / 2 for a in z])
    np.testing.assert_allclose(cdf, exact, rtol=0, atol=accuracy)
    tail = (z < -1) & (exact > 1e-30)
    np.testing.assert_allclose(cdf[tail], exact[tail], rtol=150 * accuracy)
    np.testing.assert_allclose(
        density, np.exp(-0.5 * z.astype(float) ** 2) / math.sqrt(2 * math.pi), atol=accuracy
    )


# --- names, configurations, errors -------------------------------------------------


def test_every_class_has_an_instance_in_lower_case() -> None:
    for cls in registry:
        names = [n for n in registry.names() if type(activations.get(n)) is cls]
        instances = [n for n in names if getattr(activations, n, None) == cls()]
        assert instances, f"{cls.__name__} has no instance among {names}"
        assert cls.__name__ in activations.__all__


@each()
def test_configuration_builds_an_equal_one(g: Activation) -> None:
    config = json.loads(json.dumps(part.to_config(g)))
    again = activations.get(config)
    assert again == g
    assert hash(again) == hash(g)
    assert repr(again) == repr(g)
    assert again.bounds == g.bounds


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        (None, activations.Identity),
        ("identity", activations.Identity),
        ("binary_step", activations.Step),
        ("ReLU", activations.ReLU),
        ("leakyrelu", activations.LeakyReLU),
        ("swish", activations.SiLU),
        ("logistic", activations.Sigmoid),
        ("exp", activations.Exponential),
        ("hard_swish", activations.HardSiLU),
        (activations.Tanh, activations.Tanh),
    ],
)
def test_names(name: Any, cls: type[Activation]) -> None:
    assert type(activations.get(name)) is cls


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: activations.get("sigmiod"), UnknownNameError, "Did you mean 'sigmoid'"),
        (lambda: activations.get(3), ArgumentTypeError, "int: 3"),
        (lambda: activations.ReLU(max_value=-1.0), ArgumentError, "max_value"),
        (lambda: activations.ReLU(negative_slope=-0.1), ArgumentError, "negative_slope"),
        (lambda: activations.ReLU(threshold=math.nan), ArgumentError, "threshold"),
        (lambda: activations.LeakyReLU("0.1"), ArgumentTypeError, "negative_slope"),  # type: ignore[arg-type]
        (lambda: activations.ELU(-1.0), ArgumentError, "alpha"),
        (lambda: activations.CELU(0.0), ArgumentError, "alpha must be greater than 0"),
        (lambda: activations.HardSigmoid(0.0), ArgumentError, "slope"),
        (lambda: activations.Squareplus(0.0), ArgumentError, "b must be greater than 0"),
        (lambda: activations.HardShrink(-1.0), ArgumentError, "threshold"),
        (lambda: activations.SoftShrink(-1.0), ArgumentError, "threshold"),
        (lambda: activations.Softmax(axis=1.5), ArgumentTypeError, "axis"),  # type: ignore[arg-type]
        (lambda: activations.relu("no"), ArgumentTypeError, "z must hold real numbers"),
        (lambda: activations.relu([1j]), ArgumentTypeError, "complex"),
    ],
)
def test_errors_name_the_argument(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_numpy_arguments_do_not_widen_float32() -> None:
    z = np.array([-1.0, 0.2, 3.0], dtype=np.float32)
    for g in (
        activations.ReLU(max_value=np.float64(2), negative_slope=np.float64(0.1)),
        activations.LeakyReLU(np.float64(0.1)),
        activations.ELU(np.float64(0.7)),
        activations.HardShrink(np.float64(0.7)),
    ):
        h = g(z)
        assert h.dtype == np.float32
        assert g.backward(z, z, h).dtype == np.float32


def test_a_class_of_ones_own() -> None:
    class Cube(Activation):
        def forward(self, z: Any, xp: Any = np) -> Any:
            return z**3

        def derivative(self, z: Any, h: Any, xp: Any = np) -> Any:
            return 3 * z**2

    z = np.array([1.0, -2.0])
    np.testing.assert_array_equal(activations.get(Cube)(z), [1, -8])
    np.testing.assert_array_equal(Cube().backward(np.ones(2), z, z**3), [3, 12])
    with pytest.raises(UnknownNameError, match="custom_objects"):
        activations.get(part.to_config(Cube()))
    again = registry.get(part.to_config(Cube()), custom_objects={"Cube": Cube})
    assert type(again) is Cube


def test_a_class_without_forward_says_so() -> None:
    class Empty(Activation):
        pass

    with pytest.raises(NotImplementedError, match="Empty must define forward"):
        Empty()(1.0)
    with pytest.raises(NotImplementedError, match="Empty must define derivative"):
        Empty().backward(np.ones(1), np.ones(1), np.ones(1))
