"""Metrics of predicted numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurona import checks, losses
from neurona.metrics.alignment import entry_weights, same_shape
from neurona.metrics.mean import Mean, MeanLoss
from neurona.metrics.metric import Metric, registry

Array = NDArray[Any]
Float64 = NDArray[np.float64]


class _LossMetric(MeanLoss):
    """A loss without arguments under its own name."""

    of: str

    def __init__(self, name: str | None = None) -> None:
        self.loss = losses.get(self.of)
        Metric.__init__(self, name)


@registry.register("mean_squared_error", "mse")
class MeanSquaredError(_LossMetric):
    """The mean of ``(y − p)²``.

    >>> MeanSquaredError()([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    of = "mean_squared_error"


@registry.register("root_mean_squared_error", "rmse")
class RootMeanSquaredError(_LossMetric):
    """The root of the mean of ``(y − p)²`` over all samples, in the target's unit.

    >>> RootMeanSquaredError()([1.0, 2.0], [1.0, 4.0]).__round__(4)
    1.4142
    """

    of = "mean_squared_error"

    def result(self, state: Mean) -> float:
        return math.sqrt(super().result(state))


@registry.register("mean_absolute_error", "mae")
class MeanAbsoluteError(_LossMetric):
    """The mean of ``|y − p|``.

    >>> MeanAbsoluteError()([1.0, 2.0], [1.0, 4.0])
    1.0
    """

    of = "mean_absolute_error"


@registry.register("mean_absolute_percentage_error", "mape")
class MeanAbsolutePercentageError(_LossMetric):
    """The mean of ``100 |y − p| / |y|``, in percent.

    >>> MeanAbsolutePercentageError()([1.0, 2.0], [1.0, 4.0])
    50.0
    """

    of = "mean_absolute_percentage_error"


class Spread(NamedTuple):
    """What :class:`R2Score` has seen: a number, and four arrays with an entry per output.

    Attributes:
        weight: Σ w.
        origin: the first labels, subtracted from all, so that labels which are
            all the same have squares of exactly 0.
        mean: Σ w (y − origin) / Σ w.
        squares: Σ w (y − ȳ)².
        residual: Σ w (y − p)².
    """

    weight: float
    origin: Float64
    mean: Float64
    squares: Float64
    residual: Float64


@registry.register("r2_score", "r2")
class R2Score(Metric):
    r"""The coefficient of determination: the share of the variance that is explained.

    .. math:: R^2 = 1 - \frac{\sum_i w_i (y_i - p_i)^2}{\sum_i w_i (y_i - \bar y)^2}

    per output, then averaged. 1 is perfect, 0 no better than the mean
    :math:`\bar y` of the labels seen. An output whose labels are all the same
    has 1 if every prediction is right and 0 otherwise.

    Args:
        class_aggregation: ``"uniform_average"`` of the outputs' scores,
            ``"variance_weighted_average"``, or None for one score per output.
        name: its key in logs.

    The mean and the sum of squares about it are updated batch by batch, without
    the cancellation of Σy² − (Σy)²/n.

    Source: Chan, Golub & LeVeque 1983, The American Statistician 37.

    >>> R2Score()([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """

    def __init__(
        self, class_aggregation: str | None = "uniform_average", name: str | None = None
    ) -> None:
        super().__init__(name)
        self.class_aggregation = class_aggregation
        if class_aggregation is not None:
            options = ("uniform_average", "variance_weighted_average")
            checks.choice("class_aggregation", class_aggregation, *options)

    def start(self) -> Spread:
        return Spread(0.0, np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1))

    def update(
        self, state: Spread, y: Array, p: Array, sample_weight: Array | None = None
    ) -> Spread:
        y, p = same_shape(self.name, y, p)
        rows = y.reshape(-1, y.shape[-1]).astype(np.float64)
        w = entry_weights(self.name, sample_weight, y.shape[:-1])
        w = np.ones(len(rows)) if w is None else w
        here = float(w.sum())
        if not here:
            return state
        origin = state.origin if state.weight else rows[0]
        moved = rows - origin
        mean = w @ moved / here
        apart, total = mean - state.mean, state.weight + here
        return Spread(
            total,
            origin,
            state.mean + apart * (here / total),
            state.squares + w @ (moved - mean) ** 2 + apart**2 * (state.weight * here / total),
            state.residual + w @ (rows - p.reshape(rows.shape)) ** 2,
        )

    def result(self, state: Spread) -> Any:
        if not state.weight:
            return 0.0
        squares, residual = state.squares, state.residual
        ratio = residual / np.where(squares > 0.0, squares, 1.0)
        constant = np.where(residual == 0.0, 1.0, 0.0 * residual)  # 0 · NaN stays NaN
        scores = np.where(squares > 0.0, 1.0 - ratio, constant)
        if self.class_aggregation is None:
            return scores
        if self.class_aggregation == "variance_weighted_average" and squares.sum() > 0.0:
            return float(squares @ scores / squares.sum())
        return float(scores.mean())
