"""Cross-entropies as metrics."""

from __future__ import annotations

from neurona import losses
from neurona.metrics.mean import MeanLoss
from neurona.metrics.metric import Metric, registry


@registry.register("binary_crossentropy", "bce")
class BinaryCrossentropy(MeanLoss):
    """The mean of :class:`neurona.losses.BinaryCrossentropy`.

    Args:
        name: its key in logs.
        from_logits: predictions are scores rather than probabilities.
        label_smoothing: s in [0, 1]: labels become ``y (1 − s) + s/2``.

    >>> BinaryCrossentropy()([1.0, 0.0], [0.8, 0.2]).__round__(4)
    0.2231
    """

    def __init__(
        self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0
    ) -> None:
        self.loss = losses.BinaryCrossentropy(from_logits, label_smoothing)
        self.from_logits, self.label_smoothing = bool(from_logits), float(label_smoothing)
        Metric.__init__(self, name)


@registry.register("categorical_crossentropy", "cce")
class CategoricalCrossentropy(MeanLoss):
    """The mean of :class:`neurona.losses.CategoricalCrossentropy`.

    Args:
        name: its key in logs.
        from_logits: predictions are scores rather than probabilities.
        label_smoothing: s in [0, 1]: labels become ``y (1 − s) + s/k``.

    >>> CategoricalCrossentropy()([[1, 0], [0, 1]], [[0.8, 0.2], [0.2, 0.8]]).__round__(4)
    0.2231
    """

    def __init__(
        self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0
    ) -> None:
        self.loss = losses.CategoricalCrossentropy(from_logits, label_smoothing)
        self.from_logits, self.label_smoothing = bool(from_logits), float(label_smoothing)
        Metric.__init__(self, name)


@registry.register("sparse_categorical_crossentropy", "scce")
class SparseCategoricalCrossentropy(MeanLoss):
    """The mean of :class:`neurona.losses.SparseCategoricalCrossentropy`.

    Args:
        name: its key in logs.
        from_logits: predictions are scores rather than probabilities.

    >>> SparseCategoricalCrossentropy()([0, 1], [[0.8, 0.2], [0.2, 0.8]]).__round__(4)
    0.2231
    """

    def __init__(self, name: str | None = None, from_logits: bool = False) -> None:
        self.loss = losses.SparseCategoricalCrossentropy(from_logits)
        self.from_logits = bool(from_logits)
        Metric.__init__(self, name)
