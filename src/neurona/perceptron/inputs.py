"""What a single neuron is given: points, their labels, and the leading 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentTypeError, DataError, ShapeError

Float64 = NDArray[np.float64]
CHUNK = 2**20  # numbers multiplied at a time, so that a large x needs no second copy


def points(x: Any, features: int | None = None) -> Float64:
    """Return ``x`` as a float64 array (points, features) of finite numbers.

    Args:
        x: array-like (points, features) of numbers or booleans.
        features: how many features there must be; None accepts any number.

    Raises:
        ShapeError: not two-dimensional, or another number of features.
        ArgumentTypeError: not numbers.
        DataError: empty, NaN or infinite (names row and column).
    """
    array = _array("x", x)
    if array.ndim == 2 and 0 in array.shape:
        raise DataError(f"x needs at least one point and one feature, got shape {array.shape}.")
    _check_numbers("x", array)
    if array.ndim != 2:
        raise ShapeError(
            f"x must have two dimensions (points, features), got shape {array.shape}. For one "
            "feature use x.reshape(-1, 1), for one point x.reshape(1, -1)."
        )
    if features is not None and array.shape[1] != features:
        raise ShapeError(
            f"x has {array.shape[1]} features (columns), but the neuron was fitted with "
            f"{features}: give the same columns in the same order."
        )
    return _finite("x", array)


def two_classes(y: Any, rows: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """The two classes in ``y``, sorted, and for each row whether it is of the second.

    Raises:
        DataError: not exactly two classes, or NaN.
        ShapeError, ArgumentTypeError: see :func:`labels`.
    """
    classes, index = np.unique(labels(y, rows), return_inverse=True)
    if len(classes) != 2:
        shown = ", ".join(repr(name) for name in classes[:5].tolist())
        more = ", …" if len(classes) > 5 else ""
        raise DataError(
            f"y must hold exactly two classes, got {len(classes)}: {shown}{more}. One neuron "
            "draws one boundary between two classes; more classes need a layer of neurons."
        )
    return classes, index == 1


def labels(y: Any, rows: int) -> NDArray[Any]:
    """Return ``y`` as a vector of ``rows`` numbers, booleans or strings.

    Raises:
        ShapeError: not one-dimensional, or not as long as ``x``.
        ArgumentTypeError: neither numbers nor strings.
        DataError: NaN or infinite (names the row).
    """
    array = _array("y", y)
    if array.ndim != 1:
        raise ShapeError(
            f"y must have one dimension (points,), got shape {array.shape}; a column (n, 1) "
            "becomes one by y.ravel()."
        )
    if len(array) != rows:
        raise ShapeError(f"x has {rows} points (rows), but y has {len(array)} labels.")
    if array.dtype.kind in "OT" and all(isinstance(label, str) for label in array):
        array = array.astype(np.str_)  # the strings of a data frame's column
    if array.dtype.kind == "U":
        return array
    _check_numbers("y", array, "numbers or strings")
    if array.dtype.kind == "f":
        _finite("y", array)
    return array


def with_leading_one(x: Float64) -> Float64:
    """``(1, x₁, …, x_D)`` for each point: the bias becomes weight 0."""
    extended = np.ones((x.shape[0], x.shape[1] + 1))
    extended[:, 1:] = x
    return extended


def weighted_sums(x: Float64, w: Float64) -> Float64:
    """``z = ⟨w, (1, x)⟩`` for each row of ``x``, bit for bit as training computes it."""
    step = max(1, CHUNK // len(w))
    parts = (with_leading_one(x[i : i + step]) for i in range(0, len(x), step))
    return np.concatenate([inner(part, w) for part in parts])


def inner(x: Float64, w: Float64) -> Float64:
    """``⟨w, x⟩`` over the last axis, summed in one order for a point and for a table.

    Not ``x @ w``: there the order, and so the last bit, depends on the shape
    and the threads, and a point that training has put on the right side could
    be predicted on the wrong one.
    """
    return np.asarray(np.add.reduce(x * w, axis=-1))


def _array(name: str, value: Any) -> NDArray[Any]:
    try:
        array = np.asanyarray(value)
    except ValueError as error:
        raise ShapeError(f"The rows of {name} differ in length: {error}.") from error
    return checks.plain(name, array)


def _check_numbers(name: str, array: NDArray[Any], expected: str = "numbers") -> None:
    if array.dtype.kind in "biuf":
        return
    found = f"dtype {array.dtype}"
    if array.dtype == object:
        culprits = (i for i in np.ndindex(array.shape) if not isinstance(array[i], (int, float)))
        index = next(culprits, None)
        if index is not None:
            where = f"{name}[{', '.join(map(str, index))}]" if index else name
            found += f", where {where} is of type {type(array[index]).__name__}"
    raise ArgumentTypeError(
        f"{name} must hold {expected}, got {found}. Convert it first, e.g. by "
        f"np.asarray({name}, dtype=float)."
    )


def _finite(name: str, array: NDArray[Any]) -> Float64:
    with np.errstate(over="ignore"):  # a long double beyond float64 is reported below
        numbers = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        index = tuple(bad[0].tolist())
        where = f"row {index[0]}" + (f", column {index[1]}" if len(index) > 1 else "")
        raise DataError(
            f"{name} is {numbers[index]} at {where} ({len(bad)} such in all). Fill in or leave "
            "out what is missing or infinite."
        )
    return numbers
