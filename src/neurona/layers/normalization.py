"""Normalization of the inputs by statistics of the training data."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from neurona.errors import ArgumentError, NotBuiltError, ShapeError
from neurona.initializers import Values
from neurona.layers.layer import Array, Common, Context, Layer, Params, Shape, Weight, registry
from neurona.layers.moments import as_rows, moments
from neurona.layers.standardising import Axes, along, check_axes, positive_axes

Float64 = NDArray[np.float64]
SMALLEST = 1e-7  # deviations are not taken smaller, so that rounding is not blown up


@registry.register()
class Normalization(Layer):
    r"""Give every feature the mean 0 and the variance 1 that it has in given data.

    .. math:: z = \frac{x - \mu}{\max(\sigma, 10^{-7})}, \qquad
              \frac{\partial E}{\partial x} = \frac{\delta}{\max(\sigma, 10^{-7})}

    A feature that never varied (σ = 0) is centred and not scaled. Nothing is
    learned; :meth:`adapt` takes μ and σ² from the training data, before the
    layer's model is built. They are weights, saved with the model.

    Args:
        axis: the axis or axes that keep statistics of their own, the batch being
            0; None for one mean and variance of all.
        mean, variance: the statistics, where they are known.
        invert: undo a normalization: ``z = μ + x max(σ, 1e-7)``.
        **common: the arguments of :class:`Layer`.

    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.3.

    >>> layer = Normalization()
    >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> layer.mean, layer.variance
    (array([ 2., 20.]), array([  1., 100.]))
    """

    def __init__(
        self,
        axis: int | Axes | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(**common)
        self.axis = None if axis is None else check_axes(axis)
        if (mean is None) != (variance is None):
            raise ArgumentError("Give both mean and variance, or neither and call adapt.")
        self.mean, self.variance = _finite("mean", mean), _finite("variance", variance)
        if self.variance is not None and (self.variance < 0.0).any():
            raise ArgumentError(f"variance must be at least 0, got {variance!r}.")
        self.invert = bool(invert)

    def adapt(self, data: Any) -> None:
        """Take mean and variance from data, in float64, a block of rows at a time.

        A model that the layer is already part of gets the new statistics too.

        Args:
            data: an array (n, …) of numbers, in memory or memory-mapped.

        Raises:
            DataError: an entry is NaN or infinite; says which.
        """
        rows = as_rows(data)
        axes = self._axes(rows.ndim)
        others = tuple(axis for axis in range(rows.ndim) if axis not in axes)
        mean, variance = moments(rows, others)
        with suppress(NotBuiltError):  # without a model, weights() hands them over later
            self.set_weights([mean, variance])
        self.mean, self.variance = mean, variance

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        if self.mean is None or self.variance is None:
            raise NotBuiltError(
                f"Layer {self.name!r} has no mean and variance yet. Call layer.adapt(x_train) "
                f"before its model is built, or give Normalization(mean=…, variance=…)."
            )
        shape = tuple(input_shape[axis - 1] for axis in self._axes(1 + len(input_shape)))
        return tuple(
            Weight(name, shape, Values(self._spread(name, value, shape)), trainable=False)
            for name, value in (("mean", self.mean), ("variance", self.variance))
        )

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Array]:
        shape = along(x.shape, self._axes(x.ndim))
        mean, deviation = params["mean"].reshape(shape), params["variance"].reshape(shape) ** 0.5
        deviation = ctx.xp.where(deviation == 0.0, 1.0, ctx.xp.maximum(deviation, SMALLEST))
        if self.invert:
            return x * deviation + mean, deviation
        scale = 1.0 / deviation
        return (x - mean) * scale, scale

    def backward(
        self, params: Params, cache: Array, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return dz * cache, {}

    def _axes(self, ndim: int) -> Axes:
        return () if self.axis is None else positive_axes(self, self.axis, ndim)

    def _spread(self, name: str, value: Float64, shape: Shape) -> Float64:
        try:
            return np.broadcast_to(value, shape)
        except ValueError:
            raise ShapeError(
                f"Layer {self.name!r}: {name} has shape {value.shape}, but its inputs need "
                f"statistics of shape {shape}."
            ) from None


def _finite(name: str, value: Any) -> Float64 | None:
    if value is None:
        return None
    array = np.asarray(value, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name} must be finite, got {value!r}.")
    return array
