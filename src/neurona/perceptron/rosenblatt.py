"""Rosenblatt's perceptron and Novikoff's bound on its mistakes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurona.errors import DataError, ShapeError
from neurona.perceptron import inputs
from neurona.perceptron.neuron import Neuron


class NovikoffBound(NamedTuple):
    """At most ``mistakes = (radius / margin)²`` mistakes, whatever the order of the points.

    Attributes:
        radius: R, the largest length of a point (1, x).
        margin: γ, the smallest distance of a point (1, x) from the boundary.
        mistakes: (R/γ)².
    """

    radius: float
    margin: float
    mistakes: float


class Perceptron(Neuron):
    """Rosenblatt's perceptron: only a mistake changes the weights.

    With labels y = ±1, a leading 1 in x and w = 0 at the start, the points are
    visited in order, and whenever ``y⟨w, x⟩ ≤ 0``

        w ← w + η y x

    An epoch without a mistake ends the training: :attr:`converged`. It comes
    exactly when a straight boundary separates the classes, and then within
    :meth:`novikoff_bound` mistakes. From w = 0 the learning rate only
    scales the weights; it changes neither the mistakes nor the boundary.

    It is also gradient descent, point by point, on ``max(0, −y z)``, z = ⟨w, x⟩:
    the gradient is ``−y x`` for a point on the wrong side and 0 on the right side.

    Args:
        learning_rate: η, above 0.
        max_epochs: visits of the whole data set before giving up, at least 1.
        path_length: how many of the latest updates :attr:`path` keeps.

    Raises:
        ArgumentError, ArgumentTypeError: an argument makes no sense.

    Rosenblatt (1958), "The perceptron: a probabilistic model for information
    storage and organization in the brain", Psychological Review 65.

    >>> x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> neuron = Perceptron().fit(x, [-1, -1, -1, 1])
    >>> neuron.bias, neuron.weights_.tolist(), neuron.converged
    (-4.0, [3.0, 2.0], True)
    >>> neuron.predict(x).tolist()
    [-1, -1, -1, 1]
    """

    def __init__(
        self, learning_rate: float = 1.0, max_epochs: int = 1000, path_length: int = 10_000
    ) -> None:
        super().__init__(learning_rate, max_epochs, path_length)

    def _error(self, side: float, z: float) -> float:
        return side if self._is_mistake(side, z) else 0.0

    def _is_mistake(self, side: float, z: float) -> bool:
        return side * z <= 0.0

    def novikoff_bound(self, x: Any, y: Any, weights: Any = None) -> NovikoffBound:
        """How many mistakes training can make at most: (R/γ)².

        R is the largest ‖(1, x)‖ and γ the smallest y⟨u, (1, x)⟩ for a solution u
        of length 1. Every solution gives a valid bound, the one with the widest
        margin the lowest.

        Args:
            x: array-like (points, features), as given to :meth:`fit`.
            y: array-like (points,), their classes.
            weights: the solution, bias first, (1 + features,); the fitted one if None.

        Raises:
            DataError: the solution leaves a point on the wrong side or on the
                boundary (names the row), or a label is none of :attr:`classes_`.
            ShapeError: the shapes do not go together.
            NotBuiltError: not fitted yet.

        Novikoff (1962), "On convergence proofs on perceptrons".

        >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, -1, -1, 1]
        >>> neuron = Perceptron().fit(x, y)
        >>> neuron.updates_run, round(neuron.novikoff_bound(x, y).mistakes)
        (18, 87)
        >>> round(neuron.novikoff_bound(x, y, weights=[-3, 2, 2]).mistakes)
        51
        """
        w = self._fit.w
        values = inputs.points(x, features=len(w) - 1)
        sides = self._sides(inputs.labels(y, len(values)))
        if weights is not None:
            w = inputs.points([weights])[0]
            if w.shape != self._fit.w.shape:
                raise ShapeError(
                    f"weights must be the bias and {len(self._fit.w) - 1} weights, got {len(w)}."
                )
        z = sides * inputs.weighted_sums(values, w)
        if not z.min() > 0.0:
            raise DataError(
                f"The bound needs weights that separate the classes, but row {int(z.argmin())} "
                f"has y⟨w, x⟩ = {z.min():g}."
            )
        margin = float(z.min() / np.linalg.norm(w))
        radius = float(np.linalg.norm(inputs.with_leading_one(values), axis=1).max())
        return NovikoffBound(radius, margin, (radius / margin) ** 2)

    def _sides(self, labels: Any) -> inputs.Float64:
        unknown = ~np.isin(labels, self.classes_)
        if unknown.any():
            row = int(unknown.argmax())
            raise DataError(
                f"y[{row}] is {labels[row].item()!r}, none of the fitted classes "
                f"{self.classes_.tolist()}."
            )
        return np.where(labels == self.classes_[1], 1.0, -1.0)
