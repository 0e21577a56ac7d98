"""Rescaling: a fixed linear map of each entry."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.errors import ShapeError
from neurona.layers.layer import Array, Common, Context, Layer, Params, Shape, registry

Numbers = float | tuple[float, ...]


@registry.register()
class Rescaling(Layer):
    r"""Multiply and shift: :math:`z = s x + o`, so that :math:`\partial E/\partial x = s \delta`.

    Grey values 0..255 become 0..1 with ``Rescaling(1 / 255)``, and −1..1 with
    ``Rescaling(1 / 127.5, offset=-1)``.

    Args:
        scale: s, a number, or one for each entry of the last axis.
        offset: o, likewise.
        **common: the arguments of :class:`Layer`.

    >>> Rescaling(1 / 127.5, offset=-1)
    Rescaling(scale=0.00784313725490196, offset=-1.0)
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        self.scale = _numbers("scale", scale)
        self.offset = _numbers("offset", offset)

    def output_shape(self, input_shape: Shape) -> Shape:
        for name, value in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(value, tuple) and input_shape[-1] != len(value):
                raise ShapeError(
                    f"Layer {self.name!r}: {name} has {len(value)} numbers, but inputs have "
                    f"{input_shape[-1]} entries on the last axis (shape {input_shape})."
                )
        return input_shape

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, None]:
        scale, offset = (ctx.xp.asarray(v, dtype=x.dtype) for v in (self.scale, self.offset))
        z = x * scale
        return (z + offset if self.offset != 0.0 else z), None

    def backward(
        self, params: Params, cache: None, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return dz * xp.asarray(self.scale, dtype=dz.dtype), {}


def _numbers(name: str, value: Any) -> Numbers:
    if not hasattr(value, "__len__"):
        return checks.real(name, value)
    return tuple(checks.real(f"{name}[{i}]", v) for i, v in enumerate(value))
