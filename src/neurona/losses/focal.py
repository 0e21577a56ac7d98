"""Focal losses: cross-entropy in which what is already right counts less."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona import activations, checks
from neurona.errors import ShapeError
from neurona.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    clipped,
    normalised_gradient,
    row_sums,
)
from neurona.losses.loss import EPSILON, Array, registry


def power_slope(base: Array, exponent: float, xp: Any) -> Array:
    """``d base^exponent / d base`` for a base in [0, 1]."""
    if not exponent:
        return xp.zeros_like(base)
    # For exponents below 1 it is infinite at 0, where it is cut off.
    return exponent * xp.maximum(base, EPSILON) ** (exponent - 1)


@registry.register("binary_focal_crossentropy")
class BinaryFocalCrossentropy(BinaryCrossentropy):
    r"""Binary cross-entropy times :math:`(1 - p_t)^\gamma`.

    .. math:: \ell = -\frac1k \sum_i w_i (1 - p_{t,i})^\gamma
              \bigl(y_i \log p_i + (1 - y_i) \log(1 - p_i)\bigr), \qquad
              p_t = y p + (1 - y)(1 - p)

    :math:`w = 1`, or with class balancing :math:`y \alpha + (1 - y)(1 - \alpha)`.
    With c the cross-entropy of one entry and f its factor, the derivative is
    :math:`w (f c' - \gamma (1 - p_t)^{\gamma - 1} (2y - 1)\, c)`.

    Args:
        apply_class_balancing: weigh the classes by α and 1 − α.
        alpha: α in [0, 1], the weight of class 1.
        gamma: γ, at least 0; 0 is cross-entropy, 1 to 5 are usual.
        from_logits, label_smoothing, reduction: as in :class:`BinaryCrossentropy`.

    Source: Lin, Goyal, Girshick, He & Dollár 2017, ICCV.

    >>> round(BinaryFocalCrossentropy()([[1.0], [0.0]], [[0.8], [0.8]]), 4)
    0.5195
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(from_logits, label_smoothing, reduction)
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha = checks.real("alpha", alpha, 0.0, 1.0)
        self.gamma = checks.real("gamma", gamma, 0.0)

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        missing, _ = self._missing(self.smooth(y), p, xp)
        return self._weight(y) * missing**self.gamma * super().point(y, p, xp)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        missing, dmissing = self._missing(self.smooth(y), p, xp)
        factor = missing**self.gamma
        dfactor = power_slope(missing, self.gamma, xp) * dmissing
        crossentropy, dcrossentropy = super().point(y, p, xp), super().slope(y, p, xp)
        return self._weight(y) * (factor * dcrossentropy + dfactor * crossentropy)

    def _missing(self, y: Array, p: Array, xp: Any) -> tuple[Array, Array]:
        """``1 − p_t``, the probability that is not where the label is, and its derivative."""
        if self.from_logits:
            q = activations.sigmoid.forward(p, xp)
            dq = q * (1 - q)
        else:
            q = clipped(p, xp)
            dq = q == p
        return y * (1 - q) + (1 - y) * q, (1 - 2 * y) * dq

    def _weight(self, y: Array) -> Array:
        if not self.apply_class_balancing:
            return 1
        y = self.smooth(y)
        return y * self.alpha + (1 - y) * (1 - self.alpha)


@registry.register("categorical_focal_crossentropy")
class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    r"""Categorical cross-entropy whose terms are scaled by :math:`\alpha_i (1 - q_i)^\gamma`.

    .. math:: \ell = -\sum_i y_i \alpha_i (1 - q_i)^\gamma \log q_i, \qquad
              q_i = p_i / \textstyle\sum_j p_j

    .. math:: \frac{\partial \ell}{\partial q_i} = -y_i \alpha_i \Bigl(
              \frac{(1 - q_i)^\gamma}{q_i} - \gamma (1 - q_i)^{\gamma - 1} \log q_i \Bigr)

    with q within [1e-7, 1 − 1e-7] (gradient 0 outside), and from q to p as in
    :class:`CategoricalCrossentropy`. Balanced cross-entropy is γ = 0 with one α
    per class, for instance :func:`neurona.utils.balanced_class_weight`'s.

    Args:
        alpha: α of all classes, or a tuple with one of each; at least 0.
        gamma: γ, at least 0; 0 is weighted cross-entropy, 1 to 5 are usual.
        from_logits, label_smoothing, reduction: as in :class:`CategoricalCrossentropy`.

    Labels are one-hot rows (n, k), or class indices (n,).

    Source: Lin, Goyal, Girshick, He & Dollár 2017, ICCV.

    >>> round(CategoricalFocalCrossentropy()([0], [[0.8, 0.2]]), 5)
    0.00223
    """

    def __init__(
        self,
        alpha: float | tuple[float, ...] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        super().__init__(from_logits, label_smoothing, reduction)
        self.alpha = _weights(alpha)
        self.gamma = checks.real("gamma", gamma, 0.0)

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self._weighted(y, p, xp)
        if self.from_logits:
            log_q = activations.log_softmax.forward(p, xp)
            missing = -xp.expm1(log_q)
        else:
            c = clipped(p / row_sums(p, xp), xp)
            log_q, missing = xp.log(c), 1 - c
        return -(y * missing**self.gamma * log_q).sum(axis=-1)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self._weighted(y, p, xp)
        if self.from_logits:
            log_q = activations.log_softmax.forward(p, xp)
            q, missing = xp.exp(log_q), -xp.expm1(log_q)
            slope = power_slope(missing, self.gamma, xp) * q * log_q
            dlog_q = -y * (missing**self.gamma - slope)
            return activations.log_softmax.backward(dlog_q, p, log_q, xp)
        total = row_sums(p, xp)
        q = p / total
        c = clipped(q, xp)
        slope = power_slope(1 - c, self.gamma, xp) * xp.log(c)
        dq = y * (slope - (1 - c) ** self.gamma / c) * (c == q)
        return normalised_gradient(dq, q, total)

    def _weighted(self, y: Array, p: Array, xp: Any) -> Array:
        """The labels as rows, times α."""
        y = self.smooth(y, p, xp)
        if isinstance(self.alpha, float):
            return self.alpha * y
        if len(self.alpha) != p.shape[-1]:
            raise ShapeError(
                f"alpha has {len(self.alpha)} weights, but the output has {p.shape[-1]} classes."
            )
        return xp.asarray(self.alpha, dtype=p.dtype) * y


def _weights(alpha: Any) -> float | tuple[float, ...]:
    if isinstance(alpha, (list, tuple, np.ndarray)):
        return tuple(checks.real(f"alpha[{i}]", a, 0.0) for i, a in enumerate(alpha))
    return checks.real("alpha", alpha, 0.0)
