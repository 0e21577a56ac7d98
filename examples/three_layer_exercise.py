"""The three-layer exercise: back-propagation in NumPy, and the same network in the library.

Three inputs of which the last is always 1, four hidden sigmoid units, one sigmoid output;
10,000 steps of gradient descent on E = ½ Σ (y − f)², learning rate 1.

Run: python examples/three_layer_exercise.py
"""

import numpy as np

from neurona.layers import Dense
from neurona.losses import HalfSquaredError
from neurona.models import Sequential
from neurona.optimizers import SGD

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
STEPS = 10_000

random = np.random.default_rng(1)
first = [random.uniform(-1, 1, (3, 4)), random.uniform(-1, 1, (4, 1))]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


# By hand.
W1, W2 = (w.copy() for w in first)
for _ in range(STEPS):
    h = sigmoid(X @ W1)
    f = sigmoid(h @ W2)
    delta2 = (f - y) * f * (1 - f)
    delta1 = (delta2 @ W2.T) * h * (1 - h)
    W2 -= h.T @ delta2
    W1 -= X.T @ delta1
by_hand = sigmoid(sigmoid(X @ W1) @ W2)

# By the library; reduction="sum" adds up the rows, where the usual loss takes their mean.
model = Sequential(dtype="float64")
model.add(Dense(4, activation="sigmoid", use_bias=False, input_shape=(3,)))
model.add(Dense(1, activation="sigmoid", use_bias=False))
model.set_weights(first)
model.compile(loss=HalfSquaredError(reduction="sum"), optimizer=SGD(learning_rate=1.0))
model.fit(X, y, batch_size="all", epochs=STEPS, shuffle=False, verbose=0)
by_library = model.predict(X, verbose=0)

print("wanted       ", y.ravel())
print("by hand      ", by_hand.ravel().round(4))
print("by the library", by_library.ravel().round(4))
difference = np.abs(by_library - by_hand).max()
print(f"largest difference {difference:.0e}")
assert difference < 1e-12
