"""The identity, the thresholds of the first neurons, and the exponential."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.activations.activation import Activation, Array, registry


@registry.register("linear")
@dataclass(frozen=True, repr=False)
class Identity(Activation):
    r"""The value itself: :math:`g(z) = z`, :math:`g'(z) = 1`.

    The output of a regression; between layers it adds nothing, for a stack of
    linear layers is one linear layer.

    >>> Identity()([-1.0, 2.0])
    array([-1.,  2.])
    """

    def forward(self, z: Array, xp: Any = np) -> Array:
        return z

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return xp.ones_like(z)

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return dh


@registry.register("step", "binary_step", "heaviside")
@dataclass(frozen=True, repr=False)
class Step(Activation):
    r"""The binary step: :math:`g(z) = 1` for :math:`z \ge 0`, else 0.

    Its derivative is 0 wherever there is one, so nothing below it learns by
    gradient descent: it is the output of a threshold neuron.

    Source: McCulloch & Pitts 1943, Bulletin of Mathematical Biophysics 5.

    >>> Step()([-0.5, 0.0, 2.0])
    array([0., 1., 1.])
    """

    bounds = (0.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.where(xp.isnan(z), z, (z >= 0).astype(z.dtype))

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return xp.zeros_like(z) * h  # NaN where z is


@registry.register("sign")
@dataclass(frozen=True, repr=False)
class Sign(Activation):
    r"""The sign: −1, 0 or 1.

    Its derivative is 0 wherever there is one, so nothing below it learns by
    gradient descent: it is the output of a perceptron with labels ±1.

    Source: Rosenblatt 1958, Psychological Review 65.

    >>> Sign()([-0.5, 0.0, 2.0])
    array([-1.,  0.,  1.])
    """

    bounds = (-1.0, 1.0)

    def forward(self, z: Array, xp: Any = np) -> Array:
        return xp.sign(z)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return xp.zeros_like(z) * h  # NaN where z is


@registry.register("exponential", "exp")
@dataclass(frozen=True, repr=False)
class Exponential(Activation):
    r"""The exponential: :math:`g(z) = g'(z) = e^z`; infinite where that overflows.

    The output of a Poisson regression, whose mean must be positive.

    Source: Nelder & Wedderburn 1972, "Generalized linear models".

    >>> Exponential()([0.0, 1.0]).round(4)
    array([1.    , 2.7183])
    """

    bounds = (0.0, math.inf)

    def forward(self, z: Array, xp: Any = np) -> Array:
        with np.errstate(over="ignore"):
            return xp.exp(z)

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        return h
