"""Batch normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from neurona import checks, initializers
from neurona.layers.layer import Array, Context, Params, Shape, Weight, registry
from neurona.layers.standardising import (
    Affine,
    Axes,
    Standardising,
    along,
    positive_axes,
    standardise,
    standardise_backward,
)


@dataclass(frozen=True)
class Standardised:
    """What :class:`BatchNormalization` keeps of a forward pass.

    Attributes:
        xhat, inverse: x̂ and the s it was scaled by.
        mean, variance: the batch's, or None where the moving averages were used.
    """

    xhat: Array
    inverse: Array
    mean: Array | None = None
    variance: Array | None = None


@registry.register()
class BatchNormalization(Standardising):
    r"""Standardise every feature over the batch, then scale and shift it.

    .. math:: \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad
              z = \gamma \hat x + \beta

    While training, μ and σ² (biased) are those of the batch, and each step moves
    the averages kept for inference: ``moving = m · moving + (1 − m) · batch``.
    Inference, and a layer with ``trainable=False``, uses these averages. With
    :math:`d\hat x = \gamma \delta` and bars for means over the batch,

    .. math:: \frac{\partial E}{\partial \gamma} = \sum \hat x \delta, \quad
              \frac{\partial E}{\partial \beta} = \sum \delta, \quad
              \frac{\partial E}{\partial x} = \frac{d\hat x - \overline{d\hat x}
              - \hat x\,\overline{\hat x\, d\hat x}}{\sqrt{\sigma^2 + \epsilon}}.

    Args:
        axis: the features' axis, the batch being 0; all other axes are averaged over.
        momentum: m in [0, 1], how slowly the moving averages move.
        epsilon: ϵ ≥ 0, which keeps features without variance finite.
        center, scale: whether there is a β, a γ.
        beta_initializer, gamma_initializer: their first values.
        moving_mean_initializer, moving_variance_initializer: of the averages.
        **affine: ``beta_regularizer``, ``gamma_regularizer``, ``beta_constraint``,
            ``gamma_constraint``, and the arguments of :class:`Layer`.

    Source: Ioffe & Szegedy 2015, ICML.

    >>> [w.name for w in BatchNormalization().weights((5,))]
    ['gamma', 'beta', 'moving_mean', 'moving_variance']
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        **affine: Unpack[Affine],
    ) -> None:
        axis = checks.integer("axis", axis, -99)
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, **affine
        )
        self.momentum = checks.real("momentum", momentum, 0.0, 1.0)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        (axis,) = positive_axes(self, self.axis, 1 + len(input_shape))
        shape = (input_shape[axis - 1],)
        return (
            *super().weights(input_shape),
            Weight("moving_mean", shape, self.moving_mean_initializer, trainable=False),
            Weight("moving_variance", shape, self.moving_variance_initializer, trainable=False),
        )

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Standardised]:
        axes = positive_axes(self, self.axis, x.ndim)
        if ctx.training and self.trainable:
            kept = Standardised(*standardise(x, _others(axes, x.ndim), self.epsilon, ctx.xp))
        else:
            shape = along(x.shape, axes)
            variance = params["moving_variance"].reshape(shape)
            inverse = 1.0 / ctx.xp.sqrt(variance + self.epsilon)
            kept = Standardised((x - params["moving_mean"].reshape(shape)) * inverse, inverse)
        return self.affine(params, kept.xhat, axes), kept

    def backward(
        self,
        params: Params,
        cache: Standardised,
        dz: Array,
        xp: Any = np,
        need_dx: bool = True,
    ) -> tuple[Array | None, Params]:
        axes = positive_axes(self, self.axis, dz.ndim)
        dxhat, grads = self.affine_backward(params, cache.xhat, dz, axes)
        if not need_dx:
            return None, grads
        if cache.mean is None:
            return dxhat * cache.inverse, grads
        others = _others(axes, dz.ndim)
        return standardise_backward(dxhat, cache.xhat, cache.inverse, others), grads

    def next_state(self, params: Params, cache: Standardised, xp: Any = np) -> Params:
        if cache.mean is None or cache.variance is None:
            return {}
        batch = {"moving_mean": cache.mean, "moving_variance": cache.variance}
        m = self.momentum
        return {
            name: m * params[name] + (1.0 - m) * value.reshape(params[name].shape)
            for name, value in batch.items()
        }


def _others(axes: Axes, ndim: int) -> Axes:
    return tuple(axis for axis in range(ndim) if axis not in axes)
