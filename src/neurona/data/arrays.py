"""What users hand in — lists, data frames, arrays of any kind — as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentTypeError, DataError, ShapeError
from neurona.forks import UNCUT

Array = NDArray[Any]
NUMERIC = "biuf"  # NumPy's kinds: boolean, signed, unsigned, floating


@dataclass(frozen=True)
class Samples:
    """Arrays that belong together, row by row."""

    x: Array
    y: Array | None = None
    sample_weight: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Array) -> Samples:
        """The samples of those rows, copied."""
        parts = (a if a is None else a.take(rows, 0) for a in (self.x, self.y, self.sample_weight))
        return Samples(*parts)  # type: ignore[arg-type]


def as_array(name: str, values: Any) -> Array:
    """``values`` as an array of numbers, in native byte order and where such numbers may lie.

    Arrays are not copied where it can be helped (memory-mapped ones stay so).

    Raises:
        ArgumentTypeError: not numbers: objects, strings, complex numbers.
        ShapeError: rows of different lengths.
        DataError: no rows at all, or masked values.
    """
    if values is None:
        raise ArgumentTypeError(f"{name} is None; give an array, a list or a data frame.")
    array = values if isinstance(values, np.ndarray) else _convert(name, values)
    array = checks.plain(name, array)
    if array.dtype.kind not in NUMERIC:
        raise ArgumentTypeError(_dtype_message(name, array))
    if array.ndim == 0:
        raise ShapeError(f"{name} is a single number; it must hold one row per sample.")
    if len(array) == 0:
        raise DataError(f"{name} is empty: shape {array.shape}. It must hold at least one row.")
    if not array.dtype.isnative or not array.flags.aligned:
        array = array.astype(array.dtype.newbyteorder("="))
    return array


def _convert(name: str, values: Any) -> Array:
    if hasattr(values, "columns") or hasattr(values, "to_frame") or hasattr(values, "to_pylist"):
        return _from_frame(name, values)
    rows = isinstance(values, (list, tuple)) and values and isinstance(values[0], np.ndarray)
    try:
        if rows and any(hasattr(row, "mask") for row in values):
            return np.ma.array(values)  # asarray would drop the masks
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        raise ShapeError(
            f"{name} cannot be made into an array: {error}. All rows must have the same length."
        ) from error


def _from_frame(name: str, values: Any) -> Array:
    """A data frame or series of any library, through narwhals."""
    with UNCUT:
        import narwhals as nw

    frame = nw.from_native(values, eager_only=True, allow_series=True)
    columns = [frame] if isinstance(frame, nw.Series) else list(frame.iter_columns())
    for column in columns:
        if not (column.dtype.is_numeric() or column.dtype == nw.Boolean):
            raise ArgumentTypeError(
                f"{name}: column {column.name!r} holds {column.dtype}, not numbers. Encode it "
                f"(one column per category) or leave it out before fitting."
            )
        if missing := int(column.null_count()):
            raise DataError(
                f"{name}: column {column.name!r} has {missing} missing values. "
                f"Fill them or drop those rows before fitting."
            )
    if isinstance(frame, nw.Series):
        return np.asarray(frame.to_numpy())
    # Column by column: a frame of bools and floats as a whole has dtype object.
    return np.column_stack([np.asarray(column.to_numpy()) for column in columns])


def _dtype_message(name: str, array: Array) -> str:
    fix = {
        "O": "If its rows have different lengths, make them equal; if it holds mixed values, "
        "convert: x.astype('float32').",
        "U": "Turn class names into numbers: classes, y = numpy.unique(y, return_inverse=True).",
        "S": "Turn class names into numbers: classes, y = numpy.unique(y, return_inverse=True).",
        "c": "Networks here are real-valued: use x.real, x.imag or numpy.abs(x) as features.",
        "M": "Turn dates into numbers, such as days since a start.",
        "m": "Turn durations into numbers: x / numpy.timedelta64(1, 's').",
    }.get(array.dtype.kind, "Convert it to numbers.")
    return f"{name} has dtype {array.dtype}; it must hold real numbers. {fix}"


def as_samples(x: Any, y: Any = None, sample_weight: Any = None) -> Samples:
    """x, y and weights as arrays with one row per sample each.

    Raises:
        ShapeError: their lengths differ, or a weight is not one number a sample.
    """
    features = as_array("x", x)
    targets = None if y is None else as_array("y", y)
    weights = None if sample_weight is None else as_array("sample_weight", sample_weight)
    if targets is not None and len(targets) != len(features):
        raise ShapeError(
            f"x has {len(features)} rows but y has {len(targets)} "
            f"(shapes {features.shape} and {targets.shape}); each needs one row per sample."
        )
    if weights is not None:
        if weights.shape != (len(features),):
            raise ShapeError(
                f"sample_weight must have shape ({len(features)},), one number per row of x; "
                f"got {weights.shape}."
            )
        weights = weights.astype(np.float64)
        bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if bad.size:
            raise DataError(
                f"sample_weight[{bad[0]}] is {weights[bad[0]]}; weights must be finite and not "
                f"negative ({bad.size} are not)."
            )
    return Samples(features, targets, weights)
