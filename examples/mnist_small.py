"""MNIST with three hidden layers of 64 units: about 97 % of the test digits are read right.

Run: python examples/mnist_small.py --epochs 10
"""

import argparse
import sys

from neurona.datasets import mnist
from neurona.errors import DatasetError
from neurona.layers import Dense
from neurona.models import Sequential
from neurona.optimizers import SGD
from neurona.utils import set_random_seed, to_categorical

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
y_train = to_categorical(y_train[: options.rows], 10)
y_test = to_categorical(y_test[: options.rows], 10)

model = Sequential()
model.add(Dense(64, activation="relu", input_shape=(784,)))
model.add(Dense(64, activation="relu"))
model.add(Dense(64, activation="relu"))
model.add(Dense(10, activation="softmax"))
model.summary()  # 59,210 parameters

model.compile(
    loss="categorical_crossentropy",
    optimizer=SGD(lr=0.01, decay=1e-6, momentum=0.9),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=100, epochs=options.epochs, validation_data=(x_test, y_test))
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")
