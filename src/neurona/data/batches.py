"""Rows in an order, cut into batches: what an engine trains on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Batches:
    """Samples, the order to visit them in, and how many make a step.

    Nothing is copied: each batch is gathered from ``x`` when its step comes. The order
    may hold several epochs, one after the other; the last batch of each may be smaller.

    Attributes:
        x: (n, *input_shape), of any numeric dtype; may be memory-mapped.
        y: (n, …) targets, or None where there are none.
        sample_weight: (n,) or None.
        order: row numbers; None for 0 … n − 1.
        epoch_rows: how many of them are an epoch; None for all.

    >>> x = np.zeros((5, 1))
    >>> two = Batches(x, None, None, 2, np.array([0, 1, 2, 3, 4, 4, 3, 2, 1, 0]), epoch_rows=5)
    >>> two.steps, two.span(1, 4)
    (6, slice(2, 7, None))
    """

    x: Array
    y: Array | None
    sample_weight: Array | None
    batch_size: int
    order: NDArray[np.int64] | None = None
    epoch_rows: int | None = None

    @cached_property
    def rows(self) -> int:
        """Rows visited in all steps together."""
        return len(self.x) if self.order is None else len(self.order)

    @cached_property
    def rows_per_epoch(self) -> int:
        """Rows visited in each epoch."""
        return self.rows if self.epoch_rows is None else self.epoch_rows

    @cached_property
    def steps_per_epoch(self) -> int:
        """Number of batches of an epoch."""
        return -(-self.rows_per_epoch // self.batch_size)

    @cached_property
    def steps(self) -> int:
        """Number of batches in all."""
        return self.rows // max(1, self.rows_per_epoch) * self.steps_per_epoch

    def span(self, first: int, last: int) -> slice:
        """The places in the order that steps ``first`` to ``last − 1`` visit."""
        return slice(self._begin(first), self._begin(last))

    def _begin(self, step: int) -> int:
        epoch, step = divmod(step, self.steps_per_epoch)
        return epoch * self.rows_per_epoch + step * self.batch_size

    def labels(self, first: int, last: int) -> tuple[Array, Array | None]:
        """y and weights of steps ``first`` to ``last − 1``."""
        assert self.y is not None
        y, weight = self._visited(self.span(first, last), self.y, self.sample_weight)
        assert y is not None
        return y, weight

    def take(self, first: int, last: int) -> tuple[Array, Array | None, Array | None]:
        """x, y and weights of steps ``first`` to ``last − 1``."""
        span = self.span(first, last)
        return tuple(self._visited(span, self.x, self.y, self.sample_weight))  # type: ignore[return-value]

    def _visited(self, span: slice, *arrays: Array | None) -> Iterator[Array | None]:
        rows = None if self.order is None else self.order[span]
        return (a if a is None else a[span] if rows is None else a.take(rows, 0) for a in arrays)
