"""Rows in an order, cut into batches: what an engine trains on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Batches:
    """Samples, the order to visit them in, and how many make a step.

    Nothing is copied: each batch is gathered from ``x`` when its step comes.

    Attributes:
        x: (n, *input_shape), of any numeric dtype; may be memory-mapped.
        y: (n, …) targets, or None where there are none.
        sample_weight: (n,) or None.
        order: row numbers; None for 0 … n − 1.
    """

    x: Array
    y: Array | None
    sample_weight: Array | None
    batch_size: int
    order: NDArray[np.int64] | None = None

    @property
    def rows(self) -> int:
        """Rows visited in all steps together."""
        return len(self.x) if self.order is None else len(self.order)

    @property
    def steps(self) -> int:
        """Number of batches; the last may be smaller."""
        return -(-self.rows // self.batch_size)

    def span(self, first: int, last: int) -> slice:
        """The places in the order that steps ``first`` to ``last − 1`` visit."""
        return slice(first * self.batch_size, min(last * self.batch_size, self.rows))

    def take(self, first: int, last: int) -> tuple[Array, Array | None, Array | None]:
        """x, y and weights of steps ``first`` to ``last − 1``."""
        rows = self.span(first, last)
        return tuple(  # type: ignore[return-value]
            None if a is None else a[rows] if self.order is None else a.take(self.order[rows], 0)
            for a in (self.x, self.y, self.sample_weight)
        )
