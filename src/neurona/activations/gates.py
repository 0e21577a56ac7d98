"""Activations ``z · gate(z)``: the input, let through by a gate between 0 and 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.activations.activation import Activation, Array, registry
from neurona.activations.gaussian import normal
from neurona.activations.sigmoids import HardSigmoid, Sigmoid
from neurona.activations.smooth import Softplus

_ROOT = math.sqrt(2 / math.pi)
_CUBIC = 0.044715
_sigmoid, _hard_sigmoid, _softplus = Sigmoid(), HardSigmoid(), Softplus()


@registry.register("gelu")
@dataclass(frozen=True, repr=False)
class GELU(Activation):
    r"""The Gaussian error linear unit: :math:`g(z) = z\,\Phi(z)`, Φ the normal distribution.

    :math:`g'(z) = \Phi(z) + z \varphi(z)`. The approximation is

    .. math:: \tfrac{z}{2} (1 + t), \quad t = \tanh u, \quad
              u = \sqrt{2/\pi}\,(z + 0.044715 z^3)

    with the derivative :math:`\frac{1 + t}{2} + \frac{z}{2} (1 - t^2) u'`.

    Args:
        approximate: use tanh in place of Φ (differs by less than 0.0005).

    Source: Hendrycks & Gimpel 2016, "Gaussian error linear units (GELUs)".

    >>> GELU()([-1.0, 2.0]).round(4)
    array([-0.1587,  1.9545])
    """

    approximate: bool = False

    def forward(self, z: Array, xp: Any = np) -> Array:
        if self.approximate:
            return 0.5 * z * (1 + self._tanh(z, xp))
        return z * normal(z, xp)[0]

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        if self.approximate:
            t = self._tanh(z, xp)
            slope = _ROOT * (1 + 3 * _CUBIC * z * z)
            return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * slope
        cdf, density = normal(z, xp)
        return cdf + z * density

    def _tanh(self, z: Array, xp: Any) -> Array:
        return xp.tanh(_ROOT * (z + _CUBIC * z * z * z))


@registry.register("silu", "swish")
@dataclass(frozen=True, repr=False)
class SiLU(Activation):
    r"""The sigmoid linear unit, or swish: :math:`g(z) = z\,\sigma(z)`.

    :math:`g'(z) = \sigma(z) + g(z)(1 - \sigma(z))`.

    Source: Elfwing, Uchibe & Doya 2018; Ramachandran, Zoph & Le 2017.

    >>> SiLU()([-1.0, 2.0]).round(4)
    array([-0.2689,  1.7616])
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z * _sigmoid.forward(z, xp)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        s = _sigmoid.forward(z, xp)
        return s + h * (1 - s)


@registry.register("hard_silu", "hard_swish")
@dataclass(frozen=True, repr=False)
class HardSiLU(Activation):
    r"""SiLU of straight lines' gate: :math:`g(z) = z \max(0, \min(1, z/6 + 1/2))`.

    :math:`g'(z) = 0` for z ≤ −3, :math:`(2z + 3)/6` up to 3, then 1.

    Source: Howard et al. 2019, "Searching for MobileNetV3".

    >>> HardSiLU()([-4.0, 1.5, 4.0])
    array([-0.   ,  1.125,  4.   ])
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z * _hard_sigmoid.forward(z, xp)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        gate = _hard_sigmoid.forward(z, xp)
        return gate + z * _hard_sigmoid.derivative(z, gate, xp)


@registry.register("mish")
@dataclass(frozen=True, repr=False)
class Mish(Activation):
    r"""Mish: :math:`g(z) = z\,t`, :math:`t = \tanh(\log(1 + e^z))`.

    :math:`g'(z) = t + z (1 - t^2)\,\sigma(z)`.

    Source: Misra 2020, "Mish: a self regularized non-monotonic activation function".

    >>> Mish()([-1.0, 2.0]).round(4)
    array([-0.3034,  1.944 ])
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z * xp.tanh(_softplus.forward(z, xp))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        t = xp.tanh(_softplus.forward(z, xp))
        return t + z * (1 - t * t) * _sigmoid.forward(z, xp)
