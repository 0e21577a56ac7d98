"""Measures summed up over batches: the loss and the metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.blas import OneBlasThread
from neurona.data.batches import Batches
from neurona.engines.engine import Engine, Steps
from neurona.metrics.accuracy import counts_right
from neurona.metrics.metric import Metric

Array = NDArray[Any]
Rows = tuple[Array, Array, Array | None]  # labels, predictions and weights of some rows

GROUP_ROWS = 4096  # rows that the metrics of a training epoch are shown at a time
GROUP_NUMBERS = 2**20  # and no more predictions' entries than this


def measured_steps(
    engine: Engine, batches: Batches, first: int, last: int, metrics: Mapping[str, Metric]
) -> Steps:
    """Steps that report what the metrics need to know of them, and no more."""
    right = (
        bool(metrics) and all(map(counts_right, metrics.values())) and engine.counts_right(batches)
    )
    return Steps(engine, batches, first, last, bool(metrics) and not right, right)


class Tally:
    """Measures summed up over batches: the loss and the metrics.

    The loss is exact over all the rows, however they are cut into batches.
    """

    nothing = 0.0  # the loss where all weights are 0

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = metrics
        self.states = {name: metric.start() for name, metric in metrics.items()}
        self.loss = self.count = 0.0

    def add_loss(self, total: float, count: float) -> None:
        """Count ``total``, a sum of losses over ``count`` samples (or their weights)."""
        self.loss, self.count = self.loss + total, self.count + count

    def add_outputs(self, y: Array, p: Array, sample_weight: Array | None) -> None:
        """Let the metrics see a batch of labels and predictions."""
        self.states = self._seen((y, p, sample_weight))

    def _seen(self, rows: Rows) -> dict[str, Any]:
        """The metrics' states after some more rows."""
        with OneBlasThread():
            return {name: m.update(self.states[name], *rows) for name, m in self.metrics.items()}

    def results(self) -> dict[str, Any]:
        """``{"loss": …, metric: …}``."""
        return self._measured(self.states)

    def _measured(self, states: Mapping[str, Any]) -> dict[str, Any]:
        measured = {name: m.result(states[name]) for name, m in self.metrics.items()}
        return {"loss": self.loss / self.count if self.count else self.nothing, **measured}


class EpochTally(Tally):
    """A training epoch's measures: the same bits however its steps were cut into chunks.

    A sum's last bit depends on the order of its additions. So losses are added
    step by step, and the metrics see rows in groups of a fixed number; rows of
    a group that is not yet whole wait.
    """

    nothing = math.nan  # the loss of an epoch none of whose steps was taken

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        super().__init__(metrics)
        self._waiting: list[Rows] = []
        self._rows = 0  # that wait

    def add_losses(self, losses: Array, rows: int) -> None:
        """Count the losses of steps, each times its batch's size, over ``rows`` in all."""
        # One after the other, as if they came one at a time: accumulate adds in this order.
        self.loss = float(np.add.accumulate(np.append(self.loss, losses))[-1])
        self.count += rows

    def add_right(self, right: Array, rows: int) -> None:
        """Count how many of so many rows were right, for metrics that are the share of these.

        Whole numbers: their sums are exact in any order.
        """
        count = float(right.sum())
        self.states = {name: (s + count, n + rows) for name, (s, n) in self.states.items()}

    def add_outputs(self, y: Array, p: Array, sample_weight: Array | None) -> None:
        """Let the metrics see the labels and predictions of some steps."""
        group, begin = _group(p), 0
        while begin < len(p):
            rows = slice(begin, begin + group - self._rows)
            part = (y[rows], p[rows], None if sample_weight is None else sample_weight[rows])
            self._waiting.append(part)
            self._rows += len(part[1])
            begin += len(part[1])
            if self._rows == group:
                self.close_group()

    def close_group(self) -> None:
        """Let the metrics see the rows that wait: no more come that belong to them."""
        if self._waiting:
            self.states = self._seen(self._together())
        self._waiting, self._rows = [], 0

    def results(self) -> dict[str, Any]:
        """``{"loss": …, metric: …}``, over the waiting rows, too."""
        return self._measured(self._seen(self._together()) if self._waiting else self.states)

    def _together(self) -> Rows:
        if len(self._waiting) > 1:
            y, p, weight = zip(*self._waiting, strict=True)
            joined = None if weight[0] is None else np.concatenate(weight)
            self._waiting = [(np.concatenate(y), np.concatenate(p), joined)]
        return self._waiting[0]

    def get_state(self) -> dict[str, Any]:
        """All that was counted, as numbers, arrays and tuples of them."""
        waiting = self._together() if self._waiting else None
        return {"loss": self.loss, "count": self.count, "states": self.states, "waiting": waiting}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`get_state` returned."""
        self.loss, self.count = state["loss"], state["count"]
        self.states = {
            name: _like(metric.start(), state["states"][name])
            for name, metric in self.metrics.items()
        }
        waiting = state["waiting"]
        self._waiting = [] if waiting is None else [waiting]
        self._rows = 0 if waiting is None else len(waiting[1])


def whole_epochs(
    metrics: Mapping[str, Metric], count: int, y: Array, p: Array, sample_weight: Array | None
) -> list[EpochTally]:
    """Tallies of epochs of equally many rows, which lie one after the other."""
    rows = len(p) // max(1, count)
    tallies = [EpochTally(metrics) for _ in range(count)]
    if not count or not metrics:
        return tallies
    if rows <= _group(p):  # each epoch's rows are one group
        with OneBlasThread():
            each = {name: m.update_each(count, y, p, sample_weight) for name, m in metrics.items()}
        for number, tally in enumerate(tallies):
            tally.states = {name: states[number] for name, states in each.items()}
        return tallies
    for number, tally in enumerate(tallies):
        span = slice(number * rows, (number + 1) * rows)
        tally.add_outputs(y[span], p[span], None if sample_weight is None else sample_weight[span])
        tally.close_group()
    return tallies


def _group(p: Array) -> int:
    """How many rows the metrics are shown at a time."""
    return max(1, min(GROUP_ROWS, GROUP_NUMBERS * len(p) // max(1, p.size)))


def _like(start: Any, state: Any) -> Any:
    """A tuple as the named tuple that the metric began with."""
    return type(start)._make(state) if hasattr(start, "_make") else state
