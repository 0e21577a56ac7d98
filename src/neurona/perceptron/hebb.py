"""Hebb's rule: units that fire together wire together."""

from __future__ import annotations

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, ArgumentTypeError
from neurona.perceptron.inputs import Float64, inner
from neurona.perceptron.neuron import Neuron, Training


class Hebb(Neuron):
    """A neuron that learns by Hebb's rule ``Δw = η x y``, in one visit from w = 0.

    A weight grows by the product of the activities at its two ends. Nothing is
    compared with a prediction, so the rule need not end with every point on
    the right side: :attr:`converged` tells whether it did.

    Args:
        learning_rate: η, above 0.
        targets: the activity y that stands for the first and for the second
            class. With (−1, 1) a point of the first class weakens what it
            agrees with; with (0, 1), Hebb's own case, it changes nothing.
        path_length: how many of the latest updates :attr:`path` keeps.

    Raises:
        ArgumentError, ArgumentTypeError: an argument makes no sense.

    Hebb (1949), "The Organization of Behavior".

    AND with inputs and outputs −1 and +1:

    >>> neuron = Hebb().fit([[-1, -1], [-1, 1], [1, -1], [1, 1]], [-1, -1, -1, 1])
    >>> neuron.bias, neuron.weights_.tolist(), neuron.converged
    (-2.0, [2.0, 2.0], True)
    """

    def __init__(
        self,
        learning_rate: float = 1.0,
        targets: tuple[float, float] = (-1.0, 1.0),
        path_length: int = 10_000,
    ) -> None:
        super().__init__(learning_rate, max_epochs=1, path_length=path_length)
        if not isinstance(targets, (tuple, list)) or len(targets) != 2:
            raise ArgumentTypeError(f"targets must be two numbers, got {targets!r}.")
        low, high = (checks.real("targets", target) for target in targets)
        if low >= high:
            raise ArgumentError(f"targets must be two growing numbers, got {targets!r}.")
        self.targets = (low, high)

    def _error(self, side: float, z: float) -> float:
        return side

    def _settled(self, run: Training, before: Float64) -> bool:
        positive = run.sides == self.targets[1]
        return bool(np.array_equal(inner(run.points, run.w) >= 0.0, positive))

    def _unsettled(self, run: Training, before: Float64) -> str:
        return ""  # one visit is all there is to the rule: there is nothing to wait for
