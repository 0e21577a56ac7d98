"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.errors import ShapeError
from neurona.metrics.alignment import check_predictions, class_indices, entry_weights, yes_or_no
from neurona.metrics.metric import Metric, registry

Array = NDArray[Any]


@registry.register("confusion_matrix")
class ConfusionMatrix(Metric):
    """How often each class was taken for each: rows are true, columns predicted.

    The largest of several outputs is the predicted class; one output predicts
    class 1 above 0.5. Counts are whole numbers, or sums of sample weights where
    there are any.

    >>> ConfusionMatrix()([0, 1, 1], [[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    array([[1, 0],
           [1, 1]])
    """

    def start(self) -> Array:
        return np.zeros((0, 0), np.int64)

    def update(self, state: Array, y: Array, p: Array, sample_weight: Array | None = None) -> Array:
        true, said, k = self._classes(y, p)
        w = entry_weights(self.name, sample_weight, true.shape)
        pairs = true.reshape(-1) * k + said.reshape(-1)
        counts = np.bincount(pairs, weights=w, minlength=k * k).reshape(k, k)
        if not state.size:
            return counts
        if state.shape != counts.shape:
            raise ShapeError(f"{self.name}: had {len(state)} classes before, now {k} outputs.")
        return state + counts

    def result(self, state: Array) -> Array:
        return state

    def _classes(self, y: Array, p: Array) -> tuple[Array, Array, int]:
        if p.ndim > 1 and p.shape[-1] > 1:
            true, p = class_indices(self.name, y, p)
            check_predictions(self.name, p)
            return true, p.argmax(axis=-1), p.shape[-1]
        yes, p = yes_or_no(self.name, y, p)
        check_predictions(self.name, p)
        return yes[..., 0].astype(np.int64), (p[..., 0] > 0.5).astype(np.int64), 2
