"""The parametric ReLU: a leaky ReLU that learns its slopes."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks, constraints, initializers, regularizers
from neurona.errors import ArgumentError
from neurona.layers.layer import Array, Common, Context, Layer, Params, Shape, Weight, registry


@registry.register()
class PReLU(Layer):
    r"""A ReLU whose slope α for negative inputs is learned, one for each input.

    .. math:: z = \max(0, x) + \alpha \min(0, x)

    .. math:: \frac{\partial E}{\partial x} = \delta \cdot
              \begin{cases} 1 & x > 0 \\ \alpha & x \le 0 \end{cases}, \qquad
              \frac{\partial E}{\partial \alpha} = \sum_{rows} \delta \min(0, x).

    Args:
        alpha_initializer: first values of α, of one sample's shape.
        alpha_regularizer: penalty added to the loss.
        alpha_constraint: projection after each step.
        shared_axes: axes along which one α serves all; the batch is axis 0.
        **common: the arguments of :class:`Layer`.

    Source: He, Zhang, Ren & Sun 2015, ICCV.

    >>> PReLU(shared_axes=(1, 2)).weights((28, 28, 3))[0].shape
    (1, 1, 3)
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: tuple[int, ...] | int | None = None,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(**common)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        axes = (shared_axes,) if isinstance(shared_axes, int) else shared_axes
        self.shared_axes = axes and tuple(checks.integer("shared_axes", a, 1) for a in axes)

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        shared = self.shared_axes or ()
        if max(shared, default=0) > len(input_shape):
            raise ArgumentError(
                f"PReLU: shared_axes {shared} are not axes of inputs (n, *{input_shape}); "
                f"the largest is {len(input_shape)}."
            )
        shape = tuple(1 if axis in shared else size for axis, size in enumerate(input_shape, 1))
        return (
            Weight(
                "alpha",
                shape,
                self.alpha_initializer,
                regularizer=self.alpha_regularizer,
                constraint=self.alpha_constraint,
            ),
        )

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Array]:
        return ctx.xp.where(x > 0, x, params["alpha"] * x), x

    def backward(
        self, params: Params, cache: Array, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        x, alpha = cache, params["alpha"]
        axes = (0, *(self.shared_axes or ()))
        dalpha = (dz * xp.minimum(x, 0)).sum(axis=axes)
        return xp.where(x > 0, dz, alpha * dz), {"alpha": dalpha.reshape(alpha.shape)}
