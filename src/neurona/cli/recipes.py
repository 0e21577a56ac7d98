"""What ``neurona train`` does with each data set if it is not told otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How to train: the settings that the options of ``neurona train`` change.

    Args:
        layers: units of each hidden layer.
        activation: of the hidden layers.
        optimizer: by name.
        learning_rate: None for the optimizer's own default.
        momentum: for optimizers that have one.
        batch_size: rows a step, or "all".
        epochs: how often to go through the rows.
        validation: part of the training rows that is held out, in [0, 1).
    """

    layers: tuple[int, ...]
    activation: str = "relu"
    optimizer: str = "adam"
    learning_rate: float | None = 0.001
    momentum: float = 0.0
    batch_size: int | str = 32
    epochs: int = 50
    validation: float = 0.1


_POINTS = Recipe((16,), "tanh", learning_rate=0.03, epochs=50)
_MNIST = Recipe(
    (64, 64, 64), optimizer="sgd", learning_rate=0.01, momentum=0.9, batch_size=100, epochs=10
)

RECIPES: dict[str, Recipe] = {
    "iris": Recipe((16, 16), learning_rate=0.01, batch_size=16, epochs=40),
    "digits": Recipe((128,), learning_rate=0.003, epochs=20),
    "mnist": _MNIST,
    "fashion_mnist": _MNIST,
    "xor": _POINTS,
    "circles": _POINTS,
    "moons": _POINTS,
    "gaussians": _POINTS,
    "blobs": _POINTS,
    "spirals": Recipe((64, 64), learning_rate=0.01, epochs=100),
    "plane": Recipe((), learning_rate=0.03, epochs=30),
    "multi_gaussian": Recipe((64, 64), learning_rate=0.01, epochs=100),
}

FILE = Recipe((64, 64), learning_rate=0.003, epochs=50)  # a .npz file
