"""Smooth relatives of the rectifier."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry


@registry.register("softplus")
@dataclass(frozen=True, repr=False)
class Softplus(Activation):
    r"""The smooth rectifier: :math:`g(z) = \log(1 + e^z)`.

    :math:`g'(z) = \sigma(z) = 1 - e^{-g(z)}`. Computed as
    :math:`\max(z, 0) + \log(1 + e^{-|z|})`, which cannot overflow.

    Source: Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, NeurIPS.

    >>> Softplus()([-1.0, 2.0]).round(4)
    array([0.3133, 2.1269])
    """

    bounds = (0.0, math.inf)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return -xp.expm1(-h)


@registry.register("log_sigmoid")
@dataclass(frozen=True, repr=False)
class LogSigmoid(Activation):
    r"""The logarithm of the sigmoid: :math:`g(z) = \log \sigma(z) = -\log(1 + e^{-z})`.

    :math:`g'(z) = \sigma(-z) = 1 - e^{g(z)}`.

    >>> LogSigmoid()([-1.0, 2.0]).round(4)
    array([-1.3133, -0.1269])
    """

    bounds = (-math.inf, 0.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.minimum(z, 0) - xp.log1p(xp.exp(-xp.abs(z)))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return -xp.expm1(h)


@registry.register("squareplus")
@dataclass(frozen=True, repr=False)
class Squareplus(Activation):
    r"""A smooth rectifier without exponentials: :math:`g(z) = (z + \sqrt{z^2 + b}) / 2`.

    :math:`g'(z) = (1 + z / \sqrt{z^2 + b}) / 2`.

    Args:
        b: how round the corner at 0 is, greater than 0.

    Source: Barron 2021, "Squareplus: a softplus-like algebraic rectifier".

    >>> Squareplus()([-1.0, 2.0]).round(4)
    array([0.618 , 2.4142])
    """

    bounds = (0.0, math.inf)

    b: float = 4.0

    def __post_init__(self) -> None:
        checks.settle(self, b=checks.positive("b", self.b))

    def forward(self, z: Array, xp: Any = np) -> Array:
        # For z < 0 the two terms nearly cancel; this is the same without subtraction.
        root = xp.sqrt(z * z + self.b)
        return xp.maximum(z, 0) + 0.5 * self.b / (xp.abs(z) + root)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return h / xp.sqrt(z * z + self.b)


@registry.register("sparse_plus")
@dataclass(frozen=True, repr=False)
class SparsePlus(Activation):
    r"""A rectifier with a parabola at its corner.

    .. math:: g(z) = 0 \;(z \le -1), \quad (z + 1)^2 / 4 \;(-1 < z < 1), \quad z \;(z \ge 1)

    :math:`g'(z) = \max(0, \min(1, (z + 1) / 2))`.

    Source: Martins & Astudillo 2016, ICML: the softplus that belongs to sparsemax.

    >>> SparsePlus()([-2.0, 0.0, 3.0])
    array([0.  , 0.25, 3.  ])
    """

    bounds = (0.0, math.inf)

    def forward(self, z: Array, xp: Any = np) -> Array:
        root = xp.clip(0.5 * z + 0.5, 0, 1)
        return root * root + xp.maximum(z - 1, 0)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return xp.clip(0.5 * z + 0.5, 0, 1)
