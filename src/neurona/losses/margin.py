"""Losses on scores: how far on the wrong side, or within a margin, a sample is.

Binary labels are −1 and 1; a label 0 counts as −1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona import activations, checks
from neurona.losses.elementwise import Elementwise
from neurona.losses.loss import Array, Loss, registry


def signed(y: Array) -> Array:
    """Labels ±1: the label 0 becomes −1."""
    return y - (y == 0)


@registry.register("zero_one")
class ZeroOne(Elementwise):
    r"""The 0/1 loss, doubled: :math:`\ell = \tfrac12 (y - \operatorname{sign} p)^2`.

    2 for a wrong sign, 0 for a right one, ½ for p = 0; the mean over outputs.
    Its gradient is 0 wherever there is one, so gradient descent cannot train
    with it: use it to judge, and :class:`Perceptron` or :class:`Hinge` to train.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Rosenblatt 1958, Psychological Review 65.

    >>> ZeroOne()([[1.0], [-1.0]], [[0.3], [0.3]])
    1.0
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        d = signed(y) - xp.sign(p)
        return 0.5 * d * d

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.zeros_like(p)


@registry.register("perceptron")
class Perceptron(Elementwise):
    r"""The perceptron's loss: :math:`\ell = \max(0, -y p)`, the mean over outputs.

    Its gradient is −y where :math:`y p \le 0`, else 0. At p = 0, where the loss
    has a corner, −y is taken, so that weights of 0 learn as in Rosenblatt's rule.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Rosenblatt 1958, Psychological Review 65.

    >>> Perceptron()([[1.0], [-1.0]], [[0.5], [0.5]])
    0.25
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.maximum(-signed(y) * p, 0)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        y = signed(y)
        return -y * (y * p <= 0)


@registry.register("hinge")
class Hinge(Elementwise):
    r"""The hinge loss: :math:`\ell = \max(0, m - y p)`, the mean over outputs.

    Its gradient is −y where :math:`y p < m`, else 0.

    Args:
        margin: m, at least 0: how far on the right side a sample costs nothing.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Cortes & Vapnik 1995, "Support-vector networks".

    >>> Hinge()([[1.0], [-1.0]], [[0.5], [0.5]])
    1.0
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = checks.real("margin", margin, 0.0)

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.maximum(self.margin - signed(y) * p, 0)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        y = signed(y)
        return -y * (y * p < self.margin)


@registry.register("squared_hinge")
class SquaredHinge(Hinge):
    r"""The squared hinge loss: :math:`\ell = \max(0, m - y p)^2`, the mean over outputs.

    Its gradient is :math:`-2 y \max(0, m - y p)`: no corner at the margin.

    Args:
        margin: m, at least 0.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Lee & Mangasarian 2001, "SSVM: a smooth support vector machine".

    >>> SquaredHinge()([[1.0], [-1.0]], [[0.5], [0.5]])
    1.25
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        short = super().point(y, p, xp)
        return short * short

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return -2 * signed(y) * super().point(y, p, xp)


@registry.register("logistic")
class Logistic(Elementwise):
    r"""The log loss on scores: :math:`\ell = \log(1 + e^{-y p})`, the mean over outputs.

    Its gradient is :math:`-y\,\sigma(-y p)`. The same as binary cross-entropy
    from logits, for labels ±1.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Cox 1958, "The regression analysis of binary sequences".

    >>> round(Logistic()([[1.0], [-1.0]], [[2.0], [2.0]]), 4)
    1.1269
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        return activations.softplus.forward(-signed(y) * p, xp)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        y = signed(y)
        return -y * activations.sigmoid.forward(-y * p, xp)


@registry.register("categorical_hinge")
class CategoricalHinge(Loss):
    r"""The hinge loss of k classes.

    .. math:: \ell = \max\bigl(0,\; 1 + \max_i (1 - y_i) p_i - \textstyle\sum_i y_i p_i\bigr)

    Where it is not 0, its gradient is −y, plus 1 − y at the largest
    :math:`(1 - y_i) p_i`. The true class takes part in the maximum with 0, so
    scores below 0 never help: :class:`MaxMargin` leaves it out.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Labels are one-hot rows (n, k), or class indices (n,).

    Source: Crammer & Singer 2001, Journal of Machine Learning Research 2.

    >>> CategoricalHinge()([1], [[0.5, 1.0, 0.25]])
    0.5
    """

    classes = True

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self.targets(y, p, xp)
        return xp.maximum(((1 - y) * p).max(axis=-1) - (y * p).sum(axis=-1) + 1, 0)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self.targets(y, p, xp)
        active = (self.values(y, p, xp) > 0)[..., None]
        return active * ((1 - y) * _at_largest((1 - y) * p, xp) - y)


@registry.register("max_margin")
class MaxMargin(Loss):
    r"""The margin between the true class c and the best other one.

    .. math:: \ell = \max\bigl(0,\; \max_{k \ne c} p_k + m - p_c\bigr)

    Where it is not 0, its gradient is −1 at c and 1 at the best other class.

    Args:
        margin: m, at least 0.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Labels are one-hot rows (n, k), or class indices (n,).

    Source: Crammer & Singer 2001, Journal of Machine Learning Research 2.

    >>> MaxMargin()([1], [[0.5, 1.0, 0.25]])
    0.5
    """

    classes = True

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = checks.real("margin", margin, 0.0)

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self.targets(y, p, xp)
        others = xp.where(y > 0, -xp.inf, p).max(axis=-1)
        return xp.maximum(others + self.margin - (y * p).sum(axis=-1), 0)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self.targets(y, p, xp)
        active = (self.values(y, p, xp) > 0)[..., None]
        return active * (_at_largest(xp.where(y > 0, -xp.inf, p), xp) - y)


def _at_largest(p: Array, xp: Any) -> Array:
    """1 at each row's largest entry (the first of equal ones), else 0."""
    first = xp.argmax(p, axis=-1)[..., None]
    return (xp.arange(p.shape[-1]) == first).astype(p.dtype)
