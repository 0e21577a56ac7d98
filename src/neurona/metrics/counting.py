"""Precision, recall and F-scores: ratios of right and wrong yeses, per class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentError
from neurona.metrics.alignment import (
    check_predictions,
    class_indices,
    columns,
    entry_weights,
    yes_or_no,
)
from neurona.metrics.metric import Metric, registry

Array = NDArray[Any]
Float64 = NDArray[np.float64]
AVERAGES = ("micro", "macro", "weighted")


class CountMetric(Metric):
    """A ratio of true positives, false positives and false negatives.

    State is an array (3, thresholds, classes) of the three counts, weighted by
    the samples' weights.

    Args:
        levels: the thresholds; an output says yes where ``p > threshold``. None
            lets the largest of several outputs say yes, and one output above 0.5.
        average: how several classes' ratios become one number: ``"micro"``
            counts all classes together, ``"macro"`` takes the plain mean,
            ``"weighted"`` the mean by the number of true samples; None for no
            average.
        name: its key in logs.
    """

    def __init__(
        self, levels: tuple[float, ...] | None, average: str | None, name: str | None
    ) -> None:
        super().__init__(name)
        self._levels = levels
        self.average = average
        if average is not None:
            checks.choice("average", average, *AVERAGES)

    def ratio(self, tp: Float64, fp: Float64, fn: Float64) -> Float64:
        """The measure from counts, 0 where it is 0/0."""
        raise NotImplementedError(f"{type(self).__name__} must define ratio(tp, fp, fn).")

    def start(self) -> Float64:
        return np.zeros((3, 1, 1))

    def update(
        self, state: Float64, y: Array, p: Array, sample_weight: Array | None = None
    ) -> Float64:
        truth, said = self._decide(y, p)
        w = entry_weights(self.name, sample_weight, truth.shape[:-1])
        truth = truth.reshape(-1, truth.shape[-1])
        said = said.reshape(len(said), *truth.shape)
        weight = np.ones(len(truth)) if w is None else w
        tp = np.einsum("n,tnk->tk", weight, (said & truth).astype(np.float64))
        yes = np.einsum("n,tnk->tk", weight, said.astype(np.float64))
        true = weight @ truth
        counts: Float64 = state + np.stack([tp, yes - tp, true - tp])
        return counts

    def _decide(self, y: Array, p: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Truth (n, …, k) and what was said (thresholds, n, …, k)."""
        p = columns(self.name, p)
        check_predictions(self.name, p)
        k = p.shape[-1]
        if self._levels is None and k > 1:
            labels, p = class_indices(self.name, y, p)
            classes = np.arange(k)
            said = p.argmax(axis=-1)[..., None] == classes
            return labels[..., None] == classes, said[None]
        truth, p = yes_or_no(self.name, y, p)
        at = np.array(self._levels or (0.5,)).reshape(-1, *(1,) * p.ndim)
        return truth, p > at

    def _averaged(self, state: Float64) -> Float64:
        """One ratio per threshold, or (thresholds, classes) without an average."""
        if self.average == "micro":
            return self.ratio(*state.sum(axis=-1))
        ratios = self.ratio(*state)
        if self.average is None:
            return ratios
        if self.average == "macro":
            return np.asarray(ratios.mean(axis=-1))
        support = state[0] + state[2]
        return over((ratios * support).sum(axis=-1), support.sum(axis=-1))


class _YesMetric(CountMetric):
    """What Precision and Recall share."""

    def __init__(
        self,
        thresholds: Any = None,
        class_id: int | None = None,
        average: str | None = None,
        name: str | None = None,
    ) -> None:
        levels = None if thresholds is None else _levels(thresholds)
        by_class = levels is None and average is not None
        super().__init__(levels if levels or by_class else (0.5,), average, name)
        self.thresholds = levels[0] if levels and np.ndim(thresholds) == 0 else levels
        self.class_id = None if class_id is None else checks.integer("class_id", class_id)
        if class_id is not None and average is not None:
            raise ArgumentError("Give class_id or average, not both.")

    def update(
        self, state: Float64, y: Array, p: Array, sample_weight: Array | None = None
    ) -> Float64:
        state = super().update(state, y, p, sample_weight)
        if self.class_id is not None and self.class_id >= state.shape[-1]:
            raise ArgumentError(
                f"{self.name}: class_id must be below the number of outputs, {state.shape[-1]}; "
                f"got {self.class_id}."
            )
        return state

    def result(self, state: Float64) -> Any:
        if self.average is not None:
            values = self._averaged(state)
        elif self.class_id is None or not state.any():
            values = self.ratio(*state.sum(axis=-1))
        else:
            values = self.ratio(*state[..., self.class_id])
        return values if isinstance(self.thresholds, tuple) else float(values[0])


