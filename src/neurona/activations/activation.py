"""What every activation is: a value and its vector–Jacobian product."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from neurona.errors import ArgumentTypeError
from neurona.part import Part, Registry

Array = Any  # a NumPy or jax.numpy array, as the caller's namespace ``xp`` makes them


class Activation(Part):
    """An activation ``h = g(z)``.

    To write one of your own, derive from this class and define ``forward`` and
    ``derivative`` (for an elementwise function) or ``backward`` (for one whose
    outputs depend on several inputs, like softmax). Its gradient is compared
    with finite differences when a model first uses it.

    >>> class Cube(Activation):
    ...     def forward(self, z, xp=np):
    ...         return z**3
    ...     def derivative(self, z, h, xp=np):
    ...         return 3 * z**2
    >>> Cube()(np.array([1.0, 2.0]))
    array([1., 8.])
    """

    # Between which the values lie.
    bounds: ClassVar[tuple[float, float]] = (-math.inf, math.inf)

    def forward(self, z: Array, xp: Any = np) -> Array:
        """The value ``h = g(z)``, of z's shape and dtype."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(z, xp).")

    def derivative(self, z: Array, h: Array, xp: Any = np) -> Array:
        """Elementwise ``g'(z)``; ``h = g(z)`` is at hand where it helps."""
        raise NotImplementedError(
            f"{type(self).__name__} must define derivative(z, h, xp), or backward."
        )

    def backward(self, dh: Array, z: Array, h: Array, xp: Any = np) -> Array:
        """The sensitivity ``dz = dh · ∂h/∂z``, given ``dh = ∂E/∂h``."""
        return dh * self.derivative(z, h, xp)

    def __call__(self, z: Any, xp: Any = np) -> Array:
        """The value at ``z``, which may also be a list or a number.

        Raises:
            ArgumentTypeError: ``z`` does not hold real numbers.
        """
        if xp is np:
            z = np.asarray(z)
            if z.dtype.kind not in "fiub":
                raise ArgumentTypeError(f"z must hold real numbers, got dtype {z.dtype}: {z!r}.")
            if z.dtype.kind != "f":
                z = z.astype(np.float64)
        return self.forward(z, xp)


registry: Registry[Activation] = Registry("activation", lambda: Activation)


def get(identifier: Any) -> Activation:
    """The activation for a name, an instance, a class, or None (the identity).

    >>> get("relu")
    ReLU()
    """
    return registry.get("linear" if identifier is None else identifier)
