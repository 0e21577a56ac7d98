"""What every initializer is: a function from a weight's shape to its first values."""

from __future__ import annotations

import math
from typing import Any

from neurona.part import Part, Registry
from neurona.random import Float64, Stream

Shape = tuple[int, ...]


class Initializer(Part):
    """What a weight holds before training.

    To write one of your own, derive from this class and define ``__call__``.
    """

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        """Values of that shape, float64.

        All randomness comes from ``stream``; None is for a stream of a fresh seed.
        """
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
    receptive = float(math.prod(shape[:-2]))
    return shape[-2] * receptive, shape[-1] * receptive
