"""Rectifiers: the identity for positive values, something smaller for negative ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry


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

    bounds = (0.0, math.inf)

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if self.max_value is not None:
            checks.real("max_value", self.max_value, 0.0)
        checks.real("negative_slope", self.negative_slope, 0.0)
        checks.real("threshold", self.threshold, 0.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        if self.threshold or self.negative_slope:
            h = xp.where(z <= self.threshold, self.negative_slope * (z - self.threshold), z)
        else:
            h = xp.maximum(z, 0)
        return h if self.max_value is None else xp.minimum(h, self.max_value)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return self.backward(xp.ones_like(z), z, h, xp)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        if self.negative_slope:
            dz = xp.where(z <= self.threshold, self.negative_slope * dh, dh)
        else:
            dz = dh * (z > self.threshold)
        return dz if self.max_value is None else dz * (z < self.max_value)
