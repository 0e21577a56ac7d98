"""Activations that are 0, or small, around 0 and follow the input beyond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry


@registry.register("hard_shrink")
@dataclass(frozen=True, repr=False)
class HardShrink(Activation):
    r"""Hard thresholding: :math:`g(z) = z` for :math:`|z| > \lambda`, else 0.

    :math:`g'(z) = 1` for :math:`|z| > \lambda`, else 0.

    Args:
        threshold: λ, at least 0.

    Source: Donoho & Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage".

    >>> HardShrink()([-1.0, 0.2, 2.0])
    array([-1.,  0.,  2.])
    """

    threshold: float = 0.5

    def __post_init__(self) -> None:
        checks.settle(self, threshold=checks.real("threshold", self.threshold, 0.0))

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z * (xp.abs(z) > self.threshold)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return (xp.abs(z) > self.threshold).astype(z.dtype)


@registry.register("soft_shrink")
@dataclass(frozen=True, repr=False)
class SoftShrink(Activation):
    r"""Soft thresholding: :math:`g(z) = \operatorname{sign}(z) \max(0, |z| - \lambda)`.

    :math:`g'(z) = 1` for :math:`|z| \ge \lambda`, else 0.

    Args:
        threshold: λ, at least 0.

    Source: Donoho & Johnstone 1994, "Ideal spatial adaptation by wavelet shrinkage".

    >>> SoftShrink()([-1.0, 0.2, 2.0])
    array([-0.5,  0. ,  1.5])
    """

    threshold: float = 0.5

    def __post_init__(self) -> None:
        checks.settle(self, threshold=checks.real("threshold", self.threshold, 0.0))

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z - xp.clip(z, -self.threshold, self.threshold)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return (xp.abs(z) >= self.threshold).astype(z.dtype)


@registry.register("tanh_shrink")
@dataclass(frozen=True, repr=False)
class TanhShrink(Activation):
    r"""What tanh leaves: :math:`g(z) = z - \tanh z`, :math:`g'(z) = \tanh^2 z`.

    >>> TanhShrink()([-1.0, 2.0]).round(4)
    array([-0.2384,  1.036 ])
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z - xp.tanh(z)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        t = xp.tanh(z)
        return t * t
