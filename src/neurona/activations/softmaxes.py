"""Softmax and its kin: each output depends on all inputs of its row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry

_MAX_AXES = 32


@dataclass(frozen=True, repr=False)
class RowActivation(Activation):
    """An activation along one axis.

    Args:
        axis: the axis, by default the last.
    """

    axis: int = -1

    def __post_init__(self) -> None:
        checks.settle(self, axis=checks.integer("axis", self.axis, -_MAX_AXES, _MAX_AXES))


@registry.register("softmax")
class Softmax(RowActivation):
    r"""Probabilities that sum to 1: :math:`h_i = e^{z_i} / \sum_j e^{z_j}`.

    Its Jacobian is :math:`\partial h_i / \partial z_j = h_i(\delta_{ij} - h_j)`, so

    .. math:: dz = h \odot \bigl(dh - \textstyle\sum_j dh_j h_j\bigr).

    The row's largest z is subtracted first, which changes nothing but keeps
    :math:`e^z` finite.

    Args:
        axis: along which the outputs sum to 1.

    Source: Bridle 1990, "Probabilistic interpretation of feedforward
    classification network outputs".

    >>> Softmax()([-1.0, 0.0, 1.0, 2.0, 4.0]).round(2)
    array([0.01, 0.02, 0.04, 0.11, 0.83])
    """

    bounds = (0.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        e = xp.exp(z - z.max(axis=self.axis, keepdims=True))
        return e / e.sum(axis=self.axis, keepdims=True)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return h * (dh - (dh * h).sum(axis=self.axis, keepdims=True))


@registry.register("log_softmax")
class LogSoftmax(RowActivation):
    r"""The logarithm of softmax: :math:`h_i = z_i - \log \sum_j e^{z_j}`.

    .. math:: dz = dh - \operatorname{softmax}(z) \textstyle\sum_j dh_j

    Args:
        axis: along which the probabilities sum to 1.

    Source: Bridle 1990, as :class:`Softmax`.

    >>> LogSoftmax()([0.0, 0.0]).round(4)
    array([-0.6931, -0.6931])
    """

    bounds = (-math.inf, 0.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        shifted = z - z.max(axis=self.axis, keepdims=True)
        return shifted - xp.log(xp.exp(shifted).sum(axis=self.axis, keepdims=True))

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return dh - xp.exp(h) * dh.sum(axis=self.axis, keepdims=True)


@registry.register("sparsemax")
class Sparsemax(RowActivation):
    r"""Probabilities of which many are exactly 0: z projected onto the simplex.

    :math:`h_i = \max(0, z_i - \tau)` with τ such that the outputs sum to 1.
    On the support S = {i : h_i > 0}, and 0 elsewhere,

    .. math:: dz_i = dh_i - \frac{1}{|S|} \textstyle\sum_{j \in S} dh_j.

    Args:
        axis: along which the outputs sum to 1.

    Source: Martins & Astudillo 2016, ICML.

    >>> Sparsemax()([-1.0, 1.0, 1.5])
    array([0.  , 0.25, 0.75])
    """

    bounds = (0.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        z = z - z.max(axis=self.axis, keepdims=True)
        falling = -xp.sort(-z, axis=self.axis)
        count = xp.cumsum(xp.ones_like(z), axis=self.axis)
        # The τ of the i largest alone rises with i up to the support, then falls.
        tau = ((xp.cumsum(falling, axis=self.axis) - 1) / count).max(axis=self.axis, keepdims=True)
        return xp.maximum(z - tau, 0)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        support = (h > 0).astype(h.dtype)
        size = xp.maximum(support.sum(axis=self.axis, keepdims=True), 1)  # 0 only if all is NaN
        inside = dh * support
        return inside - support * (inside.sum(axis=self.axis, keepdims=True) / size)
