"""Initializers: the values of a weight before training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from neurona.part import Part, Registry
from neurona.random import Float64, Stream

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
