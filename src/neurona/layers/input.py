"""The declaration of a model's input."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.layers.layer import Array, Context, Layer, Params, Shape, registry


@registry.register()
class Input(Layer):
    """The shape of one sample, said before the first layer.

    It computes nothing and has no weights: a model takes the shape from it and
    does not count it among ``model.layers``.

    Args:
        shape: shape of one sample, without the batch.
        name: a name, for readers of the program.

    >>> Input(shape=(784,)).input_shape
    (784,)
    """

    def __init__(self, shape: Shape, name: str | None = None) -> None:
        super().__init__(input_shape=shape, name=name)
        self.shape = self.input_shape

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, None]:
        return x, None

    def backward(
        self, params: Params, cache: None, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return dz, {}
