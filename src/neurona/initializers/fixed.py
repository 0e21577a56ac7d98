"""Initializers without randomness: zeros, ones, a constant, the identity, given values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, ShapeError
from neurona.initializers.initializer import Initializer, Shape, registry
from neurona.random import Float64, Stream


@registry.register("zeros", "zero")
@dataclass(frozen=True, repr=False)
class Zeros(Initializer):
    """All zeros: the usual start of a bias.

    >>> Zeros()((2,))
    array([0., 0.])
    """

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        return np.zeros(shape)


@registry.register("ones", "one")
@dataclass(frozen=True, repr=False)
class Ones(Initializer):
    """All ones: the usual start of a scale.

    >>> Ones()((2,))
    array([1., 1.])
    """

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        return np.ones(shape)


@registry.register("constant")
@dataclass(frozen=True, repr=False)
class Constant(Initializer):
    """The same number everywhere.

    Args:
        value: the number.

    >>> Constant(0.1)((2,))
    array([0.1, 0.1])
    """

    value: float = 0.0

    def __post_init__(self) -> None:
        checks.settle(self, value=checks.real("value", self.value))

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        return np.full(shape, self.value)


@registry.register("identity", "IdentityInitializer")
@dataclass(frozen=True, repr=False)
class Identity(Initializer):
    """The identity matrix, with zero rows or columns where it is not square.

    Args:
        gain: the number on the diagonal.

    Raises:
        ShapeError: the weight is not a matrix.

    Source: Le, Jaitly & Hinton 2015, arXiv:1504.00941 (recurrent kernels).

    >>> Identity()((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]])
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        checks.settle(self, gain=checks.real("gain", self.gain))

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        if len(shape) != 2:
            raise ShapeError(f"Identity makes matrices; the weight has shape {shape}.")
        return self.gain * np.eye(*shape)


@registry.register()
@dataclass(frozen=True, repr=False)
class Values(Initializer):
    """Given numbers: a network with known weights.

    Args:
        values: an array, or nested lists, of the weight's shape. A dense kernel
            is (in, out); transpose matrices written output × input.

    Raises:
        ArgumentError: they form no array, or hold NaN or infinity.
        ShapeError: the weight has another shape.

    >>> Values([[1, 2], [3, 4]])((2, 2))
    array([[1., 2.],
           [3., 4.]])
    """

    values: Any

    def __post_init__(self) -> None:
        try:
            array = np.asarray(self.values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"values must form an array of numbers: {error}.") from None
        if not np.isfinite(array).all():
            raise ArgumentError("values must be finite; they hold NaN or infinity.")
        checks.settle(self, values=_nested(array.tolist()))

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        array = np.asarray(self.values, dtype=np.float64)
        if array.shape != shape:
            hint = " Transpose them: Values(np.transpose(values))." * (array.shape[::-1] == shape)
            raise ShapeError(f"The weight has shape {shape}, its values {array.shape}.{hint}")
        return array


def _nested(values: Any) -> Any:
    return tuple(map(_nested, values)) if isinstance(values, list) else values
