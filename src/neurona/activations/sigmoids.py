"""S-shaped activations, smooth and piecewise linear."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from neurona import checks
from neurona.activations.activation import Activation, Array, registry


@registry.register("sigmoid", "logistic")
@dataclass(frozen=True, repr=False)
class Sigmoid(Activation):
    r"""The logistic function: :math:`\sigma(z) = 1 / (1 + e^{-z})`.

    :math:`\sigma'(z) = \sigma(z)(1 - \sigma(z)) \le 1/4`: in deep stacks the
    gradient vanishes. Its place is the output, for one or several yes/no labels.

    Source: Rumelhart, Hinton & Williams 1986, Nature 323.

    >>> Sigmoid()([0.0, 2.0]).round(4)
    array([0.5   , 0.8808])
    """

    bounds = (0.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        # Below the bound σ would be a denormal number, and exp(-z) soon overflows.
        return 1 / (1 + xp.exp(-xp.maximum(z, _log_tiny(z.dtype, xp))))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return h * (1 - h)


@cache
def _log_tiny(dtype: Any, xp: Any) -> float:
    return math.log(float(xp.finfo(dtype).tiny))


@registry.register("tanh")
@dataclass(frozen=True, repr=False)
class Tanh(Activation):
    r"""The hyperbolic tangent: :math:`g(z) = \tanh z = 2\sigma(2z) - 1`.

    :math:`g'(z) = 1 - g(z)^2`. Centred on 0, so in hidden layers it is to be
    preferred to the sigmoid.

    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp".

    >>> Tanh()([0.0, 2.0]).round(4)
    array([0.   , 0.964])
    """

    bounds = (-1.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.tanh(z)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return 1 - h * h


@registry.register("arctan")
@dataclass(frozen=True, repr=False)
class Arctan(Activation):
    r"""The arc tangent: :math:`g(z) = \arctan z`, :math:`g'(z) = 1 / (1 + z^2)`.

    Between −π/2 and π/2; it saturates more slowly than tanh.

    >>> Arctan()([0.0, 1.0]).round(4)
    array([0.    , 0.7854])
    """

    bounds = (-math.pi / 2, math.pi / 2)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.arctan(z)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return 1 / (1 + z * z)


@registry.register("softsign")
@dataclass(frozen=True, repr=False)
class Softsign(Activation):
    r"""The soft sign: :math:`g(z) = z / (1 + |z|)`.

    :math:`g'(z) = 1 / (1 + |z|)^2 = (1 - |g(z)|)^2`.

    Source: Bergstra, Desjardins, Lamblin & Bengio 2009, "Quadratic polynomials
    learn better image features".

    >>> Softsign()([-1.0, 3.0])
    array([-0.5 ,  0.75])
    """

    bounds = (-1.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z / (1 + xp.abs(z))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        root = 1 / (1 + xp.abs(z))  # 1 − |h| would lose digits far from 0
        return root * root


@registry.register("hard_sigmoid")
@dataclass(frozen=True, repr=False)
class HardSigmoid(Activation):
    r"""A sigmoid of straight lines: :math:`g(z) = \max(0, \min(1, a z + 1/2))`.

    :math:`g'(z) = a` for :math:`|z| < 1/(2a)`, else 0.

    Args:
        slope: a, greater than 0. By default 1/6, as in ``relu6(z + 3) / 6``;
            1/2 gives ``max(0, min(1, (z + 1) / 2))``, which has the name
            ``"sparse_sigmoid"``.

    Source: Courbariaux, Bengio & David 2015, "BinaryConnect"; slope 1/6: Howard
    et al. 2019, "Searching for MobileNetV3".

    >>> HardSigmoid()([-4.0, 0.0, 1.5])
    array([0.  , 0.5 , 0.75])
    """

    bounds = (0.0, 1.0)

    slope: float = 1 / 6

    def __post_init__(self) -> None:
        checks.settle(self, slope=checks.positive("slope", self.slope))

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.clip(self.slope * z + 0.5, 0, 1)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return self.slope * (xp.abs(z) < 0.5 / self.slope).astype(z.dtype)


@registry.register("sparse_sigmoid", "course_hard_sigmoid")
class SparseSigmoid(HardSigmoid):
    r"""The rigid sigmoid: :math:`g(z) = \max(0, \min(1, (z + 1) / 2))`.

    :math:`g'(z) = 1/2` for :math:`|z| < 1`, else 0. As the output of one neuron
    it approximates logistic regression. Also ``"course_hard_sigmoid"``.

    Source: Courbariaux, Bengio & David 2015, "BinaryConnect"; Martins &
    Astudillo 2016, ICML, as sparsemax of two classes.

    >>> SparseSigmoid()([-4.0, 0.0, 0.5])
    array([0.  , 0.5 , 0.75])
    """

    def __init__(self) -> None:
        super().__init__(slope=0.5)


@registry.register("hard_tanh", "ramp")
@dataclass(frozen=True, repr=False)
class HardTanh(Activation):
    r"""The ramp: z clipped to [−1, 1], :math:`g(z) = \max(-1, \min(1, z))`.

    :math:`g'(z) = 1` for :math:`|z| < 1`, else 0.

    Source: Collobert 2004, "Large scale machine learning".

    >>> HardTanh()([-4.0, 0.5, 2.0])
    array([-1. ,  0.5,  1. ])
    """

    bounds = (-1.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.clip(z, -1, 1)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return (xp.abs(z) < 1).astype(z.dtype)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return dh * (xp.abs(z) < 1)
