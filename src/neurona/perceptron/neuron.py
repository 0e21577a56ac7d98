"""What the learning neurons share: the visits, the path of the weights, prediction.

Hebb's rule, Rosenblatt's perceptron, the delta rule and Adaline all go

    w ← w + η · error · x

and differ in one line: what ``error`` is.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentError, ConvergenceWarning, NonFiniteError, NotBuiltError, warn
from neurona.part import Part
from neurona.perceptron import inputs
from neurona.perceptron.inputs import Float64


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """One change of the weights: ``after = before + η · error · (1, x)``.

    Attributes:
        epoch: counted from 0.
        point: the row of ``x`` that was visited; None for a whole-batch update.
        side: the target of that point: −1 or +1, or 0 or 1 (delta rule).
        z: the weighted sum ``⟨before, (1, x)⟩``.
        error: the factor that the learning rule found.
        mistake: whether the point (of a batch: any point) was on the wrong side.
        before, after: the weights, bias first, shape (1 + features,), read-only.

    ``side``, ``z`` and ``error`` are None for a whole-batch update.
    """

    epoch: int
    point: int | None
    side: float | None
    z: float | None
    error: float | None
    mistake: bool
    before: Float64
    after: Float64


@dataclass
class Training:
    """A fit under way: its data (with the leading 1), weights and record."""

    points: Float64
    sides: Float64
    w: Float64
    path: deque[Update]
    mistakes: list[int]
    updates: int = 0
    converged: bool = False

    @property
    def epoch(self) -> int:
        """The epoch under way, counted from 0."""
        return len(self.mistakes)

    def step(
        self,
        change: Float64,
        mistake: bool,
        point: int | None = None,
        side: float | None = None,
        z: float | None = None,
        error: float | None = None,
    ) -> None:
        """Add ``change`` to the weights and write the update down."""
        before, self.w = self.w, self.w + change
        self.w.setflags(write=False)
        self.updates += 1
        self.path.append(Update(self.epoch, point, side, z, error, mistake, before, self.w))


@dataclass(frozen=True)
class Fitted:
    """What remains of a fit."""

    classes: NDArray[Any]
    w: Float64
    converged: bool
    mistakes_per_epoch: list[int]
    updates_run: int
    path: list[Update]


class Neuron(Part, ABC):
    """A neuron that learns to tell two classes apart by ``w ← w + η · error · x``.

    A subclass says what the error is; see :class:`~neurona.perceptron.Perceptron`,
    :class:`~neurona.perceptron.DeltaRule`, :class:`~neurona.perceptron.Adaline`
    and :class:`~neurona.perceptron.Hebb`. All arithmetic is float64.

    Args:
        learning_rate: η, above 0.
        max_epochs: visits of the whole data set before giving up, at least 1.
        path_length: how many updates :attr:`path` keeps, the latest ones; each
            takes about ``8 · (1 + features) + 300`` bytes. 0 keeps none.
    """

    targets: tuple[float, float] = (-1.0, 1.0)  # what stands for the first and second class

    def __init__(self, learning_rate: float, max_epochs: int, path_length: int) -> None:
        self.learning_rate = checks.real("learning_rate", learning_rate, 0.0)
        if self.learning_rate == 0.0:
            raise ArgumentError("learning_rate must be above 0: at 0 the weights never change.")
        self.max_epochs = checks.integer("max_epochs", max_epochs, 1)
        self.path_length = checks.integer("path_length", path_length, 0)
        self._fitted: Fitted | None = None

    # The learning rule

    @abstractmethod
    def _error(self, side: float, z: float) -> float:
        """The factor of ``η x``, for a point of that side and weighted sum."""

    def _start(self, size: int) -> Float64:
        """The weights before the first visit, bias first."""
        return np.zeros(size)

    def _is_mistake(self, side: float, z: float) -> bool:
        return (z >= 0.0) != (side == self.targets[1])

    def _settled(self, run: Training, before: Float64) -> bool:
        """Whether the epoch just done, begun with the weights ``before``, was the last."""
        return run.mistakes[-1] == 0

    def _unsettled(self, run: Training, before: Float64) -> str:
        """The warning after ``max_epochs``; an empty text gives none."""
        return (
            f"{type(self).__name__} did not converge: epoch {run.epoch} of max_epochs="
            f"{self.max_epochs} still had {run.mistakes[-1]} mistakes in {len(run.points)} "
            "points. Either no straight boundary separates the classes, or it takes more epochs."
        )

    # Training

    def fit(self, x: Any, y: Any) -> Self:
        """Learn from points and their classes, from the start; returns the neuron itself.

        Args:
            x: array-like (points, features) of finite numbers, without the leading 1.
            y: array-like (points,) of exactly two classes: −1 and +1, 0 and 1,
                booleans or two strings. They are sorted into :attr:`classes_`;
                the second is the positive side.

        Raises:
            ShapeError: ``x`` is not two-dimensional, ``y`` not one-dimensional,
                or they differ in length.
            DataError: NaN, infinity, nothing at all, or not two classes.
            ArgumentTypeError: values that are not numbers (labels: or strings).
            NonFiniteError: the weights outgrew float64.

        Warns:
            ConvergenceWarning: ``max_epochs`` have passed without convergence.
        """
        values = inputs.points(x)
        classes, positive = inputs.two_classes(y, len(values))
        sides = np.where(positive, self.targets[1], self.targets[0])
        start = self._start(values.shape[1] + 1)
        start.setflags(write=False)
        path: deque[Update] = deque(maxlen=self.path_length)
        run = Training(inputs.with_leading_one(values), sides, start, path, mistakes=[])
        with np.errstate(over="ignore", invalid="ignore"):  # _check_finite names the epoch
            while not run.converged and run.epoch < self.max_epochs:
                before = run.w
                mistakes = self._epoch(run)
                self._check_finite(run, run.w)
                run.mistakes.append(mistakes)
                run.converged = self._settled(run, before)
        self._fitted = Fitted(
            classes, run.w, run.converged, run.mistakes, run.updates, list(run.path)
        )
        message = "" if run.converged else self._unsettled(run, before)
        if message:
            warn(message, ConvergenceWarning)
        return self

    def _epoch(self, run: Training) -> int:
        """Visit every point once, in order; returns the number of mistakes."""
        mistakes = 0
        for i, (x, side) in enumerate(zip(run.points, run.sides.tolist(), strict=True)):
            z = float(inputs.inner(x, run.w))
            if not math.isfinite(z):
                self._check_finite(run, z)
            error = self._error(side, z)
            mistake = self._is_mistake(side, z)
            mistakes += mistake
            if error != 0.0:
                run.step(self.learning_rate * error * x, mistake, i, side, z, error)
        return mistakes

    def _check_finite(self, run: Training, values: Float64 | float) -> None:
        if not np.isfinite(values).all():
            raise NonFiniteError(
                f"{type(self).__name__} outgrew float64 in epoch {run.epoch + 1} with "
                f"learning_rate={self.learning_rate:g} and |x| up to "
                f"{np.abs(run.points).max():g}. Lower learning_rate, or scale the features, "
                "e.g. (x - x.mean(axis=0)) / x.std(axis=0)."
            )

    # Prediction

    def decision_function(self, x: Any) -> Float64:
        """The weighted sums ``z = ⟨w, x⟩ + b``, float64 (points,).

        Args:
            x: array-like (points, features).

        Raises:
            NotBuiltError: not fitted yet.
            ShapeError: not two-dimensional, or not the features of the fit.
            DataError, ArgumentTypeError: see :meth:`fit`.
            NonFiniteError: a sum outgrew float64.
        """
        w = self._fit.w
        values = inputs.points(x, features=len(w) - 1)
        with np.errstate(over="ignore", invalid="ignore"):
            z = inputs.weighted_sums(values, w)
        if not np.isfinite(z).all():
            row = int(np.argmin(np.isfinite(z)))
            raise NonFiniteError(f"The weighted sum of row {row} of x outgrew float64: scale x.")
        return z

    def predict(self, x: Any) -> NDArray[Any]:
        """The class of each point: ``classes_[1]`` where z ≥ 0, ``classes_[0]`` elsewhere.

        Args:
            x: array-like (points, features).

        Raises:
            NeuronaError: as :meth:`decision_function`.
        """
        z = self.decision_function(x)
        chosen: NDArray[Any] = self.classes_[(z >= 0.0).astype(np.intp)]
        return chosen

    # What was learned

    @property
    def _fit(self) -> Fitted:
        if self._fitted is None:
            raise NotBuiltError(f"{type(self).__name__} has learned nothing yet: call fit(x, y).")
        return self._fitted

    @property
    def classes_(self) -> NDArray[Any]:
        """The two classes, sorted: negative side first."""
        return self._fit.classes

    @property
    def weights_(self) -> Float64:
        """The weights, float64 (features,), read-only."""
        return self._fit.w[1:]

    @property
    def bias(self) -> float:
        """The weight of the leading 1."""
        return float(self._fit.w[0])

    @property
    def converged(self) -> bool:
        """Whether the rule came to its own end before ``max_epochs``."""
        return self._fit.converged

    @property
    def epochs_run(self) -> int:
        """How many times the data set was visited."""
        return len(self._fit.mistakes_per_epoch)

    @property
    def mistakes_per_epoch(self) -> list[int]:
        """How many points were on the wrong side when visited, epoch by epoch."""
        return list(self._fit.mistakes_per_epoch)

    @property
    def updates_run(self) -> int:
        """How many times the weights were changed."""
        return self._fit.updates_run

    @property
    def path(self) -> list[Update]:
        """The changes of the weights, in order; the latest ``path_length`` of them."""
        return list(self._fit.path)
