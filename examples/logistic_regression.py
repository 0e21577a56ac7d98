"""Logistic regression is one sigmoid neuron: it finds the boundary 2 x1 − x2 + 1 = 0.

Each point's label is drawn with the probability σ(2 x1 − x2 + 1), so that the two classes
overlap and the best weights are, but for chance, those very numbers.

Run: python examples/logistic_regression.py
"""

import numpy as np

from neurona.layers import Dense
from neurona.models import Sequential
from neurona.optimizers import SGD
from neurona.utils import set_random_seed

set_random_seed(1)
random = np.random.default_rng(1)
x = random.uniform(-3, 3, size=(5000, 2))
probability = 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1] + 1)))
y = (random.random(5000) < probability).astype(int)

model = Sequential()
model.add(Dense(1, activation="sigmoid", input_shape=(2,)))
model.compile(loss="binary_crossentropy", optimizer=SGD(0.5), metrics=["accuracy"])
model.fit(x, y, batch_size=500, epochs=50, verbose=0)

kernel, bias = model.get_weights()
(w1, w2), b = kernel.ravel(), bias[0]
loss, accuracy = model.evaluate(x, y, verbose=0)
print(f"z = {w1:.2f} x1 {w2:+.2f} x2 {b:+.2f}")
print(f"boundary: x2 = {-w1 / w2:.2f} x1 {-b / w2:+.2f}")
print(f"loss {loss:.3f}, accuracy {accuracy:.3f}")
best = ((probability > 0.5) == y).mean()
print(f"accuracy of the true probabilities {best:.3f}")
assert np.allclose([w1, w2, b], [2, -1, 1], atol=0.2)
