"""Feed-forward as two matrix products, in both ways of writing the matrices.

Lectures write a layer's weights as output × input and a sample as a column: h = g(W x + b).
Here, as in Keras, a kernel is input × output and a sample is a row: h = g(x K + b), K = Wᵀ.

Run: python examples/feed_forward_by_matrices.py
"""

import numpy as np

from neurona.layers import Dense
from neurona.models import Sequential


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


random = np.random.default_rng(1)
W1, b1 = random.normal(size=(5, 4)), random.normal(size=5)
W2, b2 = random.normal(size=(6, 5)), random.normal(size=6)
x = random.normal(size=4)

# As in the lecture: columns.
h = sigmoid(W1 @ x + b1)
y = sigmoid(W2 @ h + b2)

# The same network in the library: rows.
model = Sequential(dtype="float64")
model.add(Dense(5, activation="sigmoid", input_shape=(4,)))
model.add(Dense(6, activation="sigmoid"))
model.set_weights([W1.T, b1, W2.T, b2])
rows = model.predict(x[np.newaxis, :], verbose=0)

for name, W, layer in zip(("W1", "W2"), (W1, W2), model.layers, strict=True):
    kernel, _ = layer.get_weights()
    print(f"{name}: {W.shape[0]}×{W.shape[1]} in the lecture, kernel {kernel.shape} here")
print("by columns:", y.round(4))
print("by rows:   ", rows[0].round(4))
print("largest difference:", f"{np.abs(rows[0] - y).max():.0e}")
assert np.allclose(rows[0], y, rtol=1e-14)
