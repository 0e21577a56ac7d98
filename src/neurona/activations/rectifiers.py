"""Rectifiers: the identity for positive values, something smaller for negative ones.

They are written with maximum and minimum rather than ``where``, which in NumPy
takes several times as long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry

# The fixed point of Klambauer et al. at which mean 0 and variance 1 are kept.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@registry.register("relu")
@dataclass(frozen=True, repr=False)
class ReLU(Activation):
    r"""The rectified linear unit: :math:`g(z) = \max(0, z)`.

    :math:`g'(z) = 1` for z > 0, else 0. In general, with threshold θ, ceiling m
    and slope α,

    .. math:: g(z) = m \;(z \ge m), \quad z \;(\theta < z < m), \quad
              \alpha (z - \theta) \;(z \le \theta),

    with derivatives 0, 1 and α.

    Args:
        max_value: m, at least 0; None for no ceiling.
        negative_slope: α, at least 0.
        threshold: θ, at least 0.

    Source: Nair & Hinton 2010, ICML.

    >>> ReLU()([-1.0, 2.0])
    array([0., 2.])
    >>> ReLU(max_value=1.5, negative_slope=0.1)([-1.0, 2.0])
    array([-0.1,  1.5])
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        checks.settle(
            self,
            negative_slope=checks.real("negative_slope", self.negative_slope, 0.0),
            threshold=checks.real("threshold", self.threshold, 0.0),
        )
        if self.max_value is not None:
            checks.settle(self, max_value=checks.real("max_value", self.max_value, 0.0))
        low = -math.inf if self.negative_slope else 0.0
        high = math.inf if self.max_value is None else self.max_value
        checks.settle(self, bounds=(low, high))

    def forward(self, z: Array, xp: Any = np) -> Array:
        if self.threshold:
            h = xp.where(z <= self.threshold, self.negative_slope * (z - self.threshold), z)
        else:
            h = _leaky(z, self.negative_slope, xp)
        return h if self.max_value is None else xp.minimum(h, self.max_value)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return self.backward(xp.ones_like(z), z, h, xp)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        dz = dh * _slope(z > self.threshold, self.negative_slope, z)
        return dz if self.max_value is None else dz * (z < self.max_value)


def _leaky(z: Array, slope: float, xp: Any) -> Array:
    if not slope:
        return xp.maximum(z, 0)
    return xp.maximum(z, slope * z) if slope <= 1 else xp.minimum(z, slope * z)


def _slope(positive: Array, slope: float, z: Array) -> Array:
    """1 where ``positive``, ``slope`` elsewhere."""
    return slope + (1 - slope) * positive.astype(z.dtype) if slope else positive


@registry.register("relu6")
class ReLU6(ReLU):
    r"""The rectified linear unit with a ceiling of 6: :math:`g(z) = \min(\max(0, z), 6)`.

    :math:`g'(z) = 1` for 0 < z < 6, else 0.

    Source: Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".

    >>> ReLU6()([-1.0, 2.0, 8.0])
    array([0., 2., 6.])
    """

    def __init__(self) -> None:
        super().__init__(max_value=6.0)


@registry.register("leaky_relu")
@dataclass(frozen=True, repr=False)
class LeakyReLU(Activation):
    r"""A rectifier that leaks: :math:`g(z) = z` for z > 0, else :math:`\alpha z`.

    :math:`g'(z) = 1` for z > 0, else α: a unit below 0 can still learn.

    Args:
        negative_slope: α, at least 0.

    Source: Maas, Hannun & Ng 2013, ICML.

    >>> LeakyReLU()([-1.0, 2.0])
    array([-0.2,  2. ])
    """

    negative_slope: float = 0.2

    def __post_init__(self) -> None:
        slope = checks.real("negative_slope", self.negative_slope, 0.0)
        checks.settle(self, negative_slope=slope)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return _leaky(z, self.negative_slope, xp)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return self.backward(xp.ones_like(z), z, h, xp)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return dh * _slope(z > 0, self.negative_slope, z)


@registry.register("elu")
@dataclass(frozen=True, repr=False)
class ELU(Activation):
    r"""The exponential linear unit: :math:`g(z) = z` for z > 0, else :math:`\alpha(e^z - 1)`.

    :math:`g'(z) = 1` for z > 0, else :math:`\alpha e^z = g(z) + \alpha`.

    Args:
        alpha: α, at least 0; outputs stay above −α.

    Source: Clevert, Unterthiner & Hochreiter 2016, ICLR.

    >>> ELU()([-1.0, 2.0]).round(4)
    array([-0.6321,  2.    ])
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        alpha = checks.real("alpha", self.alpha, 0.0)
        checks.settle(self, alpha=alpha, bounds=(-alpha, math.inf))

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.maximum(z, 0) + self.alpha * xp.expm1(xp.minimum(z, 0))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        below = xp.minimum(h, 0) + self.alpha  # α where z > 0
        if self.alpha == 1:
            return below
        return below + (1 - self.alpha) * (z > 0).astype(z.dtype)


@registry.register("selu")
@dataclass(frozen=True, repr=False)
class SELU(Activation):
    r"""The scaled exponential linear unit: λ times :class:`ELU` with α.

    .. math:: g(z) = \lambda z \;(z > 0), \quad \lambda\alpha(e^z - 1) \;(z \le 0); \qquad
              g'(z) = \lambda \;(z > 0), \quad g(z) + \lambda\alpha \;(z \le 0)

    λ = 1.0507… and α = 1.6733… keep activations at mean 0 and variance 1, layer
    after layer, where weights start from ``"lecun_normal"``.

    Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, NeurIPS.

    >>> SELU()([-1.0, 2.0]).round(4)
    array([-1.1113,  2.1014])
    """

    bounds = (-SELU_SCALE * SELU_ALPHA, math.inf)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return SELU_SCALE * (xp.maximum(z, 0) + SELU_ALPHA * xp.expm1(xp.minimum(z, 0)))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        at_zero = SELU_SCALE * SELU_ALPHA
        return xp.minimum(h, 0) + at_zero + (SELU_SCALE - at_zero) * (z > 0).astype(z.dtype)


@registry.register("celu")
@dataclass(frozen=True, repr=False)
class CELU(Activation):
    r"""The continuously differentiable ELU: :math:`\max(0, z) + \min(0, \alpha(e^{z/\alpha} - 1))`.

    :math:`g'(z) = 1` for z > 0, else :math:`e^{z/\alpha} = g(z)/\alpha + 1`.

    Args:
        alpha: α, greater than 0.

    Source: Barron 2017, "Continuously differentiable exponential linear units".

    >>> CELU(alpha=2.0)([-1.0, 2.0]).round(4)
    array([-0.7869,  2.    ])
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        alpha = checks.positive("alpha", self.alpha)
        checks.settle(self, alpha=alpha, bounds=(-alpha, math.inf))

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.maximum(z, 0) + self.alpha * xp.expm1(xp.minimum(z, 0) / self.alpha)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return xp.minimum(h, 0) / self.alpha + 1
