"""The networks with known answers: parameter counts, and gradients worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neurona import layers, losses
from neurona.backprop import backward, forward, loss_gradient
from neurona.layers import Dense
from neurona.models import Sequential
from neurona.network import Program
from neurona.optimizers import SGD

Array = NDArray[np.float64]


def dense_network(sizes: list[int], activations: list[str], **options: Any) -> Sequential:
    """``sizes[0]`` inputs, then a dense layer for each further size."""
    model = Sequential(**options)
    model.add(layers.Input(shape=(sizes[0],)))
    for units, activation in zip(sizes[1:], activations, strict=True):
        model.add(Dense(units, activation=activation))
    return model


def gradients(
    model: Sequential, loss: losses.Loss, x: Any, y: Any
) -> tuple[float, list[Array], list[Array]]:
    """The loss of a batch, its gradients in the order of the weights, and δ, last layer first."""
    program = Program(model.network, loss, dtype="float64")
    weights = model.state.weights
    traces = forward(model.network, weights, np.asarray(x, dtype=float))
    value, dh = loss_gradient(program, traces[-1], np.asarray(y, dtype=float))
    grads, deltas = backward(program, weights, traces, dh)
    return float(value), [grads[key] for key in weights], deltas


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    ("sizes", "each"),
    [
        ([3, 5, 2], [20, 12]),
        ([2, 12, 6, 1], [36, 78, 7]),
        ([2, 1, 1], [3, 2]),
        ([784, 64, 64, 64, 10], [50_240, 4_160, 4_160, 650]),
        ([784, 1024, 1024, 1024, 10], [803_840, 1_049_600, 1_049_600, 10_250]),
        ([784, 16, 16, 10], [12_560, 272, 170]),
        ([4, 5, 6], [25, 36]),
    ],
)
def test_parameters_of_the_networks(sizes: list[int], each: list[int]) -> None:
    model = dense_network(sizes, ["tanh"] * len(each))
    assert [layer.count_params() for layer in model.layers] == each
    assert model.count_params() == sum(each)


def test_the_sums_that_are_quoted() -> None:
    totals = [
        dense_network(sizes, ["relu"] * (len(sizes) - 1)).count_params()
        for sizes in (
            [3, 5, 2],
            [2, 12, 6, 1],
            [784, 64, 64, 64, 10],
            [784, 1024, 1024, 1024, 10],
            [784, 16, 16, 10],
        )
    ]
    assert totals == [32, 121, 59_210, 2_913_290, 13_002]


def test_one_neuron_without_bias_has_one_parameter() -> None:
    model = Sequential([Dense(1, "sigmoid", use_bias=False, input_shape=(1,))])
    assert model.count_params() == 1


number = st.floats(-3, 3)


@given(*[number] * 7, st.sampled_from([0.0, 1.0]))
@settings(max_examples=50, deadline=None)
def test_five_gradients_by_hand(
    x1: float,
    x2: float,
    w10: float,
    w11: float,
    w12: float,
    w20: float,
    w21: float,
    y: float,
) -> None:
    """f = σ(w20 + w21 tanh(w10 + w11 x1 + w12 x2)), e = ½ (y − f)²."""
    g = math.tanh(w10 + w11 * x1 + w12 * x2)
    f = float(sigmoid(w20 + w21 * g))
    d20 = -(y - f) * f * (1 - f)
    d10 = d20 * w21 * (1 - g**2)

    model = dense_network([2, 1, 1], ["tanh", "sigmoid"], dtype="float64")
    model.set_weights([[[w11], [w12]], [w10], [[w21]], [w20]])
    value, (kernel1, bias1, kernel2, bias2), deltas = gradients(
        model, losses.HalfSquaredError(), [[x1, x2]], [[y]]
    )
    assert value == pytest.approx(0.5 * (y - f) ** 2, rel=1e-12)
    assert bias2 == pytest.approx([d20], rel=1e-12)
    assert kernel2 == pytest.approx(np.array([[d20 * g]]), rel=1e-12)
    assert bias1 == pytest.approx([d10], rel=1e-9, abs=1e-15)
    assert kernel1 == pytest.approx(np.array([[d10 * x1], [d10 * x2]]), rel=1e-9, abs=1e-15)
    assert [delta.item() for delta in deltas] == pytest.approx([d20, d10], rel=1e-9, abs=1e-15)


@given(number, number, st.floats(0, 1), st.floats(0.01, 10))
@settings(max_examples=30, deadline=None)
def test_one_neuron_changes_its_weight_by_the_formula(
    w: float, x: float, target: float, alpha: float
) -> None:
    """Δw = α x (y_t − y_p) σ(z)(1 − σ(z))."""
    model = Sequential([Dense(1, "sigmoid", use_bias=False, input_shape=(1,))], dtype="float64")
    model.set_weights([[[w]]])
    model.compile(loss="half_squared_error", optimizer=SGD(alpha))
    model.train_on_batch([[x]], [[target]])
    p = float(sigmoid(w * x))
    change = alpha * x * (target - p) * p * (1 - p)
    assert model.get_weights()[0].item() == pytest.approx(w + change, rel=1e-12, abs=1e-14)


def test_three_layer_exercise_gradients() -> None:
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    random = np.random.default_rng(1)
    W1, W2 = random.uniform(-1, 1, (3, 4)), random.uniform(-1, 1, (4, 1))
    h = sigmoid(X @ W1)
    f = sigmoid(h @ W2)
    delta2 = (f - y) * f * (1 - f)
    delta1 = (delta2 @ W2.T) * h * (1 - h)

    model = Sequential(
        [
            Dense(4, "sigmoid", use_bias=False, input_shape=(3,)),
            Dense(1, "sigmoid", use_bias=False),
        ],
        dtype="float64",
    )
    model.set_weights([W1, W2])
    _, (first, second), _ = gradients(model, losses.HalfSquaredError(reduction="sum"), X, y)
    np.testing.assert_allclose(first, X.T @ delta1, rtol=1e-12)
    np.testing.assert_allclose(second, h.T @ delta2, rtol=1e-12)


@pytest.mark.parametrize("sizes", [[3, 5, 2], [784, 16, 16, 10], [784, 64, 64, 64, 10]])
def test_classifier_gradients_by_the_matrix_formulas(sizes: list[int]) -> None:
    """δ = (softmax(z) − y)/n at the output, δ_l = (δ_{l+1} W_{l+1}ᵀ) ⊙ relu'(z_l) below."""
    model = dense_network(sizes, ["relu"] * (len(sizes) - 2) + ["softmax"], seed=1, dtype="float64")
    random = np.random.default_rng(2)
    x = random.uniform(0, 1, (7, sizes[0]))
    y = np.eye(sizes[-1])[random.integers(0, sizes[-1], 7)]

    weights = model.get_weights()
    kernels, biases = weights[0::2], weights[1::2]
    hs = [x]
    for W, b in zip(kernels[:-1], biases[:-1], strict=True):
        hs.append(np.maximum(0, hs[-1] @ W + b))
    e = np.exp(hs[-1] @ kernels[-1] + biases[-1])
    p = e / e.sum(axis=1, keepdims=True)
    delta, by_hand = (p - y) / len(x), []
    for layer in reversed(range(len(kernels))):
        by_hand[:0] = [hs[layer].T @ delta, delta.sum(axis=0)]
        delta = (delta @ kernels[layer].T) * (hs[layer] > 0)

    value, grads, _ = gradients(model, losses.CategoricalCrossentropy(), x, y)
    assert value == pytest.approx(-np.log((p * y).sum(axis=1)).mean(), rel=1e-12)
    for got, expected in zip(grads, by_hand, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-15)


def test_feed_forward_in_the_lectures_shapes() -> None:
    """W₁ 5×4 and W₂ 6×5, output × input: the kernels here are their transposes."""
    random = np.random.default_rng(1)
    W1, b1, W2, b2 = (random.normal(size=s) for s in ((5, 4), (5,), (6, 5), (6,)))
    model = dense_network([4, 5, 6], ["sigmoid", "sigmoid"], dtype="float64")
    model.set_weights([W1.T, b1, W2.T, b2])
    x = random.normal(size=4)
    columns = sigmoid(W2 @ sigmoid(W1 @ x + b1) + b2)
    np.testing.assert_allclose(model.predict([x])[0], columns, rtol=1e-13)
