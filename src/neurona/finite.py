"""NaN and infinity in data: whether there are any, how many, and where the first one is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import DataError
from neurona.native_module import native

Array = NDArray[Any]

CHUNK = 2**22  # numbers looked at together
ROWS = "Fill or remove those rows."


def check_finite(name: str, array: Array, threads: int | None = None, fix: str = ROWS) -> None:
    """Refuse NaN and infinity, saying how many there are and where the first one is.

    Args:
        fix: what to do about them.

    Raises:
        DataError: there are any.
    """
    refused = nonfinite(name, array, threads, fix)
    if refused is not None:
        raise refused


def nonfinite(
    name: str, array: Array, threads: int | None = None, fix: str = ROWS
) -> DataError | None:
    """What to raise for an array that holds NaN or infinity; None if it does not."""
    if array.dtype.kind != "f" or _surely_finite(array, threads):
        return None
    rows = max(1, CHUNK // max(1, math.prod(array.shape[1:])))
    count, first = 0, None
    for start in range(0, len(array), rows):
        chunk = array[start : start + rows]
        with np.errstate(all="ignore"):
            if math.isfinite(chunk.sum()):  # else it may have overflowed
                continue
            bad = ~np.isfinite(chunk)
        found = int(bad.sum())
        if found and first is None:
            place = np.argwhere(bad)[0]
            first = (int(place[0]) + start, *(int(i) for i in place[1:]))
        count += found
    if first is None:
        return None
    bad_values = checks.values_at(count, "NaN or infinite", first)
    return DataError(f"{name} has {bad_values}: {array[first]}. {fix}")


def _surely_finite(array: Array, threads: int | None) -> bool:
    """What the compiled module finds out at the speed of memory, on several threads."""
    if native is None:
        return False
    whole = array.T if array.flags.f_contiguous else array
    return native.is_finite(whole, threads or 0) is True
