"""Rows as images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from neurona.errors import ArgumentTypeError, ShapeError

Array = NDArray[Any]


def image_shape(size: int, wanted: Sequence[int] | None = None) -> tuple[int, int]:
    """Height and width of an image of ``size`` pixels.

    Args:
        wanted: (height, width); None for a square.

    Raises:
        ShapeError: they do not fit, or ``size`` is no square.

    >>> image_shape(784), image_shape(12, (3, 4))
    ((28, 28), (3, 4))
    """
    if wanted is None:
        side = math.isqrt(size)
        if side * side != size:
            raise ShapeError(
                f"{size} numbers make no square image: give image_shape=(height, width)."
            )
        return side, side
    if not isinstance(wanted, (tuple, list)) or len(wanted) != 2:
        raise ArgumentTypeError(f"image_shape must be (height, width), got {wanted!r}.")
    height, width = int(wanted[0]), int(wanted[1])
    if height * width != size:
        raise ShapeError(
            f"image_shape={(height, width)} holds {height * width} numbers, not {size}."
        )
    return height, width


def as_images(x: Array, wanted: Sequence[int] | None = None) -> Array:
    """Rows as images (n, height, width), or (n, height, width, 3) in colour.

    Args:
        x: (n, height, width), (n, height, width, 1 or 3) or (n, pixels).
        wanted: (height, width), where the rows are flat and no squares.

    Raises:
        ShapeError: they are no images.

    >>> import numpy as np
    >>> as_images(np.zeros((2, 64))).shape
    (2, 8, 8)
    """
    if x.ndim == 2:
        return x.reshape(len(x), *image_shape(x.shape[1], wanted))
    if x.ndim == 4 and x.shape[3] == 1:
        return x[..., 0]
    if x.ndim == 3 or (x.ndim == 4 and x.shape[3] == 3):
        return x
    raise ShapeError(
        f"x has shape {x.shape}; images are (n, height, width), (n, height, width, 3) or flat "
        f"rows (n, pixels)."
    )
