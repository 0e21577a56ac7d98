"""Layers that only apply an activation."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import activations
from neurona.layers.layer import Array, Common, Context, Layer, Params, registry


@registry.register()
class Activation(Layer):
    r"""An activation as a layer of its own.

    .. math:: z = x, \qquad h = g(z), \qquad
              \frac{\partial E}{\partial x} = \frac{\partial E}{\partial z}

    Args:
        activation: g, by name or as an object.
        **common: the arguments of :class:`Layer`.

    >>> Activation("relu").activation
    ReLU()
    """

    def __init__(self, activation: Any, **common: Unpack[Common]) -> None:
        super().__init__(activation, **common)

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, None]:
        return x, None

    def backward(
        self, params: Params, cache: None, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return dz, {}


@registry.register()
class ReLU(Activation):
    """:class:`neurona.activations.ReLU` as a layer.

    Args:
        max_value: largest output; None for no limit.
        negative_slope: slope below the threshold.
        threshold: where the identity begins.
        **common: the arguments of :class:`Layer`.

    >>> ReLU(max_value=6.0).activation
    ReLU(max_value=6.0)
    """

    aliases = (*Layer.aliases, "activation")

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(activations.ReLU(max_value, negative_slope, threshold), **common)
        self.max_value, self.negative_slope = max_value, negative_slope
        self.threshold = threshold


@registry.register()
class LeakyReLU(Activation):
    """:class:`neurona.activations.LeakyReLU` as a layer.

    Args:
        negative_slope: slope for x < 0; 0.3 by default (as an activation: 0.2).
        alpha: the older name of ``negative_slope``.
        **common: the arguments of :class:`Layer`.

    >>> LeakyReLU(alpha=0.1)
    LeakyReLU(negative_slope=0.1)
    """

    aliases = (*Layer.aliases, "activation", "alpha")

    def __init__(
        self, negative_slope: float = 0.3, alpha: float | None = None, **common: Unpack[Common]
    ) -> None:
        self.negative_slope = negative_slope if alpha is None else alpha
        super().__init__(activations.LeakyReLU(self.negative_slope), **common)


@registry.register()
class ELU(Activation):
    """:class:`neurona.activations.ELU` as a layer.

    Args:
        alpha: minus the limit for x → −∞.
        **common: the arguments of :class:`Layer`.

    >>> ELU(alpha=0.5).alpha
    0.5
    """

    aliases = (*Layer.aliases, "activation")

    def __init__(self, alpha: float = 1.0, **common: Unpack[Common]) -> None:
        super().__init__(activations.ELU(alpha), **common)
        self.alpha = alpha


@registry.register()
class Softmax(Activation):
    """:class:`neurona.activations.Softmax` as a layer.

    Args:
        axis: along which the outputs sum to 1.
        **common: the arguments of :class:`Layer`.

    >>> Softmax().output_shape((10,))
    (10,)
    """

    aliases = (*Layer.aliases, "activation")

    def __init__(self, axis: int = -1, **common: Unpack[Common]) -> None:
        super().__init__(activations.Softmax(axis), **common)
        self.axis = axis
