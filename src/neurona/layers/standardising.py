"""What batch and layer normalization share: standardise, then scale and shift."""

from __future__ import annotations

from typing import Any, Unpack

from neurona import checks, constraints, initializers, regularizers
from neurona.errors import ArgumentError
from neurona.layers.layer import Array, Common, Layer, Params, Shape, Weight

Axes = tuple[int, ...]


def standardise(x: Array, axes: Axes, epsilon: float, xp: Any) -> tuple[Array, ...]:
    r"""Mean 0 and variance 1 along ``axes``.

    .. math:: \hat x = (x - \mu)\, s, \qquad s = (\sigma^2 + \epsilon)^{-1/2}

    Returns:
        x̂, s, μ and the biased variance σ², the last three with ``axes`` of size 1.
    """
    mean = x.mean(axis=axes, keepdims=True)
    centred = x - mean
    variance = (centred * centred).mean(axis=axes, keepdims=True)
    inverse = 1.0 / xp.sqrt(variance + epsilon)
    return centred * inverse, inverse, mean, variance


def standardise_backward(dxhat: Array, xhat: Array, inverse: Array, axes: Axes) -> Array:
    r"""``∂E/∂x``, where μ and σ² depend on x too; bars are means along ``axes``.

    .. math:: \frac{\partial E}{\partial x}
              = s \,\bigl(d\hat x - \overline{d\hat x} - \hat x\,\overline{\hat x\, d\hat x}\bigr)
    """
    mean = dxhat.mean(axis=axes, keepdims=True)
    slope = (xhat * dxhat).mean(axis=axes, keepdims=True)
    return inverse * (dxhat - mean - xhat * slope)


def positive_axes(layer: Layer, axis: int | Axes, ndim: int) -> Axes:
    """Axes of an array of ``ndim`` axes, counted from the front, in order.

    Raises:
        ArgumentError: there is no such axis, or it is the batch's, 0.
    """
    axes = (axis,) if isinstance(axis, int) else axis
    for a in axes:
        if not -ndim < a < ndim or a == 0:
            raise ArgumentError(
                f"Layer {layer.name!r}: axis {a} is no axis of its inputs, which have {ndim} "
                f"axes: 0 for the samples, then 1 … {ndim - 1}."
            )
    return tuple(sorted({a % ndim for a in axes}))


def check_axes(axis: Any) -> int | Axes:
    """``axis`` as an int or a tuple of them."""
    if isinstance(axis, (tuple, list)):
        return tuple(checks.integer(f"axis[{i}]", a, -99) for i, a in enumerate(axis))
    return checks.integer("axis", axis, -99)


def along(shape: Shape, axes: Axes) -> Shape:
    """``shape`` with size 1 outside ``axes``: what broadcasts along the others.

    >>> along((32, 28, 28, 3), (3,))
    (1, 1, 1, 3)
    """
    return tuple(size if axis in axes else 1 for axis, size in enumerate(shape))


class Affine(Common, total=False):
    """The arguments of γ and β that both layers take last."""

    beta_regularizer: Any
    gamma_regularizer: Any
    beta_constraint: Any
    gamma_constraint: Any


class Standardising(Layer):
    r"""A layer :math:`z = \gamma \hat x + \beta`, with :math:`\hat x` a standardised x.

    γ and β have one entry for each place along ``axis``.
    """

    def __init__(
        self,
        axis: int | Axes,
        epsilon: float,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(**common)
        self.axis = axis
        self.epsilon = checks.real("epsilon", epsilon, 0.0)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        axes = positive_axes(self, self.axis, 1 + len(input_shape))
        shape = tuple(input_shape[axis - 1] for axis in axes)
        gamma = Weight(
            "gamma",
            shape,
            self.gamma_initializer,
            regularizer=self.gamma_regularizer,
            constraint=self.gamma_constraint,
        )
        beta = Weight(
            "beta",
            shape,
            self.beta_initializer,
            regularizer=self.beta_regularizer,
            constraint=self.beta_constraint,
        )
        return (gamma,) * self.scale + (beta,) * self.center

    def affine(self, params: Params, xhat: Array, axes: Axes) -> Array:
        """``z = γ x̂ + β``."""
        shape = along(xhat.shape, axes)
        z = xhat * params["gamma"].reshape(shape) if self.scale else xhat
        return z + params["beta"].reshape(shape) if self.center else z

    def affine_backward(
        self, params: Params, xhat: Array, dz: Array, axes: Axes
    ) -> tuple[Array, dict[str, Array]]:
        """``dx̂ = γ δ``, and the gradients ``dγ = Σ x̂ δ``, ``dβ = Σ δ``."""
        others = tuple(axis for axis in range(dz.ndim) if axis not in axes)
        grads = {}
        if self.scale:
            grads["gamma"] = (dz * xhat).sum(axis=others)
        if self.center:
            grads["beta"] = dz.sum(axis=others)
        gamma = params["gamma"].reshape(along(dz.shape, axes)) if self.scale else 1.0
        return dz * gamma, grads
