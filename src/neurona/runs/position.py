"""Where training stands between two steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurona.metrics.metric import Metric
from neurona.network import State
from neurona.tally import EpochTally


@dataclass
class Position:
    """A place from which training can go on.

    With the weights, the optimizer's slots and the counters of steps and epochs it
    is all that training needs: the order of an epoch's rows and everything random
    in a step depend on the seed and those counters alone.

    Attributes:
        epoch: the epoch in progress, or the next one, counted from 0.
        step: steps done in it.
        rows: samples seen in it.
        tally: its measures so far.
        origin: the state before its first step, where training may go back to that.
    """

    epoch: int
    tally: EpochTally
    step: int = 0
    rows: int = 0
    origin: State | None = None

    @classmethod
    def before(cls, epoch: int, metrics: Mapping[str, Metric]) -> Position:
        """The place before an epoch's first step."""
        return cls(epoch, EpochTally(metrics))
