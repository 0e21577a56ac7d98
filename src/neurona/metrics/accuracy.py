"""Accuracies: the share of predictions that are right."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.metrics.alignment import class_indices, same_shape
from neurona.metrics.mean import Mean, MeanMetric
from neurona.metrics.metric import Metric, registry
from neurona.native_module import native

Array = NDArray[Any]


class RightMetric(MeanMetric):
    """How right each prediction is, of which no other one changes a bit."""

    def update_each(
        self, groups: int, y: Array, p: Array, sample_weight: Array | None = None
    ) -> list[Mean]:
        if sample_weight is not None:
            return super().update_each(groups, y, p, sample_weight)
        values = self.values(y, p)
        each = values.reshape(groups, values.size // groups).astype(np.float64, copy=False)
        return [(total, float(each.shape[1])) for total in each.sum(axis=1).tolist()]


@registry.register("accuracy", "acc")
class Accuracy(RightMetric):
    """The share of predictions that equal their label exactly.

    For predicted classes, not probabilities. ``compile(metrics=["accuracy"])``
    means one of the accuracies below, whichever suits the model's outputs.

    >>> Accuracy()([1, 2, 3], [1, 2, 4]).__round__(3)
    0.667
    """

    def values(self, y: Array, p: Array) -> Array:
        y, p = same_shape(self.name, y, p)
        return np.asarray(_or_nan(y == p, p).mean(axis=-1))


@registry.register("binary_accuracy")
class BinaryAccuracy(RightMetric):
    """The share of yes-or-no predictions that are right.

    A prediction says yes where ``p > threshold``. With several outputs (a
    multi-label model) each counts by itself. A label −1 means no, as 0 does.

    Args:
        name: its key in logs.
        threshold: 0.5 for probabilities, 0 for scores (logits).

    >>> BinaryAccuracy()([0, 1, 1, 1], [0.1, 0.9, 0.3, 0.7])
    0.75
    """

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = checks.real("threshold", threshold)

    def values(self, y: Array, p: Array) -> Array:
        quick = _right_answers(y, p, self.threshold)
        if quick is not None:
            return quick
        y, p = same_shape(self.name, y, p)
        right = np.where(y == -1, 0, y) == (p > self.threshold)
        return np.asarray(_or_nan(right, p).mean(axis=-1))


@registry.register("categorical_accuracy")
class CategoricalAccuracy(RightMetric):
    """The share of samples whose largest output is that of the true class.

    Labels are one-hot rows ``(n, k)`` or class indices ``(n,)``.

    >>> CategoricalAccuracy()([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]])
    0.5
    """

    def values(self, y: Array, p: Array) -> Array:
        quick = _right_classes(y, p)
        if quick is not None:
            return quick
        labels, p = class_indices(self.name, y, p)
        return _or_nan(labels == p.argmax(axis=-1), p.max(axis=-1))


@registry.register("sparse_categorical_accuracy")
class SparseCategoricalAccuracy(CategoricalAccuracy):
    """:class:`CategoricalAccuracy` under the name used with class indices.

    >>> SparseCategoricalAccuracy()([1, 0], [[0.2, 0.8], [0.3, 0.7]])
    0.5
    """


@registry.register("top_k_categorical_accuracy")
class TopKCategoricalAccuracy(RightMetric):
    """The share of samples whose true class is among the k largest outputs.

    The true class is among them where fewer than k outputs are larger: a tie
    counts for the model. Labels are one-hot rows or class indices.

    Args:
        k: how many guesses the model has.
        name: its key in logs.

    >>> TopKCategoricalAccuracy(k=2)([2, 0], [[0.1, 0.2, 0.7], [0.2, 0.5, 0.3]])
    0.5
    """

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name)
        self.k = checks.integer("k", k, 1)

    def values(self, y: Array, p: Array) -> Array:
        labels, p = class_indices(self.name, y, p)
        own = np.take_along_axis(p, labels[..., None], axis=-1)
        return _or_nan((p > own).sum(axis=-1) < self.k, p.max(axis=-1))


@registry.register("sparse_top_k_categorical_accuracy")
class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """:class:`TopKCategoricalAccuracy` under the name used with class indices.

    >>> SparseTopKCategoricalAccuracy(k=1)([2, 0], [[0.1, 0.2, 0.7], [0.2, 0.5, 0.3]])
    0.5
    """


def counts_right(metric: Metric) -> bool:
    """Whether the metric is the share of rows whose largest output is that of their class."""
    return type(metric) in (CategoricalAccuracy, SparseCategoricalAccuracy)


def _or_nan(right: Array, p: Array) -> Array:
    """1 or 0 for right or wrong, and NaN for a prediction that is NaN."""
    return np.where(np.isnan(p), np.nan, right) if p.dtype.kind == "f" else right


# The compiled module's twins of the values above, for arrays as training has them. Where
# it cannot read them, or finds something wrong, they give None and NumPy has its say.


def _right_classes(y: Array, p: Array) -> Array | None:
    rows = p.shape[:-1]
    if native is None or not rows or y.shape not in (rows, (*rows, 1), p.shape):
        return None
    right = np.empty(rows)
    return right if native.right_classes(p, y, right) else None


def _right_answers(y: Array, p: Array, threshold: float) -> Array | None:
    rows = p.shape[:-1]
    if native is None or not rows or y.shape != p.shape:
        return None
    right = np.empty(rows)
    return right if native.right_answers(p, y, threshold, right) else None
