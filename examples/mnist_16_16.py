"""MNIST with two hidden layers of 16 units, small enough to ask what each unit detects.

Run: python examples/mnist_16_16.py --epochs 5
"""

import argparse
import sys

import numpy as np

from neurona.datasets import mnist
from neurona.errors import DatasetError
from neurona.layers import Dense
from neurona.models import Sequential
from neurona.optimizers import SGD
from neurona.utils import set_random_seed

arguments = argparse.ArgumentParser(description=__doc__)
arguments.add_argument("--epochs", type=int, default=5)
arguments.add_argument("--rows", type=int, default=60_000, help="how many images of each part")
options = arguments.parse_args()

try:
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
except DatasetError as error:
    sys.exit(str(error))

set_random_seed(1)
x_train = x_train[: options.rows].reshape(-1, 784).astype("float32") / 255
x_test = x_test[: options.rows].reshape(-1, 784).astype("float32") / 255
y_train, y_test = y_train[: options.rows], y_test[: options.rows]

model = Sequential()
model.add(Dense(16, activation="relu", input_shape=(784,)))
model.add(Dense(16, activation="relu"))
model.add(Dense(10, activation="softmax"))
model.summary()  # 13,002 parameters

model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=SGD(learning_rate=0.01, momentum=0.9),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=100, epochs=options.epochs, validation_data=(x_test, y_test))
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")

# What each unit of the first layer detects: the digits that it answers to most, on average.
kernel, bias = model.layers[0].get_weights()
fired = np.maximum(0, x_test @ kernel + bias)
mean = np.array([fired[y_test == digit].mean(axis=0) for digit in range(10)])
for unit in range(16):
    most = mean[:, unit].argsort()[::-1][:3]
    print(f"unit {unit:2}: " + ", ".join(f"{d} ({mean[d, unit]:.1f})" for d in most))

# The weights of the unit that answers most, as a picture of 28×28 pixels, every other line
# left out: # where ink excites it, o where ink holds it back. Pixels that are blank in
# nearly all images are left blank, for their weights are still those of the random start.
unit = int(mean.max(axis=0).argmax())
weights = np.where(x_train.mean(axis=0) > 0.05, kernel[:, unit], 0.0)
strong = np.abs(weights).max() / 4
print(f"the weights of unit {unit}:")
for line in weights.reshape(28, 28)[::2]:
    print("".join("#" if w > strong else "o" if w < -strong else "·" for w in line))
