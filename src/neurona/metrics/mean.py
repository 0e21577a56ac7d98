"""Metrics that are the mean of one value per sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import losses
from neurona.losses.loss import Loss
from neurona.metrics.alignment import class_indices, row_weights, same_shape
from neurona.metrics.metric import Metric, registry, snake

Array = NDArray[Any]
Mean = tuple[float, float]  # Σ w·value, Σ w


class MeanMetric(Metric):
    r"""The mean of a value per sample, weighted by the samples' weights.

    .. math:: \frac{\sum_i w_i v_i}{\sum_i w_i}

    summed in float64; 0 where nothing was seen. To write one of your own, derive
    from this class and define ``values``. A NaN among them makes the mean NaN.

    >>> class Bias(MeanMetric):
    ...     def values(self, y, p):
    ...         return (p - y).mean(axis=-1)
    >>> Bias()(np.array([[1.0], [2.0]]), np.array([[2.0], [2.0]]))
    0.5
    """

    def values(self, y: Array, p: Array) -> Array:
        """The value of each sample: labels and predictions to values (n, …)."""
        raise NotImplementedError(f"{type(self).__name__} must define values(y, p).")

    def start(self) -> Mean:
        return 0.0, 0.0

    def update(self, state: Mean, y: Array, p: Array, sample_weight: Array | None = None) -> Mean:
        values = self.values(y, p)
        flat = values.reshape(len(values), math.prod(values.shape[1:]))
        each = flat.astype(np.float64, copy=False)
        total, weight = state
        w = row_weights(self.name, sample_weight, len(each))
        if w is None:
            return total + float(each.sum()), weight + each.size
        return total + float(w @ each.sum(axis=1)), weight + float(w.sum()) * each.shape[1]

    def result(self, state: Mean) -> float:
        total, weight = state
        return total / weight if weight else 0.0


@registry.register("mean_loss")
class MeanLoss(MeanMetric):
    """Any loss as a metric: its mean over all samples, in float64.

    Unlike the loss that training reports, it has no penalties of regularizers
    in it, and is that of one set of weights over the whole data.

    Args:
        loss: a loss, by name or as an object.
        name: its key in logs; by default the loss's name.

    >>> MeanLoss("mse")([1.0, 2.0], [1.0, 4.0])
    2.0
    """

    def __init__(self, loss: Any, name: str | None = None) -> None:
        self.loss: Loss = losses.get(loss)
        super().__init__(name or self.default_name or snake(type(self.loss).__name__))

    def values(self, y: Array, p: Array) -> Array:
        if not self.loss.classes:
            y, p = same_shape(self.name, y, p)
        elif y.shape != p.shape:
            y, p = class_indices(self.name, y, p)
        values: Array = self.loss.values(y.astype(np.float64), p.astype(np.float64))
        return values