@registry.register("precision")
class Precision(_YesMetric):
    r"""The share of yeses that are right.

    .. math:: \frac{TP}{TP + FP}

    0 where there is no yes at all. Without ``average``, every output of every
    sample is a yes-or-no prediction, ``p > threshold``, and all count together:
    the rule for one output and for multi-label models. With ``average`` and no
    threshold, the model is a classifier: its largest output says yes.

    Args:
        thresholds: a number, by default 0.5, or several, for one result each.
        class_id: count only this output.
        average: ``"micro"``, ``"macro"`` or ``"weighted"``: of the classes' precisions
            (as in scikit-learn, over all of the model's classes).
        name: its key in logs.

    Source: van Rijsbergen 1979, Information Retrieval, ch. 7.

    >>> Precision()([0, 1, 1, 1], [0.9, 0.8, 0.3, 0.7]).__round__(3)
    0.667
    >>> p = np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.5, 0.1, 0.4]])
    >>> Precision(average="macro")([0, 1, 2], p)
    0.5
    """

    def ratio(self, tp: Float64, fp: Float64, fn: Float64) -> Float64:
        return over(tp, tp + fp)


@registry.register("recall")
class Recall(_YesMetric):
    r"""The share of true samples that got a yes.

    .. math:: \frac{TP}{TP + FN}

    0 where no sample is true. The arguments are those of :class:`Precision`.

    Args:
        thresholds: a number, by default 0.5, or several, for one result each.
        class_id: count only this output.
        average: ``"micro"``, ``"macro"`` or ``"weighted"``: of the classes' recalls.
        name: its key in logs.

    >>> Recall()([0, 1, 1, 1], [0.9, 0.8, 0.3, 0.7]).__round__(3)
    0.667
    """

    def ratio(self, tp: Float64, fp: Float64, fn: Float64) -> Float64:
        return over(tp, tp + fn)


@registry.register("fbeta_score")
class FBetaScore(CountMetric):
    r"""The harmonic mean of precision and recall, recall counting β² times.

    .. math:: F_\beta = \frac{(1 + \beta^2) TP}{(1 + \beta^2) TP + FP + \beta^2 FN}

    0 where a class is neither true nor said anywhere.

    Args:
        average: ``"macro"``, ``"micro"``, ``"weighted"``, or None for an array
            with one score per class (the default of Keras).
        beta: β > 0.
        threshold: an output says yes where ``p > threshold``. Without it the
            largest of several outputs says yes, and one output does above 0.5.
        name: its key in logs.

    >>> FBetaScore(beta=2.0)([0, 1, 1, 1], [0.9, 0.8, 0.3, 0.3]).__round__(4)
    0.3571
    """

    default_name = "fbeta_score"

    def __init__(
        self,
        average: str | None = "macro",
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = None,
    ) -> None:
        self.threshold = None if threshold is None else checks.real("threshold", threshold)
        super().__init__(None if self.threshold is None else (self.threshold,), average, name)
        self.beta = checks.real("beta", beta, 1e-6)

    def ratio(self, tp: Float64, fp: Float64, fn: Float64) -> Float64:
        b2 = self.beta**2
        return over((1.0 + b2) * tp, (1.0 + b2) * tp + fp + b2 * fn)

    def result(self, state: Float64) -> Any:
        scores = self._averaged(state)[0]
        return scores if self.average is None else float(scores)


@registry.register("f1_score", "f1")
class F1Score(FBetaScore):
    r"""The harmonic mean of precision and recall: :class:`FBetaScore` with β = 1.

    .. math:: F_1 = \frac{2 TP}{2 TP + FP + FN}

    Args:
        average: ``"macro"``, ``"micro"``, ``"weighted"``, or None for an array
            with one score per class (the default of Keras).
        threshold: an output says yes where ``p > threshold``. Without it the
            largest of several outputs says yes, and one output does above 0.5.
        name: its key in logs.

    >>> F1Score()([0, 1, 1, 1], [0.9, 0.8, 0.3, 0.3])
    0.4
    """

    default_name = "f1_score"

    def __init__(
        self,
        average: str | None = "macro",
        threshold: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name)


def over(a: Float64, b: Float64) -> Float64:
    """``a / b``, and 0 where b is 0."""
    return np.asarray(np.divide(a, b, out=np.zeros_like(a), where=b != 0.0))


def _levels(thresholds: Any) -> tuple[float, ...]:
    if not isinstance(thresholds, (list, tuple)):
        return (checks.real("thresholds", thresholds),)
    if not thresholds:
        raise ArgumentError("thresholds must be a number or several, got an empty list.")
    return tuple(checks.real(f"thresholds[{i}]", value) for i, value in enumerate(thresholds))
