"""Initializers: the values of a weight before training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.part import Part, Registry
from neurona.random import Float64, Purpose, Stream

Shape = tuple[int, ...]


class Initializer(Part):
    """What a weight holds before training.

    To write one of your own, derive from this class and define ``__call__``.
    """

    def __call__(self, shape: Shape, stream: Stream) -> Float64:
        """Values of that shape, all randomness taken from ``stream``."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(shape, stream).")


registry: Registry[Initializer] = Registry("initializer", lambda: Initializer)


def get(identifier: Any) -> Initializer:
    """The initializer for a name, an instance, a class or a configuration.

    >>> get("glorot_uniform")
    GlorotUniform()
    """
    return registry.get(identifier)


def fans(shape: Shape) -> tuple[float, float]:
    """Inputs and outputs of a kernel ``(…, in, out)``: fan-in and fan-out.

    >>> fans((784, 64))
    (784.0, 64.0)
    """
    if len(shape) < 2:
        size = float(shape[0]) if shape else 1.0
        return size, size
    field = float(math.prod(shape[:-2]))
    return shape[-2] * field, shape[-1] * field


@registry.register("zeros", "zero")
@dataclass(frozen=True, repr=False)
class Zeros(Initializer):
    """All zeros: the usual start of a bias.

    >>> Zeros()((2,), Stream(0, Purpose.INITIALISE))
    array([0., 0.])
    """

    def __call__(self, shape: Shape, stream: Stream) -> Float64:
        return np.zeros(shape)


@registry.register("ones", "one")
@dataclass(frozen=True, repr=False)
class Ones(Initializer):
    """All ones: the usual start of a scale.

    >>> Ones()((2,), Stream(0, Purpose.INITIALISE))
    array([1., 1.])
    """

    def __call__(self, shape: Shape, stream: Stream) -> Float64:
        return np.ones(shape)


@registry.register("glorot_uniform", "xavier_uniform")
@dataclass(frozen=True, repr=False)
class GlorotUniform(Initializer):
    r"""Uniform in :math:`\pm\sqrt{6 / (n_{in} + n_{out})}`.

    Source: Glorot & Bengio 2010, AISTATS.
    """

    def __call__(self, shape: Shape, stream: Stream) -> Float64:
        limit = math.sqrt(6.0 / sum(fans(shape)))
        return stream.uniform(shape, -limit, limit)
