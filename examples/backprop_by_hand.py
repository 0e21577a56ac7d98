"""Back-propagation by hand: the five gradients of f = σ(w20 + w21 tanh(w10 + w11 x1 + w12 x2)).

For one example and the error e = ½ (y − f)², each formula beside the library's number.

Run: python examples/backprop_by_hand.py
"""

import numpy as np

from neurona.backprop import backward, forward, loss_gradient
from neurona.layers import Dense
from neurona.losses import HalfSquaredError
from neurona.models import Sequential
from neurona.network import Program

x1, x2, y = 0.5, -1.0, 1.0
w10, w11, w12 = 0.1, 0.4, -0.3
w20, w21 = -0.2, 0.7

# By hand: forward, then backward from the output.
g = np.tanh(w10 + w11 * x1 + w12 * x2)
f = 1 / (1 + np.exp(-(w20 + w21 * g)))
delta2 = -(y - f) * f * (1 - f)  # ∂e/∂z of the output neuron
delta1 = delta2 * w21 * (1 - g**2)  # ∂e/∂z of the hidden neuron
by_hand = {
    "w20": delta2,
    "w21": delta2 * g,
    "w10": delta1,
    "w11": delta1 * x1,
    "w12": delta1 * x2,
}

# By the library.
model = Sequential(dtype="float64")
model.add(Dense(1, activation="tanh", input_shape=(2,), name="hidden"))
model.add(Dense(1, activation="sigmoid", name="output"))
model.set_weights([[[w11], [w12]], [w10], [[w21]], [w20]])

program = Program(model.network, HalfSquaredError(), dtype="float64")
weights = model.state.weights
traces = forward(model.network, weights, np.array([[x1, x2]]))
error, dh = loss_gradient(program, traces[-1], np.array([[y]]))
grads, deltas = backward(program, weights, traces, dh)
by_library = {
    "w20": grads["output/bias"][0],
    "w21": grads["output/kernel"][0, 0],
    "w10": grads["hidden/bias"][0],
    "w11": grads["hidden/kernel"][0, 0],
    "w12": grads["hidden/kernel"][1, 0],
}

print(f"g = {traces[0].h.item():.6f}, f = {traces[1].h.item():.6f}, e = {error:.6f}")
print("weight   by hand      by the library")
for name, value in by_hand.items():
    print(f"{name}    {value:+.9f}   {by_library[name]:+.9f}")
    assert np.isclose(value, by_library[name], rtol=1e-12)
print(f"{model.count_params()} gradients agree")
