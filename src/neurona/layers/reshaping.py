"""Layers that only change a sample's shape."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, ShapeError
from neurona.layers.layer import (
    MAX_DIMENSIONS,
    Array,
    Common,
    Context,
    Layer,
    Params,
    Shape,
    registry,
)


class _Reshaping(Layer):
    """The same numbers in the shape that ``output_shape`` says."""

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Shape]:
        return x.reshape(len(x), *self.output_shape(x.shape[1:])), x.shape

    def backward(
        self, params: Params, cache: Shape, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return dz.reshape(cache), {}


@registry.register()
class Flatten(_Reshaping):
    """Make each sample a vector, its last axis running fastest.

    It takes the arguments of :class:`Layer`.

    >>> Flatten().output_shape((28, 28))
    (784,)
    """

    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)


@registry.register()
class Reshape(_Reshaping):
    """Give each sample another shape of as many entries, the last axis running fastest.

    Args:
        target_shape: the new shape, without the batch; one size may be −1, which
            stands for whatever is left.
        **common: the arguments of :class:`Layer`.

    Raises:
        ShapeError: inputs have another number of entries.

    >>> Reshape((28, -1)).output_shape((784,))
    (28, 28)
    """

    def __init__(self, target_shape: Shape, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        if not isinstance(target_shape, (tuple, list)) or not target_shape:
            raise ArgumentError(
                f"target_shape must be a tuple such as (28, 28), got {target_shape!r}."
            )
        self.target_shape = tuple(checks.integer("target_shape", s, -1) for s in target_shape)
        if len(self.target_shape) > MAX_DIMENSIONS:
            raise ArgumentError(
                f"target_shape has {len(self.target_shape)} dimensions; {MAX_DIMENSIONS} are "
                f"the most."
            )
        if 0 in self.target_shape or self.target_shape.count(-1) > 1:
            raise ArgumentError(
                f"target_shape has sizes from 1 and at most one −1, got {self.target_shape}."
            )

    def output_shape(self, input_shape: Shape) -> Shape:
        size = math.prod(input_shape)
        known = math.prod(s for s in self.target_shape if s != -1)
        whole = size % known == 0 if -1 in self.target_shape else size == known
        if not whole:
            raise ShapeError(
                f"Layer {self.name!r}: inputs of shape {input_shape} have {size} entries and "
                f"cannot take the shape {self.target_shape}."
            )
        return tuple(size // known if s == -1 else s for s in self.target_shape)
