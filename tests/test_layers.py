"""Layers: gradients against finite differences, values against Keras, and their modes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurona import layers
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    NotBuiltError,
    ShapeError,
    UnknownNameError,
)
from neurona.layers import Context, Layer, registry
from neurona.part import from_config, to_config
from neurona.random import Purpose, Stream
from oracle import numerical_gradient, relative_error

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("layers.json").read_text())
INIT = Stream(3, Purpose.INITIALISE)


def stream() -> Stream:
    return Stream(7, Purpose.LAYER, 1, 2)


def context(training: bool = False) -> Context:
    return Context(training, stream())


def draw(layer: Layer, shape: tuple[int, ...], dtype: Any = np.float64) -> dict[str, Any]:
    """Weights that are away from special values, statistics that are positive."""
    rng = np.random.default_rng(0)
    return {w.name: rng.uniform(0.2, 1.5, w.shape).astype(dtype) for w in layer.weights(shape)}


def run(layer: Layer, params: Any, x: Any, ctx: Context) -> tuple[Any, Any, Any]:
    z, cache = layer.forward(params, x, ctx)
    return z, layer.activation.forward(z), cache


# Every registered layer, with arguments that it needs and inputs it takes.
CASES: list[tuple[Layer, tuple[int, ...]]] = [
    (layers.Input((3,)), (3,)),
    (layers.Dense(3), (4,)),
    (layers.Dense(3, use_bias=False), (2, 4)),
    (layers.Activation("tanh"), (3,)),
    (layers.ReLU(max_value=0.9, negative_slope=0.1), (5,)),
    (layers.LeakyReLU(), (5,)),
    (layers.ELU(0.7), (5,)),
    (layers.Softmax(), (5,)),
    (layers.PReLU(), (4,)),
    (layers.PReLU(shared_axes=(1,)), (3, 2)),
    (layers.Dropout(0.4), (6,)),
    (layers.GaussianDropout(0.4), (6,)),
    (layers.AlphaDropout(0.4), (6,)),
    (layers.GaussianNoise(0.4), (6,)),
    (layers.Flatten(), (2, 3)),
    (layers.Reshape((3, -1)), (2, 6)),
    (layers.Rescaling(0.5, offset=(1.0, -1.0)), (2,)),
    (layers.Normalization(mean=[1.0, -2.0], variance=[4.0, 0.0]), (2,)),
    (layers.Normalization(axis=(1, 2), mean=1.0, variance=2.0, invert=True), (3, 2)),
    (layers.BatchNormalization(), (3,)),
    (layers.BatchNormalization(axis=1), (2, 3)),
    (layers.BatchNormalization(trainable=False), (3,)),
    (layers.LayerNormalization(), (4,)),
    (layers.LayerNormalization(axis=(1, 2), scale=False), (2, 3)),
]


def test_the_cases_cover_the_registry() -> None:
    assert {type(layer) for layer, _ in CASES} == set(registry)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: repr(v))
def test_gradients_are_those_of_finite_differences(
    layer: Layer, shape: tuple[int, ...], training: bool
) -> None:
    rng = np.random.default_rng(1)
    x, params = rng.normal(size=(5, *shape)), draw(layer, shape)
    z, cache = layer.forward(params, x, context(training))
    dz = rng.normal(size=z.shape)

    def error(x: Any, **changed: Any) -> Any:
        return (layer.forward({**params, **changed}, x, context(training))[0] * dz).sum()

    dx, grads = layer.backward(params, cache, dz)
    assert relative_error(dx, numerical_gradient(error, x)) < 1e-8
    learned = {w.name for w in layer.weights(shape) if w.trainable}
    assert set(grads) == learned
    for name in learned:
        numeric = numerical_gradient(lambda w, name=name: error(x, **{name: w}), params[name])
        assert relative_error(grads[name], numeric) < 1e-8


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: repr(v))
def test_shape_dtype_and_inputs_are_kept(
    layer: Layer, shape: tuple[int, ...], dtype: Any, training: bool
) -> None:
    x = np.random.default_rng(1).normal(size=(4, *shape)).astype(dtype)
    params = draw(layer, shape, dtype)
    before = {name: w.copy() for name, w in params.items()}, x.copy()
    z, h, cache = run(layer, params, x, context(training))
    assert z.shape == h.shape == (4, *layer.output_shape(shape))
    dx, grads = layer.backward(params, cache, np.ones_like(z))
    state = layer.next_state(params, cache)
    for array in (z, h, dx, *grads.values(), *state.values()):
        assert array.dtype == dtype
    assert dx.shape == x.shape
    for name, w in (*grads.items(), *state.items()):
        assert w.shape == params[name].shape
    np.testing.assert_array_equal(x, before[1])
    for name, w in params.items():
        np.testing.assert_array_equal(w, before[0][name])


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: repr(v))
def test_the_configuration_builds_an_equal_layer(layer: Layer, shape: tuple[int, ...]) -> None:
    config = json.loads(json.dumps(to_config(layer)))
    twin = from_config(config)
    assert isinstance(twin, type(layer))
    assert to_config(twin) == to_config(layer)
    assert repr(twin) == repr(layer)
    x = np.random.default_rng(1).normal(size=(4, *shape))
    params = draw(layer, shape)
    np.testing.assert_array_equal(
        run(twin, params, x, context(True))[1], run(layer, params, x, context(True))[1]
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: repr(v))
def test_the_same_code_compiles_for_jax(
    layer: Layer, shape: tuple[int, ...], training: bool
) -> None:
    jax = pytest.importorskip("jax")
    x = np.random.default_rng(1).normal(size=(4, *shape)).astype(np.float32)
    params = draw(layer, shape, np.float32)

    def both(params: Any, x: Any, xp: Any) -> Any:
        z, cache = layer.forward(params, x, Context(training, stream(), xp))
        return z, layer.backward(params, cache, xp.cos(z), xp), layer.next_state(params, cache, xp)

    compiled = jax.jit(lambda params, x: both(params, x, jax.numpy))(params, x)
    expected, found = (jax.tree.leaves(tree) for tree in (both(params, x, np), compiled))
    for a, b in zip(expected, found, strict=True):
        assert b.dtype == np.float32
        assert relative_error(a, b) < 1e-5


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda v: repr(v))
def test_one_row_is_a_batch(layer: Layer, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).normal(size=(1, *shape))
    params = draw(layer, shape)
    z, cache = layer.forward(params, x, context(True))
    dx, _ = layer.backward(params, cache, np.ones_like(z))
    assert np.isfinite(z).all()
    assert np.isfinite(dx).all()


@pytest.mark.parametrize(
    "case", REFERENCE["cases"], ids=lambda c: f"{c['layer']}-{c['arguments']}-{c['training']}"
)
def test_forward_and_backward_agree_with_keras(case: Any) -> None:
    layer = getattr(layers, case["layer"])(**case["arguments"])
    x, dh = (np.array(case[key], dtype=np.float32) for key in ("x", "dz"))
    params = {k: np.array(w, dtype=np.float32) for k, w in case["weights"].items()}
    if not params:
        params = {w.name: w.initializer(w.shape, INIT) for w in layer.weights(x.shape[1:])}
        params = {k: w.astype(np.float32) for k, w in params.items()}
    z, h, cache = run(layer, params, x, context(case["training"]))
    dz = layer.activation.backward(dh, z, h)
    dx, grads = layer.backward(params, cache, dz)
    assert relative_error(h, case["out"]) < 1e-5
    assert relative_error(dx, case["dx"]) < 1e-5
    if layer.trainable:
        assert set(grads) == set(case["dw"])
    for name, gradient in case["dw"].items():
        assert relative_error(grads[name], gradient) < 1e-5
    assert [w.name for w in layer.weights(x.shape[1:])] == list(params)
    for name, value in layer.next_state(params, cache).items():
        assert relative_error(value, case["state"][name]) < 1e-5


# --- noise -----------------------------------------------------------------------------

NOISY = [
    layers.Dropout(0.3),
    layers.GaussianDropout(0.3),
    layers.AlphaDropout(0.3),
    layers.GaussianNoise(0.5),
]


@pytest.mark.parametrize("layer", NOISY, ids=repr)
def test_noise_is_for_training_and_depends_on_the_stream_alone(layer: Layer) -> None:
    x = np.random.default_rng(1).normal(size=(8, 5))
    assert layer.forward({}, x, context())[0] is x
    first = layer.forward({}, x, context(True))[0]
    np.testing.assert_array_equal(first, layer.forward({}, x, context(True))[0])
    other = layer.forward({}, x, Context(True, Stream(7, Purpose.LAYER, 2, 2)))[0]
    assert (first != other).any()


def test_dropout_keeps_what_it_draws_and_scales_it_up() -> None:
    x = np.ones((400, 500), dtype=np.float32)
    z, _ = layers.Dropout(0.3).forward({}, x, context(True))
    kept = stream().uniform(x.shape) >= 0.3
    np.testing.assert_array_equal(z, kept.astype(np.float32) * np.float32(1 / 0.7))
    assert abs(1.0 - kept.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / x.size)


def test_noise_keeps_mean_and_variance_as_it_promises() -> None:
    x = np.random.default_rng(1).normal(size=(500, 400))
    alpha, _ = layers.AlphaDropout(0.3).forward({}, x, context(True))
    assert abs(alpha.mean()) < 0.02
    assert abs(alpha.var() - 1.0) < 0.02
    ones = np.ones_like(x)
    gaussian, _ = layers.GaussianDropout(0.3).forward({}, ones, context(True))
    assert abs(gaussian.mean() - 1.0) < 0.01
    assert abs(gaussian.var() - 0.3 / 0.7) < 0.01
    noise = layers.GaussianNoise(0.5).forward({}, x, context(True))[0] - x
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 0.5) < 0.01


@pytest.mark.parametrize("rate", [0.0, 0])
def test_a_rate_of_nothing_changes_nothing(rate: float) -> None:
    x = np.random.default_rng(1).normal(size=(8, 5))
    for layer in (layers.Dropout(rate), layers.AlphaDropout(rate), layers.GaussianDropout(rate)):
        np.testing.assert_allclose(layer.forward({}, x, context(True))[0], x, atol=1e-15)


# --- batch normalization ---------------------------------------------------------------


def test_moving_averages_after_training_are_those_of_keras() -> None:
    reference = REFERENCE["moving_averages"]
    layer = layers.BatchNormalization(momentum=0.9)
    specs = layer.weights((3,))
    params = {w.name: w.initializer(w.shape, INIT).astype(np.float32) for w in specs}
    for batch in np.array(reference["batches"], dtype=np.float32):
        _, cache = layer.forward(params, batch, context(True))
        params = {**params, **layer.next_state(params, cache)}
    for name in ("moving_mean", "moving_variance"):
        assert relative_error(params[name], reference[name]) < 1e-6
    z, cache = layer.forward(params, np.array(reference["x"], dtype=np.float32), context())
    assert relative_error(z, reference["out"]) < 1e-6
    assert layer.next_state(params, cache) == {}


def test_batch_statistics_are_used_in_training_only() -> None:
    layer = layers.BatchNormalization(epsilon=0.0)
    params = draw(layer, (3,))
    x = np.random.default_rng(1).normal(3.0, 2.0, size=(50, 3))
    z, _ = layer.forward(params, x, context(True))
    np.testing.assert_allclose(z.mean(axis=0), params["beta"])
    np.testing.assert_allclose(z.std(axis=0), params["gamma"])
    alone, _ = layer.forward(params, x[:1], context())
    among, _ = layer.forward(params, x, context())
    np.testing.assert_allclose(alone, among[:1])


def test_a_frozen_batch_normalization_uses_and_keeps_its_averages() -> None:
    frozen = layers.BatchNormalization(trainable=False)
    params = draw(frozen, (3,))
    x = np.random.default_rng(1).normal(size=(6, 3))
    z, cache = frozen.forward(params, x, context(True))
    np.testing.assert_array_equal(z, frozen.forward(params, x, context())[0])
    assert frozen.next_state(params, cache) == {}


# --- errors ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dropout(1.0), ArgumentError, r"rate must be in \[0, 1\)"),
        (lambda: layers.Dropout("half"), ArgumentTypeError, "rate must be a number"),
        (lambda: layers.GaussianNoise(-1.0), ArgumentError, "stddev"),
        (lambda: layers.Dense(0), ArgumentError, "units"),
        (lambda: layers.Reshape((2, -1, -1)), ArgumentError, "at most one −1"),
        (lambda: layers.Reshape(4), ArgumentError, "target_shape must be a tuple"),
        (lambda: layers.Reshape((4, 5)).output_shape((21,)), ShapeError, "21 entries"),
        (lambda: layers.Reshape((4, -1)).output_shape((21,)), ShapeError, "21 entries"),
        (lambda: layers.Rescaling((1.0, 2.0)).output_shape((3,)), ShapeError, "2 numbers"),
        (lambda: layers.Rescaling(float("nan")), ArgumentError, "scale"),
        (lambda: layers.PReLU(shared_axes=3).weights((2, 2)), ArgumentError, "shared_axes"),
        (lambda: layers.BatchNormalization(momentum=2.0), ArgumentError, "momentum"),
        (lambda: layers.BatchNormalization(axis=0).weights((3,)), ArgumentError, "axis 0"),
        (lambda: layers.LayerNormalization(axis=2).weights((3,)), ArgumentError, "axis 2"),
        (lambda: layers.Normalization(mean=1.0), ArgumentError, "both mean and variance"),
        (lambda: layers.Normalization(mean=1.0, variance=-1.0), ArgumentError, "at least 0"),
        (lambda: layers.Normalization().weights((3,)), NotBuiltError, r"adapt\(x_train\)"),
        (
            lambda: layers.Normalization(mean=[1.0, 2.0], variance=1.0).weights((3,)),
            ShapeError,
            r"statistics of shape \(3,\)",
        ),
        (lambda: layers.Input(shape=()), ArgumentError, "input_shape must be a tuple"),
        (lambda: layers.Activation("rleu"), UnknownNameError, "relu"),
        (lambda: layers.get("flaten"), UnknownNameError, "Did you mean 'Flatten'"),
        (lambda: layers.get("dense"), ArgumentError, r"Dense\(units=…\)"),
        (lambda: layers.get(3), ArgumentTypeError, "layer"),
    ],
)
def test_bad_arguments_are_named(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_layers_are_found_by_name() -> None:
    assert isinstance(layers.get("batch_normalization"), layers.BatchNormalization)
    assert isinstance(layers.get(layers.Flatten), layers.Flatten)
    assert layers.LeakyReLU(alpha=0.1).negative_slope == 0.1
