"""Loss surfaces over two weights, for watching optimizers walk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.errors import ArgumentTypeError, NonFiniteError, UnknownNameError, suggestion
from neurona.random import Float64

Point = tuple[float, float]
STEP = 1e-6  # of the finite differences, relative to the region


@dataclass(frozen=True)
class Surface:
    """A loss E(a, b), and the region to draw.

    Args:
        name: for the picture.
        value: E of arrays a and b, elementwise.
        a, b: lowest and highest value of each.
        start: where optimizers begin.
        minima: where E is lowest, as far as that is known.
        logarithmic: whether its heights spread over many powers of ten.

    >>> round(float(SURFACES["rosenbrock"].value(np.array(1.0), np.array(1.0))), 6)
    0.0
    """

    name: str
    value: Callable[[Any, Any], Any]
    a: Point
    b: Point
    start: Point
    minima: tuple[Point, ...] = ()
    logarithmic: bool = False

    def gradient(self, point: Float64) -> Float64:
        """``(∂E/∂a, ∂E/∂b)`` at a point (2,), by central differences.

        Raises:
            NonFiniteError: E is NaN or infinite there.
        """
        steps = STEP * np.array([self.a[1] - self.a[0], self.b[1] - self.b[0]])
        around = point + np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]) * steps[[0, 0, 1, 1]][:, None]
        e = np.asarray(self.value(around[:, 0], around[:, 1]), dtype=np.float64)
        if not np.isfinite(e).all():
            raise NonFiniteError(f"{self.name} is not finite at {point.tolist()}.")
        return np.array([e[0] - e[1], e[2] - e[3]]) / (2 * steps)


SURFACES = {
    surface.name: surface
    for surface in (
        Surface(
            "valley",
            lambda a, b: 0.05 * a**2 + b**2,
            (-10.0, 4.0),
            (-3.5, 3.5),
            (-9.0, 2.5),
            ((0.0, 0.0),),
        ),
        Surface(
            "rosenbrock",
            lambda a, b: (1.0 - a) ** 2 + 100.0 * (b - a**2) ** 2,
            (-2.0, 2.0),
            (-1.0, 3.0),
            (-1.5, 2.2),
            ((1.0, 1.0),),
            logarithmic=True,
        ),
        Surface(
            "saddle",
            lambda a, b: a**2 - b**2 + 0.1 * b**4,
            (-3.0, 3.0),
            (-3.5, 3.5),
            (-2.5, 0.01),
            ((0.0, -(5.0**0.5)), (0.0, 5.0**0.5)),
        ),
        Surface(
            "himmelblau",
            lambda a, b: (a**2 + b - 11.0) ** 2 + (a + b**2 - 7.0) ** 2,
            (-5.0, 5.0),
            (-5.0, 5.0),
            (-0.5, -1.0),
            (
                (3.0, 2.0),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.283185991286170),
                (3.584428340330492, -1.848126526964404),
            ),
            logarithmic=True,
        ),
    )
}


def surface_of(identifier: Any) -> Surface:
    """The surface for a name or a :class:`Surface`.

    Raises:
        UnknownNameError: there is none of that name.

    >>> surface_of("valley").minima
    ((0.0, 0.0),)
    """
    if isinstance(identifier, Surface):
        return identifier
    if not isinstance(identifier, str):
        raise ArgumentTypeError(
            f"surface must be a name or a plots.Surface, got {type(identifier).__name__}."
        )
    if identifier not in SURFACES:
        raise UnknownNameError(
            f"Unknown surface {identifier!r}.{suggestion(identifier, SURFACES)} "
            f"Known: {', '.join(SURFACES)}."
        )
    return SURFACES[identifier]
