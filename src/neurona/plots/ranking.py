"""ROC and precision–recall curves, exact: a point for every score that occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.errors import DataError
from neurona.metrics.alignment import entry_weights
from neurona.metrics.auc import ranked, roc_area
from neurona.plots.canvas import canvas
from neurona.plots.outcomes import one_class_scores
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Recall against the false positive rate, as the threshold falls.

    Attributes:
        thresholds: (points,) falling; rows with a score of at least that are called
            positive. The first is infinite: none is.
        false_positive_rate, recall: (points,) rising from 0 to 1.
        area: under the curve; the chance that a positive row has a higher score than a
            negative one, ties counting one half.
    """

    thresholds: Float64
    false_positive_rate: Float64
    recall: Float64
    area: float

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the curve, and the diagonal that guessing gives."""
        with canvas(ax, theme) as area:
            panel = area.one((3.9, 3.7))
            panel.plot([0, 1], [0, 1], "--", color=area.theme.quiet, label="guessing")
            panel.plot(
                self.false_positive_rate,
                self.recall,
                color=area.theme.colour(0),
                label=f"area {self.area:.3f}",
            )
            panel.set(xlabel="false positive rate", ylabel="recall (true positive rate)")
            panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title="ROC curve", aspect="equal")
            area.names(panel, "lower right")
            return panel


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """Precision against recall, as the threshold falls.

    Attributes:
        thresholds: (points,) falling; rows with a score of at least that are called
            positive.
        recall: (points,) rising to 1.
        precision: (points,) which share of those called positive is.
        average_precision: Σ P_t (R_t − R_{t−1}).
        positives: the share of positive rows: the precision of guessing.
    """

    thresholds: Float64
    recall: Float64
    precision: Float64
    average_precision: float
    positives: float

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the curve as steps, and the line that guessing gives."""
        with canvas(ax, theme) as area:
            panel = area.one((3.9, 3.7))
            panel.axhline(self.positives, linestyle="--", color=area.theme.quiet, label="guessing")
            panel.step(
                np.append(0.0, self.recall),
                np.append(self.precision[0], self.precision),
                where="pre",
                color=area.theme.colour(0),
                label=f"average precision {self.average_precision:.3f}",
            )
            panel.set(xlabel="recall", ylabel="precision", title="precision and recall")
            panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
            area.names(panel, "lower left")
            return panel


def roc_curve_data(y: Any, p: Any, sample_weight: Any = None) -> RocCurve:
    """The points of a ROC curve, one for every distinct score.

    Args:
        y: (n,) 0 and 1 (or −1 and 1).
        p: (n,) or (n, 1) any score that grows with the belief in class 1; or two columns,
            of which the second is taken.
        sample_weight: (n,) or None.

    Raises:
        DataError: y holds one class alone, or something else than two.
        ShapeError, NonFiniteError: something does not fit.

    Source: Fawcett 2006, "An introduction to ROC analysis".

    >>> curve = roc_curve_data([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.false_positive_rate.tolist(), curve.recall.tolist(), curve.area
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0], 0.75)
    """
    scores, tp, fp = _counts("roc_curve", y, p, sample_weight)
    tp, fp = np.append(0.0, tp), np.append(0.0, fp)
    area = float(roc_area(tp[::-1], fp[::-1]))
    return RocCurve(np.append(np.inf, scores), fp / fp[-1], tp / tp[-1], area)


def roc_curve(
    y: Any,
    p: Any,
    sample_weight: Any = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw recall against the false positive rate, for every threshold.

    Args:
        y, p, sample_weight: as in :func:`roc_curve_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> ax = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> ax.get_legend().get_texts()[1].get_text()
    'area 0.750'
    """
    return roc_curve_data(y, p, sample_weight).plot(ax, theme=theme)


def precision_recall_curve_data(y: Any, p: Any, sample_weight: Any = None) -> PrecisionRecall:
    """The points of a precision–recall curve, one for every distinct score.

    Args:
        y, p, sample_weight: as in :func:`roc_curve_data`.

    Raises:
        DataError, ShapeError, NonFiniteError: as :func:`roc_curve_data`.

    >>> curve = precision_recall_curve_data([0, 1, 1], [0.2, 0.4, 0.9])
    >>> curve.recall.tolist(), curve.average_precision
    ([0.5, 1.0, 1.0], 1.0)
    """
    scores, tp, fp = _counts("precision_recall_curve", y, p, sample_weight)
    recall, precision = tp / tp[-1], tp / (tp + fp)
    average = float((np.diff(recall, prepend=0.0) * precision).sum())
    return PrecisionRecall(scores, recall, precision, average, float(tp[-1] / (tp[-1] + fp[-1])))


def precision_recall_curve(
    y: Any,
    p: Any,
    sample_weight: Any = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw precision against recall, for every threshold.

    Args:
        y, p, sample_weight: as in :func:`roc_curve_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> ax = precision_recall_curve([0, 1, 1], [0.2, 0.4, 0.9])
    >>> ax.get_legend().get_texts()[1].get_text()
    'average precision 1.000'
    """
    return precision_recall_curve_data(y, p, sample_weight).plot(ax, theme=theme)


def _counts(name: str, y: Any, p: Any, sample_weight: Any) -> tuple[Float64, Float64, Float64]:
    """Distinct scores, falling, and the true and false positives down to each."""
    truth, scores = one_class_scores(name, y, p)
    given = None if sample_weight is None else np.asarray(sample_weight)
    weights = entry_weights(name, given, truth.shape)
    if weights is None:
        weights = np.ones(len(truth))
    seen = weights > 0.0  # a row that counts nothing makes no point
    truth, scores, weights = truth[seen], scores[seen], weights[seen]
    if truth.all() or not truth.any():
        raise DataError(
            f"{name}: y holds one class alone{'' if seen.all() else ' where weights are above 0'}; "
            f"the curve compares two."
        )
    tp, fp = ranked(truth, scores, weights)
    return np.unique(scores)[::-1], tp, fp
