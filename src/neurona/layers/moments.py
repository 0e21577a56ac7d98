"""Mean and variance of data of any size, a block of rows at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentTypeError, DataError, ShapeError

Float64 = NDArray[np.float64]
BLOCK = 2**20  # numbers in memory at once, as float64


def moments(data: Any, axes: tuple[int, ...]) -> tuple[Float64, Float64]:
    r"""Mean and biased variance over all of ``axes``, which include the rows' axis 0.

    Blocks of rows, in float64, are joined by the rule of Chan, Golub & LeVeque
    (1983): for parts with counts m, n, means a, b and squares about them S, T,

    .. math:: \bar x = a + (b - a) \frac{n}{m + n}, \qquad
              S + T + (b - a)^2 \frac{m n}{m + n}.

    A place whose entries are all the same has a variance of exactly 0.

    Args:
        data: an array (n, …), which may be memory-mapped.

    Raises:
        DataError: an entry is NaN or infinite, or there are no rows.
    """
    rows = max(1, BLOCK // max(1, math.prod(data.shape[1:])))
    origin = mean = squares = np.zeros(())
    seen = 0.0
    for start in range(0, len(data), rows):
        block = np.asarray(data[start : start + rows], dtype=np.float64)
        _check_finite(block, start)
        if not seen:
            origin = block[:1].mean(axis=axes, keepdims=True)
        moved = block - origin
        count = float(block.size) / float(moved.mean(axis=axes).size)
        own = moved.mean(axis=axes, keepdims=True)
        apart, total = own - mean, seen + count
        squares = (
            squares
            + ((moved - own) ** 2).sum(axis=axes, keepdims=True)
            + apart**2 * (seen * count / total)
        )
        mean, seen = mean + apart * (count / total), total
    if not seen:
        raise DataError(f"There are no rows to take a mean of: data has shape {data.shape}.")
    return np.squeeze(origin + mean, axes), np.squeeze(squares / seen, axes)


def as_rows(data: Any) -> Any:
    """``data`` as an array of numbers (n, …) that is read in blocks; never copied whole.

    Raises:
        ArgumentTypeError: it is a data frame, or does not hold numbers.
        ShapeError: it has no axis besides the rows'.
    """
    if hasattr(data, "columns"):
        raise ArgumentTypeError(
            "adapt takes an array of numbers, got a data frame: use frame.to_numpy()."
        )
    try:
        array = data if isinstance(data, np.ndarray) else np.asarray(data)
    except ValueError as error:
        raise ArgumentTypeError(f"adapt takes an array of numbers: {error}.") from None
    array = checks.plain("data", array)
    if array.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"adapt takes an array of numbers, got dtype {array.dtype}.")
    if array.ndim < 2:
        raise ShapeError(
            f"adapt takes data of shape (n, features), got {array.shape}. For one feature use "
            f"data.reshape(-1, 1)."
        )
    return array


def _check_finite(block: Float64, start: int) -> None:
    bad = ~np.isfinite(block)
    if bad.any():
        row, *place = (int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, place))
        raise DataError(
            f"data[{start + row}, {where}] is {block[bad][0]}; fill in or drop missing values "
            f"before adapting to them."
        )
