"""Softmax and its logarithm: each output depends on all inputs of its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry

_MAX_AXES = 32


@registry.register("softmax")
@dataclass(frozen=True, repr=False)
class Softmax(Activation):
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

    axis: int = -1

    def __post_init__(self) -> None:
        checks.integer("axis", self.axis, -_MAX_AXES, _MAX_AXES)

    def forward(self, z: Array, xp: Any = np) -> Array:
        e = xp.exp(z - z.max(axis=self.axis, keepdims=True))
        return e / e.sum(axis=self.axis, keepdims=True)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return h * (dh - (dh * h).sum(axis=self.axis, keepdims=True))


@registry.register("log_softmax")
@dataclass(frozen=True, repr=False)
class LogSoftmax(Activation):
    r"""The logarithm of softmax: :math:`h_i = z_i - \log \sum_j e^{z_j}`.

    .. math:: dz = dh - \operatorname{softmax}(z) \textstyle\sum_j dh_j

    Args:
        axis: along which the probabilities sum to 1.

    Source: Bridle 1990, as :class:`Softmax`.

    >>> LogSoftmax()([0.0, 0.0]).round(4)
    array([-0.6931, -0.6931])
    """

    axis: int = -1

    def __post_init__(self) -> None:
        checks.integer("axis", self.axis, -_MAX_AXES, _MAX_AXES)

    def forward(self, z: Array, xp: Any = np) -> Array:
        shifted = z - z.max(axis=self.axis, keepdims=True)
        return shifted - xp.log(xp.exp(shifted).sum(axis=self.axis, keepdims=True))

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return dh - xp.exp(h) * dh.sum(axis=self.axis, keepdims=True)
