"""S-shaped activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

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
        # Below the bound σ would be a denormal number, and exp(-z) may overflow.
        bound = float(np.log(np.finfo(z.dtype).tiny))
        return 1 / (1 + xp.exp(-xp.maximum(z, bound)))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return h * (1 - h)


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
