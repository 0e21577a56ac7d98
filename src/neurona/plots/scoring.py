"""Any classifier's outputs on rows: a network's, a single neuron's, another library's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.errors import ArgumentTypeError, NonFiniteError, ShapeError
from neurona.plots.plane import Ints
from neurona.random import Float64
from neurona.stack import Stack


@dataclass(frozen=True, eq=False)
class Scores:
    """What a classifier says of rows.

    Attributes:
        values: (n, k); of one output, class 1 is where it is above ``threshold``.
        threshold: None where k > 1: the largest output is the class.
        highest: the largest value that the output can have; inf if it has no bound.
        classes: what the classifier calls its classes; None if it knows only numbers.
    """

    values: Float64
    threshold: float | None
    highest: float
    classes: tuple[Any, ...] | None

    def numbers(self) -> Ints:
        """The class of each row (n,), by number."""
        if self.threshold is None:
            return np.asarray(self.values.argmax(axis=1))
        return (self.values[:, 0] > self.threshold).astype(np.int64)

    def margins(self) -> Float64:
        """How far each output is ahead (n, k): above 0 for the class that is chosen.

        Of one output, (n, 1): its distance from the threshold.
        """
        if self.threshold is not None:
            return self.values - self.threshold
        order = np.sort(self.values, axis=1)
        best_other = np.where(self.values == order[:, -1:], order[:, -2:-1], order[:, -1:])
        return np.asarray(self.values - best_other)

    def confidence(self) -> Float64:
        """How sure the classifier is (n,), from 0 at a boundary to 1."""
        if self.threshold is not None:
            distance = np.abs(self.values[:, 0] - self.threshold)
            reach = self.highest - self.threshold
        else:
            k = self.values.shape[1]
            if self.highest == 1.0:  # probabilities: from all equal to certain
                share = (self.values.max(axis=1) - 1 / k) / (1 - 1 / k)
                return np.asarray(share.clip(0.0, 1.0))
            distance, reach = self.margins().max(axis=1), math.inf
        if not math.isfinite(reach):
            reach = float(distance.max()) or 1.0
        return np.asarray((distance / reach).clip(0.0, 1.0))


def scores(model: Any, rows: Float64, threshold: float | None = None) -> Scores:
    """Ask a classifier.

    Args:
        model: a :class:`~neurona.Sequential`; a single neuron of ``neurona.perceptron``;
            anything with ``predict_proba`` or ``decision_function``; or a function of rows
            that gives (n,), (n, 1) or (n, k) scores.
        rows: (n, features).
        threshold: of a single output, above which it says class 1; by default the middle
            of the last activation's range, 0 if it has none, and 0.5 for a function.

    Raises:
        ArgumentTypeError: the model is none of these.
        ShapeError: it gives something else.
        NonFiniteError: it gives NaN or infinity.
    """
    if isinstance(model, Stack):
        low, high = model.layers[-1].activation.bounds
        values = model.predict(rows)  # type: ignore[attr-defined]
        middle = (low + high) / 2 if math.isfinite(low + high) else 0.0
        found = values, middle, high, None
    elif hasattr(model, "predict_proba"):
        found = model.predict_proba(rows), 0.5, 1.0, model.classes_
    elif hasattr(model, "decision_function"):
        found = model.decision_function(rows), 0.0, math.inf, model.classes_
    elif callable(model):
        found = model(rows), 0.5, math.inf, None
    else:
        raise ArgumentTypeError(
            f"model must be a Sequential, a neuron of neurona.perceptron, a classifier with "
            f"decision_function, or a function of rows; got {type(model).__name__}."
        )
    given, middle, highest, names = found
    values = _checked(given, len(rows))
    if values.shape[1] > 1 and _are_probabilities(values):
        highest = 1.0
    elif values.shape[1] > 1:
        highest = math.inf
    one = values.shape[1] == 1
    return Scores(
        values,
        (middle if threshold is None else float(threshold)) if one else None,
        highest,
        None if names is None else tuple(np.asarray(names).tolist()),
    )


def _checked(given: Any, rows: int) -> Float64:
    values = np.asarray(given, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or len(values) != rows or not values.shape[1]:
        raise ShapeError(
            f"The model gave shape {np.shape(given)} for {rows} rows; a classifier in the plane "
            f"gives ({rows},), ({rows}, 1) or ({rows}, k)."
        )
    if not np.isfinite(values).all():
        raise NonFiniteError("The model gives NaN or infinity in the plane: it has no boundary.")
    return values


def _are_probabilities(values: Float64) -> bool:
    total = values.sum(axis=1)
    return bool(values.min() >= 0.0 and np.abs(total - 1.0).max() < 1e-3)
