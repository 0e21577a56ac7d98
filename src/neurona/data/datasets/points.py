"""What the generated data sets share: checks, random numbers, order of rows."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentError
from neurona.random import Float64, Purpose, Stream, check_seed

Points = tuple[NDArray[np.float32], NDArray[Any]]
MOST_POINTS = 10_000_000
MOST_NOISE = 1e6


class Shape(IntEnum):
    """Counters that give every shape random numbers of its own."""

    XOR = 1
    CIRCLES = 2
    MOONS = 3
    GAUSSIANS = 4
    SPIRALS = 5
    BLOBS = 6
    PLANE = 7
    MULTI_GAUSSIAN = 8


class Draw:
    """The checked arguments of one generated set, and its random numbers."""

    def __init__(self, shape: Shape, n: int, noise: float, seed: int) -> None:
        self.n = checks.integer("n", n, 1, MOST_POINTS)
        self.noise = checks.real("noise", noise, 0.0, MOST_NOISE)
        self.random = Stream(check_seed(seed), Purpose.DATASET, int(shape))
        self._order = Stream(seed, Purpose.DATASET, int(shape), 1)

    def square(self, half: float) -> Float64:
        """(n, 2) points, uniform in the square from −half to half."""
        return self.random.uniform((self.n, 2), -half, half)

    def labels(self, classes: int) -> NDArray[np.int64]:
        """(n,) classes 0 … classes − 1, sorted, their sizes differing by at most one."""
        if self.n < classes:
            raise ArgumentError(
                f"n must be at least the number of classes, {classes}; got {self.n}."
            )
        return np.sort(np.arange(self.n) % classes)

    def shuffled(self, x: Float64, y: NDArray[Any]) -> Points:
        """The points as float32 and their labels, in random order.

        Without it a validation part of the last rows would hold one class alone.
        """
        order = self._order.permutation(self.n)
        return x[order].astype(np.float32), y[order]


def along(labels: NDArray[np.int64]) -> Float64:
    """How far along its class each point is: ``i/m`` for the i-th of m, 0 ≤ i < m.

    >>> along(np.array([0, 0, 1, 1, 1, 1]))
    array([0.  , 0.5 , 0.  , 0.25, 0.5 , 0.75])
    """
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    return np.asarray((np.arange(len(labels)) - starts[labels]) / counts[labels])
