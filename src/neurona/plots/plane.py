"""The plane of two features: its grid, the points on it, and what else a row needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.data.arrays import as_array
from neurona.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError
from neurona.plots.canvas import Canvas
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = NDArray[np.int64]
MARGIN = 0.08  # of the points' range, left free around them
MOST_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Plane:
    """A grid over two of a model's features, the others held fixed.

    Attributes:
        x1, x2: (columns,) and (rows,) values of the two features.
        features: their numbers.
        names: of the two, for the axes.
        at: (all features,) the row whose other features are used; of the two it is not.
        points: (n, 2) the data in this plane; (0, 2) if only a region was given.
        labels: (n,) classes of the points by number, or None.
        classes: each class as the labels had it.
    """

    x1: Float64
    x2: Float64
    features: tuple[int, int]
    names: tuple[str, str]
    at: Float64
    points: Float64
    labels: Ints | None
    classes: tuple[Any, ...]

    def rows(self) -> Float64:
        """Every point of the grid as a row of all features, row by row of the grid."""
        rows = np.tile(self.at, (len(self.x1) * len(self.x2), 1))
        first, second = np.meshgrid(self.x1, self.x2)
        rows[:, self.features[0]], rows[:, self.features[1]] = first.ravel(), second.ravel()
        return rows

    def grid(self, values: Any) -> NDArray[Any]:
        """One value (or several) for each of :meth:`rows`, as (rows, columns, …)."""
        array = np.asarray(values)
        return array.reshape(len(self.x2), len(self.x1), *array.shape[1:])

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top."""
        return float(self.x1[0]), float(self.x1[-1]), float(self.x2[0]), float(self.x2[-1])

    def frame(self, ax: Axes, area: Canvas, names: Sequence[str] | None = None) -> None:
        """Draw the points by class; limits and labels of the axes."""
        labels = np.zeros(len(self.points), np.int64) if self.labels is None else self.labels
        known = self.classes if names is None else names
        size = 26.0 if len(self.points) < 80 else 13.0 if len(self.points) < 600 else 8.0
        for number in np.unique(labels).tolist():
            ax.scatter(
                self.points[labels == number, 0],
                self.points[labels == number, 1],
                s=size,
                color=area.theme.ink if self.labels is None else area.theme.colour(number),
                marker=area.theme.marker(number),
                edgecolors=area.theme.paper,
                linewidths=0.4,
                label=None if self.labels is None else str(known[number]),
                zorder=3,
            )
        left, right, bottom, top = self.extent
        ax.set(xlim=(left, right), ylim=(bottom, top), xlabel=self.names[0], ylabel=self.names[1])


def plane(
    x: Any,
    y: Any = None,
    features: tuple[int, int] = (0, 1),
    at: Any = None,
    resolution: int = 200,
    feature_names: Sequence[str] | None = None,
) -> Plane:
    """The plane through data.

    Args:
        x: (n, features) the data; two rows are enough to say which region to draw.
        y: (n,) classes: numbers or names; or one-hot rows. None for no colours.
        features: which two features make the plane.
        at: the other features' values: a row of all features, or "mean" or "median" of x;
            None is the mean.
        resolution: grid points along each axis.
        feature_names: one for each feature of x.

    Raises:
        ShapeError, ArgumentError, DataError: they do not fit.
    """
    data = as_array("x", x).astype(np.float64)
    if data.ndim != 2 or data.shape[1] < 2:
        raise ShapeError(f"x must have shape (n, features ≥ 2), got {data.shape}.")
    if not np.isfinite(data).all():
        row = int(np.flatnonzero(~np.isfinite(data).all(axis=1))[0])
        raise DataError(f"Row {row} of x holds NaN or infinity: it has no place in the plane.")
    count = data.shape[1]
    first, second = _pair(features, count)
    cells = checks.integer("resolution", resolution, 2, int(MOST_CELLS**0.5))
    labels, classes = (None, ()) if y is None else labelled(y, len(data))
    names = _names(feature_names, count)
    return Plane(
        x1=_line(data[:, first], cells),
        x2=_line(data[:, second], cells),
        features=(first, second),
        names=(names[first], names[second]),
        at=_row(at, data),
        points=data[:, [first, second]],
        labels=labels,
        classes=classes,
    )


def labelled(y: Any, rows: int) -> tuple[Ints, tuple[Any, ...]]:
    """Labels as numbers (n,), and what the labels were, sorted.

    Whole numbers from 0 stay as they are; one-hot rows are the class of their 1.

    >>> labelled(["b", "a", "b"], 3)
    (array([1, 0, 1]), ('a', 'b'))
    """
    array = np.asarray(y)
    if array.ndim == 2:
        array = array[:, 0] if array.shape[1] == 1 else array.argmax(axis=1)
    if array.shape != (rows,):
        raise ShapeError(
            f"y must have one label for each of the {rows} rows of x, got shape {np.shape(y)}."
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"y[{int(np.flatnonzero(~np.isfinite(array))[0])}] is no class.")
    classes, numbers = np.unique(array, return_inverse=True)
    if len(classes) > 1000:
        raise DataError(
            f"y holds {len(classes)} different values: those are no classes. For regression "
            f"see plots.regression_fit and plots.residuals."
        )
    if array.dtype.kind in "iub" or (array.dtype.kind == "f" and (array == array.round()).all()):
        whole = array.astype(np.int64)
        if whole.min() >= 0 and whole.max() < 1000:
            return whole, tuple(range(int(whole.max()) + 1))
    return numbers.reshape(-1).astype(np.int64), tuple(classes.tolist())


def _pair(features: Any, count: int) -> tuple[int, int]:
    if not isinstance(features, (tuple, list)) or len(features) != 2:
        raise ArgumentTypeError(f"features must be two column numbers, got {features!r}.")
    first, second = (checks.integer("features", f, 0, count - 1) for f in features)
    if first == second:
        raise ArgumentError(f"features must be two different columns, got {features!r}.")
    return first, second


def _row(at: Any, data: Float64) -> Float64:
    if at is None or isinstance(at, str):
        way = checks.choice("at", "mean" if at is None else at, "mean", "median")
        return np.asarray(data.mean(axis=0) if way == "mean" else np.median(data, axis=0))
    row = as_array("at", at).astype(np.float64)
    if row.shape != (data.shape[1],):
        raise ShapeError(f"at must be a row of {data.shape[1]} features, got shape {row.shape}.")
    return row


def _line(values: Float64, cells: int) -> Float64:
    low, high = float(values.min()), float(values.max())
    reach = (high - low) or max(abs(low), 1.0)
    return np.linspace(low - MARGIN * reach, high + MARGIN * reach, cells)


def _names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{number}".translate(_LOWERED) for number in range(1, count + 1))
    if isinstance(names, str) or len(names) != count:
        raise ShapeError(f"feature_names must hold {count} names, got {names!r}.")
    return tuple(map(str, names))


_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
