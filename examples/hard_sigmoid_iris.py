"""The rigid logistic regression: a neuron with a hard sigmoid tells setosa from versicolor.

Its output max(0, min(1, (z + 1) / 2)) is 0 or 1 outside a strip |z| < 1, and linear within.

Run: python examples/hard_sigmoid_iris.py
"""

import numpy as np

from neurona.datasets import iris
from neurona.layers import Dense
from neurona.models import Sequential
from neurona.optimizers import SGD

data = iris.load()
two = data.y < 2
x, y = data.x[two][:, :2], data.y[two]  # sepal length and width, in cm
x = x - x.mean(axis=0)

model = Sequential([Dense(1, activation="sparse_sigmoid", input_shape=(2,))], seed=1)
model.compile(loss="mse", optimizer=SGD(0.1), metrics=["accuracy"])
model.fit(x, y, batch_size=10, epochs=100, verbose=0)

loss, accuracy = model.evaluate(x, y, verbose=0)
(w1, w2), b = model.get_weights()[0].ravel(), model.get_weights()[1][0]
probability = model.predict(x, verbose=0).ravel()
print(" against ".join(data.class_names[:2]) + ", by " + " and ".join(data.feature_names[:2]))
print(f"z = {w1:.2f} x1 {w2:+.2f} x2 {b:+.2f}")
print(f"loss {loss:.4f}, accuracy {accuracy:.2f}")
print(f"certain (0 or 1) of {np.isin(probability, (0, 1)).sum()} of {len(y)} flowers")
