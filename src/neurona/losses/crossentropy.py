"""Cross-entropies: minus the log-probability that the network gives to the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona import activations, checks
from neurona.losses.elementwise import Elementwise
from neurona.losses.loss import EPSILON, Array, Loss, registry


def clipped(p: Array, xp: Any) -> Array:
    """Probabilities within [ε, 1 − ε]."""
    return xp.minimum(xp.maximum(p, EPSILON), 1 - EPSILON)


@registry.register("bce", "binary_crossentropy")
class BinaryCrossentropy(Elementwise):
    r"""The cross-entropy of yes/no labels: one output, or several (multi-label).

    .. math:: \ell = -\frac{1}{k}\sum_i y_i \log p_i + (1 - y_i) \log(1 - p_i), \qquad
              \frac{\partial \ell}{\partial p_i} = \frac{1}{k} \frac{p_i - y_i}{p_i (1 - p_i)}

    with p within [1e-7, 1 − 1e-7] (gradient 0 outside). On logits z, p = σ(z):
    :math:`\ell = \frac1k \sum_i \log(1 + e^{z_i}) - y_i z_i` with the gradient
    :math:`(\sigma(z_i) - y_i)/k`, exact however large z is.

    Args:
        from_logits: the predictions are z rather than probabilities.
        label_smoothing: s in [0, 1]: labels become y(1 − s) + s/2.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Cox 1958, "The regression analysis of binary sequences"; smoothing:
    Szegedy et al. 2016, CVPR.

    >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.8], [0.8]]), 4)
    0.9163
    """

    takes = "probabilities"

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.real("label_smoothing", label_smoothing, 0.0, 1.0)

    def smooth(self, y: Array) -> Array:
        """The labels, smoothed."""
        s = self.label_smoothing
        return y * (1 - s) + s / 2 if s else y

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        y = self.smooth(y)
        if self.from_logits:
            return activations.softplus.forward(p, xp) - y * p
        c = clipped(p, xp)
        return -(y * xp.log(c) + (1 - y) * xp.log1p(-c))

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        y = self.smooth(y)
        if self.from_logits:
            return activations.sigmoid.forward(p, xp) - y
        c = clipped(p, xp)
        return (c == p) * (c - y) / (c * (1 - c))

    def logit_gradient(self, y: Array, q: Array, xp: Any = np) -> Array:
        """``∂ values / ∂z`` at the probabilities ``q = σ(z)``."""
        return (q - self.smooth(self.targets(y, q, xp))) / q.shape[-1]


@registry.register("categorical_crossentropy", "cce")
class CategoricalCrossentropy(Loss):
    r"""The cross-entropy of k classes.

    .. math:: \ell = -\sum_i y_i \log q_i, \qquad q_i = p_i / \textstyle\sum_j p_j

    .. math:: \frac{\partial \ell}{\partial p_j} =
              \frac{1}{\sum_i p_i} \Bigl(\sum_i y_i - \frac{y_j}{q_j}\Bigr)

    with q within [1e-7, 1 − 1e-7] (a clipped term's gradient is 0). On logits z,
    q = softmax(z), with the gradient :math:`q_j \sum_i y_i - y_j`.

    Args:
        from_logits: the predictions are z rather than probabilities.
        label_smoothing: s in [0, 1]: labels become y(1 − s) + s/k.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Labels are one-hot rows (n, k), or class indices (n,).

    Source: Bridle 1990, "Probabilistic interpretation of feedforward
    classification network outputs"; smoothing: Szegedy et al. 2016, CVPR.

    >>> loss = CategoricalCrossentropy()
    >>> round(loss([[1, 0]], [[0.8, 0.2]]), 3), round(loss([1], [[0.8, 0.2]]), 3)
    (0.223, 1.609)
    """

    takes = "distribution"

    classes = True

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checks.real("label_smoothing", label_smoothing, 0.0, 1.0)

    def smooth(self, y: Array, p: Array, xp: Any = np) -> Array:
        """The labels as rows, smoothed."""
        y, s = self.targets(y, p, xp), self.label_smoothing
        return y * (1 - s) + s / p.shape[-1] if s else y

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self.smooth(y, p, xp)
        if self.from_logits:
            log_q = activations.log_softmax.forward(p, xp)
        else:
            log_q = xp.log(clipped(p / row_sums(p, xp), xp))
        return -(y * log_q).sum(axis=-1)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        if self.from_logits:
            return self.logit_gradient(y, activations.softmax.forward(p, xp), xp)
        y, total = self.smooth(y, p, xp), row_sums(p, xp)
        q = p / total
        c = clipped(q, xp)
        return normalised_gradient(-y / c * (c == q), q, total)

    def logit_gradient(self, y: Array, q: Array, xp: Any = np) -> Array:
        """``∂ values / ∂z`` at the probabilities ``q = softmax(z)``."""
        y = self.smooth(y, q, xp)
        return q * y.sum(axis=-1, keepdims=True) - y


def row_sums(p: Array, xp: Any) -> Array:
    """Each row's sum (n, 1); 1 for rows of zeros, which cannot be normalised."""
    total = p.sum(axis=-1, keepdims=True)
    return xp.where(total == 0, 1, total)


def normalised_gradient(dq: Array, q: Array, total: Array) -> Array:
    """``∂/∂p`` from ``∂/∂q``, where ``q = p / total`` are a row's shares."""
    return (dq - (dq * q).sum(axis=-1, keepdims=True)) / total


@registry.register("sparse_categorical_crossentropy", "scce")
class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    r"""The cross-entropy :math:`-\log q_c` of the true class c, given as an index.

    Args:
        from_logits: the predictions are logits rather than probabilities.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Gradient and source: see :class:`CategoricalCrossentropy`.

    >>> round(SparseCategoricalCrossentropy()([1, 0], [[0.2, 0.8], [0.8, 0.2]]), 3)
    0.223
    """

    def __init__(self, from_logits: bool = False, reduction: str = "mean") -> None:
        super().__init__(from_logits, reduction=reduction)
