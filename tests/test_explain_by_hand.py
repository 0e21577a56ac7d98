"""The two networks that are worked out by hand, for any numbers: formulas against the step."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from neurona import Sequential, layers
from neurona.optimizers import SGD

NUMBERS = st.floats(-2.0, 2.0).map(lambda v: round(v, 3))


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-15)


def sigmoid(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


@settings(max_examples=30, deadline=None)
@given(NUMBERS, NUMBERS, st.floats(0.0, 1.0), st.floats(0.01, 2.0))
def test_one_neuron(w: float, x: float, target: float, alpha: float) -> None:
    model = Sequential(
        [layers.Dense(1, "sigmoid", use_bias=False, input_shape=(1,))], dtype="float64"
    )
    model.compile(optimizer=SGD(alpha), loss="half_squared_error", engine="numpy")
    model.set_weights([[[w]]])
    step = model.explain_step([[x]], [[target]])
    neuron, s = step["dense"], sigmoid(w * x)
    kernel = neuron["kernel"]
    assert neuron.derivative is not None
    assert neuron.dh is not None
    assert neuron.delta is not None
    assert kernel.gradient is not None
    assert close(neuron.z.item(), w * x)
    assert close(neuron.h.item(), s)
    assert close(step.loss.value, 0.5 * (target - s) ** 2)
    assert close(neuron.derivative.item(), s * (1 - s))
    assert close(neuron.dh.item(), -(target - s))
    assert close(neuron.delta.item(), -(target - s) * s * (1 - s))
    assert close(kernel.gradient.item(), -(target - s) * s * (1 - s) * x)
    change = alpha * x * (target - s) * s * (1 - s)
    assert abs(kernel.update.item() - change) <= 1e-15
    assert close(kernel.after.item(), w + change)


@settings(max_examples=30, deadline=None)
@given(st.lists(NUMBERS, min_size=5, max_size=5), NUMBERS, NUMBERS, st.floats(0.0, 1.0))
def test_five_weights(weights: list[float], x1: float, x2: float, y: float) -> None:
    w10, w11, w12, w20, w21 = weights
    model = Sequential(
        [layers.Dense(1, "tanh", input_shape=(2,)), layers.Dense(1, "sigmoid")], dtype="float64"
    )
    model.compile(optimizer=SGD(0.1), loss="half_squared_error", engine="numpy")
    model.set_weights([[[w11], [w12]], [w10], [[w21]], [w20]])
    step = model.explain_step([[x1, x2]], [[y]])
    g = math.tanh(w10 + w11 * x1 + w12 * x2)
    f = sigmoid(w20 + w21 * g)
    by_w20 = -(y - f) * f * (1 - f)
    by_w10 = by_w20 * w21 * (1 - g * g)
    by_hand = {
        ("dense_1.bias", 0): by_w20,
        ("dense_1.kernel", 0, 0): by_w20 * g,
        ("dense.bias", 0): by_w10,
        ("dense.kernel", 0, 0): by_w10 * x1,
        ("dense.kernel", 1, 0): by_w10 * x2,
        ("dense.delta", 0, 0): by_w10,
        ("dense_1.delta", 0, 0): by_w20,
        ("dense.h", 0, 0): g,
        ("dense_1.h", 0, 0): f,
        ("dense.bias.new", 0): w10 - 0.1 * by_w10,
        ("dense_1.kernel.new", 0, 0): w21 - 0.1 * by_w20 * g,
        ("loss",): 0.5 * (y - f) ** 2,
    }
    for asked, number in by_hand.items():
        why = step.why(*asked)
        assert close(why.value, number), asked
        assert close(why.total, number), asked
