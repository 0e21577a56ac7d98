"""Layer normalization."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona.layers.layer import Array, Context, Params, registry
from neurona.layers.standardising import (
    Affine,
    Axes,
    Standardising,
    check_axes,
    positive_axes,
    standardise,
    standardise_backward,
)


@registry.register()
class LayerNormalization(Standardising):
    r"""Standardise every sample over its features, then scale and shift each feature.

    .. math:: \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad
              z = \gamma \hat x + \beta

    with μ and σ² (biased) of the sample along ``axis``, in training and
    inference alike. With :math:`d\hat x = \gamma \delta` and bars for means along
    ``axis``,

    .. math:: \frac{\partial E}{\partial \gamma} = \sum_{rows} \hat x \delta, \quad
              \frac{\partial E}{\partial \beta} = \sum_{rows} \delta, \quad
              \frac{\partial E}{\partial x} = \frac{d\hat x - \overline{d\hat x}
              - \hat x\,\overline{\hat x\, d\hat x}}{\sqrt{\sigma^2 + \epsilon}}.

    Args:
        axis: the axis or axes to standardise over, the batch being 0.
        epsilon: ϵ ≥ 0, which keeps samples without variance finite.
        center, scale: whether there is a β, a γ.
        beta_initializer, gamma_initializer: their first values.
        **affine: ``beta_regularizer``, ``gamma_regularizer``, ``beta_constraint``,
            ``gamma_constraint``, and the arguments of :class:`Layer`.

    Source: Ba, Kiros & Hinton 2016, "Layer normalization".

    >>> [w.shape for w in LayerNormalization().weights((7, 5))]
    [(5,), (5,)]
    """

    def __init__(
        self,
        axis: int | Axes = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **affine: Unpack[Affine],
    ) -> None:
        super().__init__(
            check_axes(axis), epsilon, center, scale, beta_initializer, gamma_initializer, **affine
        )

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, tuple[Array, Array]]:
        axes = positive_axes(self, self.axis, x.ndim)
        xhat, inverse, _, _ = standardise(x, axes, self.epsilon, ctx.xp)
        return self.affine(params, xhat, axes), (xhat, inverse)

    def backward(
        self,
        params: Params,
        cache: tuple[Array, Array],
        dz: Array,
        xp: Any = np,
        need_dx: bool = True,
    ) -> tuple[Array | None, Params]:
        xhat, inverse = cache
        axes = positive_axes(self, self.axis, dz.ndim)
        dxhat, grads = self.affine_backward(params, xhat, dz, axes)
        return (standardise_backward(dxhat, xhat, inverse, axes) if need_dx else None), grads
