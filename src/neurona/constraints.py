"""Constraints: what a weight is brought back to after each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, ShapeError
from neurona.part import Part, Registry

Array = Any
Axis = int | tuple[int, ...]


class Constraint(Part):
    """A projection of a weight, applied after every update.

    To write one of your own, derive from this class and define ``__call__``.
    """

    def __call__(self, w: Array, xp: Any = np) -> Array:
        """The nearest allowed weight, of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(w, xp).")


registry: Registry[Constraint] = Registry("constraint", lambda: Constraint)


def get(identifier: Any) -> Constraint | None:
    """The constraint for a name, an instance, a configuration; None stays None.

    >>> get("max_norm")
    MaxNorm()
    """
    return None if identifier is None else registry.get(identifier)


def norms(w: Array, axis: Axis | None = None, xp: Any = np) -> Array:
    """Euclidean norms along ``axis`` (None: all axes), kept as axes of size 1.

    Entries are divided by the greatest one before they are squared, so that
    no float32 entry is too large or too small to be counted.

    >>> norms(np.array([[3.0, 0.0], [4.0, 0.0]]), axis=0)
    array([[5., 0.]])
    """
    peak = xp.abs(w).max(axis=axis, keepdims=True)
    peak = xp.where(peak > 0.0, peak, xp.ones_like(peak))
    scaled = w / peak
    scaled *= scaled
    return peak * xp.sqrt(scaled.sum(axis=axis, keepdims=True))


@registry.register("max_norm")
@dataclass(frozen=True, repr=False)
class MaxNorm(Constraint):
    r"""Scale vectors that are too long down to the greatest allowed length.

    .. math:: w \leftarrow w \min(1, c / \lVert w \rVert)

    Args:
        max_value: c, greater than 0.
        axis: the axis, or axes, along which the norm is taken. 0 for a dense
            kernel (in, out): the weights that come into each neuron.

    Source: Srebro & Shraibman 2005; Srivastava et al. 2014 (with dropout).

    >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]]))
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    max_value: float = 2.0
    axis: Axis = 0

    def __post_init__(self) -> None:
        max_value = checks.positive("max_value", self.max_value)
        checks.settle(self, max_value=max_value, axis=_axis(self.axis))

    def __call__(self, w: Array, xp: Any = np) -> Array:
        return w * (self.max_value / xp.maximum(_norms(self, w, xp), self.max_value))


@registry.register("non_neg")
@dataclass(frozen=True, repr=False)
class NonNeg(Constraint):
    """No negative weights: :math:`w \\leftarrow \\max(w, 0)`.

    >>> NonNeg()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    def __call__(self, w: Array, xp: Any = np) -> Array:
        return xp.maximum(w, 0.0)


@registry.register("unit_norm")
@dataclass(frozen=True, repr=False)
class UnitNorm(Constraint):
    r"""Vectors of length 1: :math:`w \leftarrow w / \lVert w \rVert`. Zero stays zero.

    Args:
        axis: the axis, or axes, along which the norm is taken; 0 for each
            neuron of a dense kernel (in, out).

    >>> UnitNorm()(np.array([[3.0, 0.0], [4.0, 0.0]]))
    array([[0.6, 0. ],
           [0.8, 0. ]])
    """

    axis: Axis = 0

    def __post_init__(self) -> None:
        checks.settle(self, axis=_axis(self.axis))

    def __call__(self, w: Array, xp: Any = np) -> Array:
        return w / _nonzero(_norms(self, w, xp), xp)


@registry.register("min_max_norm")
@dataclass(frozen=True, repr=False)
class MinMaxNorm(Constraint):
    r"""Vectors whose length lies between two bounds.

    .. math:: w \leftarrow w \, \frac{r \operatorname{clip}(n, low, high) + (1 - r) n}{n},
              \qquad n = \lVert w \rVert

    Zero stays zero.

    Args:
        min_value, max_value: the bounds.
        rate: r in (0, 1]: how far a vector moves towards the bounds in one step.
        axis: the axis, or axes, along which the norm is taken; 0 for each
            neuron of a dense kernel (in, out).

    >>> MinMaxNorm(1.0, 2.0)(np.array([[3.0, 0.3], [4.0, 0.4]]))
    array([[1.2, 0.6],
           [1.6, 0.8]])
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Axis = 0

    def __post_init__(self) -> None:
        low = checks.real("min_value", self.min_value, 0.0)
        high = checks.real("max_value", self.max_value, 0.0)
        if low > high:
            raise ArgumentError(f"min_value must not exceed max_value, got {low} and {high}.")
        rate = checks.positive("rate", checks.real("rate", self.rate, 0.0, 1.0))
        checks.settle(self, min_value=low, max_value=high, rate=rate, axis=_axis(self.axis))

    def __call__(self, w: Array, xp: Any = np) -> Array:
        n = _norms(self, w, xp)
        wanted = self.rate * xp.clip(n, self.min_value, self.max_value) + (1.0 - self.rate) * n
        return w * (wanted / _nonzero(n, xp))


# The names that Keras users also write: max_norm(2) for MaxNorm(2).
max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm


def _nonzero(n: Array, xp: Any) -> Array:
    return xp.where(n > 0.0, n, xp.ones_like(n))


def _axis(axis: Any) -> Axis:
    if isinstance(axis, (list, tuple)) and axis:
        return tuple(checks.integer(f"axis[{i}]", a, -32, 31) for i, a in enumerate(axis))
    return checks.integer("axis", axis, -32, 31)


def _norms(constraint: MaxNorm | UnitNorm | MinMaxNorm, w: Array, xp: Any) -> Array:
    axis = constraint.axis
    for a in axis if isinstance(axis, tuple) else (axis,):
        if not -w.ndim <= a < w.ndim:
            raise ShapeError(
                f"{type(constraint).__name__} takes norms along axis {a}, but the weight has "
                f"shape {w.shape}. Give an axis below {w.ndim}."
            )
    return norms(w, axis, xp)
