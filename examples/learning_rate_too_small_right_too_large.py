"""The learning rate too small, right and too large: one weight on a curve.

One linear neuron without bias learns y = 3 x. Its error is a parabola in the weight,
E(w) = ½ a (w − 3)² with a = 2 mean(x²): each step multiplies the distance to the lowest
point by 1 − η a. Small η creeps, η = 1/a jumps there in one step, η > 2/a runs away.

Run: python examples/learning_rate_too_small_right_too_large.py
"""

import numpy as np

from neurona.errors import NonFiniteError
from neurona.layers import Dense
from neurona.models import Sequential
from neurona.optimizers import SGD

x = np.linspace(-1.0, 1.0, 21)[:, np.newaxis]
y = 3.0 * x
a = 2.0 * float((x**2).mean())


def descend(rate: float, epochs: int = 6) -> list[float]:
    """The weight after each step of gradient descent, from w = 0."""
    model = Sequential([Dense(1, use_bias=False, input_shape=(1,))], dtype="float64")
    model.set_weights([[[0.0]]])
    model.compile(loss="mse", optimizer=SGD(rate))
    path = [0.0]
    for _ in range(epochs):
        model.fit(x, y, batch_size="all", epochs=1, verbose=0)
        path.append(float(model.get_weights()[0].item()))
    return path


print(f"a = {a:.4f}, so the best rate is 1/a = {1 / a:.4f} and the largest 2/a = {2 / a:.4f}")
for name, rate in (
    ("too small", 0.1 / a),
    ("right", 1.0 / a),
    ("large", 1.8 / a),
    ("too large", 2.2 / a),
):
    path = descend(rate)
    print(f"{name:9} η = {rate:.3f}: w = {'  '.join(f'{w:5.2f}' for w in path)}")
    expected = [3 - 3 * (1 - rate * a) ** step for step in range(len(path))]
    assert np.allclose(path, expected)

# Far too large: the weight leaves the range of its numbers, and training stops in time.
model = Sequential([Dense(1, use_bias=False, input_shape=(1,))], seed=1)
model.compile(loss="mse", optimizer=SGD(1000.0))
try:
    model.fit(x, y, batch_size="all", epochs=100, verbose=0)
except NonFiniteError as error:
    print(error)
assert np.isfinite(model.get_weights()[0]).all()
