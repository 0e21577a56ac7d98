"""A boundary that is no straight line: a disc within a ring, learned by 2-12-6-1.

Run: python examples/nonlinear_boundary.py
"""

import numpy as np

from neurona.datasets import circles
from neurona.layers import Dense
from neurona.models import Sequential
from neurona.utils import set_random_seed

set_random_seed(1)
x, y = circles(500, noise=0.05, seed=1)
x_train, y_train, x_test, y_test = x[:400], y[:400], x[400:], y[400:]

model = Sequential()
model.add(Dense(12, activation="relu", input_shape=(2,)))
model.add(Dense(6, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.summary()  # 36 + 78 + 7 = 121 parameters

model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=100, batch_size=20, verbose=0)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.3f}, accuracy {accuracy:.3f}")

# What the network says on a grid of the plane: # for class 1, · for class 0.
across, down = np.linspace(-5.0, 5.0, 41), np.linspace(5.0, -5.0, 21)
grid = np.array([[a, d] for d in down for a in across])
inside = model.predict(grid, verbose=0).reshape(len(down), len(across)) > 0.5
for line in inside:
    print("".join("#" if cell else "·" for cell in line))
