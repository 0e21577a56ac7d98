"""What is to be done, in the same words for every library."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

SGD: dict[str, Any] = {"learning_rate": 0.01, "momentum": 0.9}
ADAM: dict[str, Any] = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
OPTIMIZERS = {"sgd": "SGD with momentum", "adam": "Adam"}


@dataclass(frozen=True)
class Work:
    """A network and how to train it: ReLU inside; one sigmoid or k softmax outputs.

    Args:
        sizes: inputs, units of each hidden layer, outputs.
        batch_size: rows a step.
        optimizer: "sgd" (rate 0.01, momentum 0.9) or "adam" (rate 0.001).
        data: a data set of :mod:`benchmarks.data`.
        rows: train on the first so many; None for all.
        seed: of the first weights and of the order of rows.
    """

    sizes: tuple[int, ...]
    batch_size: int
    optimizer: str = "sgd"
    data: str = "mnist"
    rows: int | None = None
    seed: int = 1

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Work:
        return cls(**{**values, "sizes": tuple(values["sizes"])})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def network(self) -> str:
        """ "784-64-10" """
        return "-".join(map(str, self.sizes))

    def steps(self, rows: int) -> int:
        """Steps an epoch; the last may have fewer rows."""
        return -(-rows // self.batch_size)

    def flops(self, rows: int) -> int:
        """Floating-point operations of an epoch's matrix products.

        Each kernel is multiplied three times: forward, for its own gradient, and
        for the gradient of its input, which the first layer does not need.
        """
        kernels = [a * b for a, b in pairwise(self.sizes)]
        return 2 * rows * (3 * sum(kernels) - kernels[0])


def first_weights(work: Work) -> list[NDArray[np.float32]]:
    """Kernels (in, out) and biases in turn: Glorot uniform and zeros, for every library."""
    stream = np.random.default_rng(work.seed)
    weights: list[NDArray[np.float32]] = []
    for a, b in pairwise(work.sizes):
        limit = math.sqrt(6 / (a + b))
        weights += [
            stream.uniform(-limit, limit, (a, b)).astype(np.float32),
            np.zeros(b, np.float32),
        ]
    return weights
