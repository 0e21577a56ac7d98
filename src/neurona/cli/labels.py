"""The y of a file: classes by number or name, or values to predict."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.data.arrays import as_array
from neurona.errors import DataError, DataWarning, ShapeError

Array = NDArray[Any]
MOST_CLASSES = 1000
FEW_VALUES = 10


@dataclass(frozen=True)
class Classes:
    """The classes that a model tells apart; none for regression.

    Args:
        labels: each class as y has it: a number, a string or a boolean.
        names: what to call them.
    """

    labels: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels)

    def encode(self, y: Array) -> Array:
        """Labels, or names, as class numbers.

        Raises:
            DataError: a label is of no class.
        """
        numbers = {name: i for i, name in enumerate(self.names)}
        numbers.update({label: i for i, label in enumerate(self.labels)})
        present, position = np.unique(plain(y), return_inverse=True)
        for label in present.tolist():
            if label not in numbers:
                row = int(np.flatnonzero(plain(y) == label)[0])
                shown = ", ".join(map(str, self.labels[:12]))
                raise DataError(
                    f"y[{row}] is {label!r}, but the model knows only the classes {shown}"
                    f"{' …' if len(self.labels) > 12 else ''}."
                )
        codes = np.array([numbers[label] for label in present.tolist()], dtype=np.int64)
        return codes[position.reshape(-1)]


def plain(y: Array) -> Array:
    """Labels (n,), from (n, 1), one-hot rows (n, k) or bytes too; anything else as it is."""
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    if y.ndim == 2 and y.shape[1] == 1:
        return y[:, 0]
    if y.ndim == 2 and y.dtype.kind in "biuf" and _one_hot(y):
        return np.asarray(y.argmax(axis=1))
    return y


def _one_hot(y: Array) -> bool:
    return bool((((y == 0) | (y == 1)).all(axis=1) & ((y == 1).sum(axis=1) == 1)).all())


def classes_of(y: Array, names: Sequence[str] | None) -> Classes:
    """The classes that y names; none if it holds floats, which are values to predict.

    Args:
        y: (n,) or (n, 1); or one-hot rows (n, k).
        names: one for each class in order, if the classes' labels do not say enough.

    Raises:
        DataError: y has one class alone, or too many to be classes.
        ShapeError: y is of another shape, or there are not as many names as classes.
    """
    one_hot = y.ndim == 2 and y.shape[1] > 1 and y.dtype.kind in "biuf" and _one_hot(y)
    y = plain(y)
    if y.dtype.kind != "U":
        as_array("y", y)  # refuses what is no number either
    if y.dtype.kind == "f" and y.ndim < 3:
        _warn_of_whole_numbers(y)
        return Classes()
    if y.ndim != 1:
        raise ShapeError(
            f"y has shape {y.shape} and dtype {y.dtype}. Classes are labels (n,) or one-hot rows; "
            f"for regression with {y.shape[-1]} outputs save y as float: y.astype('float32')."
        )
    labels: list[Any] = list(range(int(y.max()) + 1)) if one_hot else np.unique(y).tolist()
    if len(labels) < 2:
        raise DataError(f"y holds one class alone, {labels[0]!r}: there is nothing to tell apart.")
    if len(labels) > min(MOST_CLASSES, max(2, len(y) // 3)):
        raise DataError(
            f"y holds {len(labels)} different labels in {len(y)} rows: too many to be classes. "
            f"For regression save y as float: y.astype('float32')."
        )
    if names is not None and len(names) != len(labels):
        raise ShapeError(f"class_names has {len(names)} names, but y has {len(labels)} classes.")
    return Classes(tuple(labels), tuple(map(str, labels if names is None else names)))


def _warn_of_whole_numbers(y: Array) -> None:
    values = np.unique(y)
    if y.ndim == 1 and len(values) <= FEW_VALUES and bool((values == np.floor(values)).all()):
        warnings.warn(
            f"y holds floats, so this is regression, though it has only {len(values)} different "
            f"whole numbers. If they are classes, save y as int: y.astype(int).",
            DataWarning,
            stacklevel=2,
        )
