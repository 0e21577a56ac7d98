"""What every metric is: a running state, how a batch changes it, and its result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.part import Part, Registry

State = Any  # what a metric has counted so far: a number, an array or a tuple of them


class Metric(Part):
    """A measure over many batches.

    State is a value: ``start`` makes it, ``update`` returns the next one. To
    write one of your own, derive from this class and define all three methods.

    Labels come as the model's targets do: class indices ``(n,)`` or rows of
    the output's shape ``(n, k)``; predictions always as ``(n, k)``.

    Args:
        name: its key in ``History`` and logs; by default the class's own.
    """

    default_name = ""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or self.default_name or snake(type(self).__name__)

    def start(self) -> State:
        """The state before the first batch."""
        raise NotImplementedError(f"{type(self).__name__} must define start().")

    def update(
        self,
        state: State,
        y: NDArray[Any],
        p: NDArray[Any],
        sample_weight: NDArray[Any] | None = None,
    ) -> State:
        """The state after one more batch of labels and predictions."""
        raise NotImplementedError(f"{type(self).__name__} must define update.")

    def update_each(
        self,
        groups: int,
        y: NDArray[Any],
        p: NDArray[Any],
        sample_weight: NDArray[Any] | None = None,
    ) -> list[State]:
        """The states after each of so many groups of as many rows, each from the start.

        Whoever can do so faster may define it, to the same bits.
        """
        rows = len(p) // groups
        spans = [slice(begin, begin + rows) for begin in range(0, groups * rows, rows)]
        weights = [None if sample_weight is None else sample_weight[span] for span in spans]
        return [
            self.update(self.start(), y[span], p[span], weight)
            for span, weight in zip(spans, weights, strict=True)
        ]

    def result(self, state: State) -> Any:
        """The measure over all that was seen: a float (an array for a matrix)."""
        raise NotImplementedError(f"{type(self).__name__} must define result(state).")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The measure of one set of labels and predictions."""
        weight = None if sample_weight is None else np.asarray(sample_weight)
        state = self.update(self.start(), np.asarray(y_true), np.asarray(y_pred), weight)
        return self.result(state)


registry: Registry[Metric] = Registry("metric", lambda: Metric)


def snake(name: str) -> str:
    """``"MeanSquaredError"`` as ``"mean_squared_error"``."""
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))
