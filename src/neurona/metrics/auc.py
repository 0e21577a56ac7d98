"""The area under the ROC or the precision–recall curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import DataError
from neurona.metrics.alignment import check_predictions, columns, entry_weights, yes_or_no
from neurona.metrics.counting import over
from neurona.metrics.metric import Metric, registry

Array = NDArray[Any]
Float64 = NDArray[np.float64]


@registry.register("auc")
class AUC(Metric):
    r"""The area under a curve of yes-or-no predictions at every threshold.

    The ROC curve's area is the chance that a true sample is ranked above a
    false one, ties counting one half. 0 where the labels are all alike.

    Args:
        num_thresholds: predictions are counted between that many evenly spaced
            thresholds in [0, 1], in constant memory. None is exact: every
            prediction is kept, and any score will do in place of a probability.
        curve: ``"ROC"``: recall against the false positive rate, by trapezoids.
            ``"PR"``: precision against recall; between thresholds interpolated
            as Davis & Goadrich do, and in exact mode the average precision
            :math:`\sum_t P_t (R_t - R_{t-1})`.
        multi_label: average the areas of the outputs. Otherwise all outputs'
            yes-or-no predictions are ranked together.
        from_logits: predictions are scores, to be passed through the sigmoid.
        name: its key in logs.

    Labels are 0 and 1 of the predictions' shape, or class indices ``(n,)``,
    which count as one-hot rows.

    Source: Fawcett 2006, Pattern Recognition Letters 27; Davis & Goadrich 2006, ICML.

    >>> AUC(num_thresholds=None)([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """

    default_name = "auc"

    def __init__(
        self,
        num_thresholds: int | None = 200,
        curve: str = "ROC",
        multi_label: bool = False,
        from_logits: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.num_thresholds = num_thresholds
        if num_thresholds is not None:
            checks.integer("num_thresholds", num_thresholds, 2)
        self.curve = checks.choice("curve", curve, "ROC", "PR")
        self.multi_label = bool(multi_label)
        self.from_logits = bool(from_logits)

    def start(self) -> Any:
        """Nothing kept yet; or weights (label, output, bucket) of predictions."""
        return None if self.num_thresholds is None else np.zeros((2, 1, self.num_thresholds))

    def update(self, state: Any, y: Array, p: Array, sample_weight: Array | None = None) -> Any:
        p = columns(self.name, p)
        check_predictions(self.name, p)
        truth, p = yes_or_no(self.name, y, p)
        w = entry_weights(self.name, sample_weight, truth.shape)
        weight = np.ones(truth.size) if w is None else w
        outputs = truth.shape[-1] if self.multi_label else 1
        truth, p = truth.reshape(-1, outputs), p.reshape(-1, outputs)
        weight = weight.reshape(truth.shape)
        if self.num_thresholds is None:
            return (state, (truth, p, weight))  # a chain: adding a batch copies nothing
        return state + self._buckets(truth, self._probabilities(p), weight)

    def result(self, state: Any) -> float:
        if self.num_thresholds is None:
            return float(np.mean(self._exact(state)))
        # What lies in bucket b is above thresholds 0 … b: count from the right.
        fp, tp = np.flip(np.cumsum(np.flip(state, -1), -1), -1)
        areas = roc_area(tp, fp) if self.curve == "ROC" else pr_area(tp, fp)
        return float(areas.mean())

    def _probabilities(self, p: Array) -> Float64:
        p = p.astype(np.float64)
        if self.from_logits:
            return 0.5 * (1.0 + np.tanh(0.5 * p))  # the sigmoid, without overflow
        bad = (p < 0.0) | (p > 1.0)
        if bad.any():
            row = int(np.argwhere(bad)[0][0])
            raise DataError(
                f"{self.name}: the prediction {p[bad][0]:g} in row {row} is not in [0, 1]. For "
                f"scores use AUC(from_logits=True) or AUC(num_thresholds=None)."
            )
        return p

    def _buckets(self, truth: Array, p: Float64, weight: Float64) -> Float64:
        n = self.num_thresholds or 0
        thresholds = np.arange(n) / (n - 1)
        thresholds[0], thresholds[-1] = -1e-7, 1.0 + 1e-7  # all above, none above
        bucket = np.searchsorted(thresholds, p) - 1  # the last threshold that is below p
        outputs = truth.shape[-1]
        place = (truth * outputs + np.arange(outputs)) * n + bucket
        counts = np.bincount(place.reshape(-1), weight.reshape(-1), minlength=2 * outputs * n)
        return np.asarray(counts.reshape(2, outputs, n))

    def _exact(self, chain: Any) -> list[float]:
        batches = []
        while chain is not None:
            chain, batch = chain
            batches.append(batch)
        if not batches:
            return [0.0]
        truth, p, weight = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        measure = _exact_roc if self.curve == "ROC" else _average_precision
        return [measure(truth[:, j], p[:, j], weight[:, j]) for j in range(truth.shape[1])]


def roc_area(tp: Float64, fp: Float64) -> Float64:
    """Trapezoids under recall against the false positive rate.

    Args:
        tp, fp: (…, thresholds), falling along the last axis to 0.
    """
    recall, fall_out = over(tp, tp[..., :1]), over(fp, fp[..., :1])
    heights = (recall[..., :-1] + recall[..., 1:]) / 2.0
    return np.asarray(((fall_out[..., :-1] - fall_out[..., 1:]) * heights).sum(axis=-1))


def pr_area(tp: Float64, fp: Float64) -> Float64:
    r"""The area under precision against recall, by Davis & Goadrich's interpolation.

    Between two thresholds with ``A`` and ``B`` true positives among ``a > b``
    yeses, true positives grow linearly with yeses, ``t(q) = B + s (q − b)``, so

    .. math:: \frac{1}{P} \int \frac{t}{q}\, dt
              = \frac{s}{P} \left[ (A - B) + (B - s b) \ln\frac{a}{b} \right].
    """
    yes = tp + fp
    gained = tp[..., :-1] - tp[..., 1:]
    slope = over(gained, yes[..., :-1] - yes[..., 1:])
    offset = tp[..., 1:] - slope * yes[..., 1:]
    both = (yes[..., :-1] > 0.0) & (yes[..., 1:] > 0.0)
    ratio = np.where(both, over(yes[..., :-1], yes[..., 1:]), 1.0)
    area = (slope * (gained + offset * np.log(ratio))).sum(axis=-1)
    return over(area, tp[..., 0])


def ranked(truth: Array, p: Array, weight: Float64) -> tuple[Float64, Float64]:
    """True and false positives when yes is said down to each distinct score."""
    order = np.argsort(-p, kind="stable")
    p, truth, weight = p[order], truth[order], weight[order]
    last = np.append(np.flatnonzero(np.diff(p)), len(p) - 1)  # the last of each run of ties
    tp = np.cumsum(weight * truth)[last]
    fp = np.cumsum(weight * ~truth)[last]
    return tp, fp


def _exact_roc(truth: Array, p: Array, weight: Float64) -> float:
    tp, fp = ranked(truth, p, weight)
    zero = np.zeros(1)
    return float(roc_area(np.append(zero, tp)[::-1], np.append(zero, fp)[::-1]))


def _average_precision(truth: Array, p: Array, weight: Float64) -> float:
    tp, fp = ranked(truth, p, weight)
    gained = np.diff(tp, prepend=0.0)
    return float(over((gained * over(tp, tp + fp)).sum(), tp[-1]))
