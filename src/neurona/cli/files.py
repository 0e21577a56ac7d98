"""Reading arrays from files, without ever running code that is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.data.arrays import as_array
from neurona.errors import ArgumentError, DataError, DatasetError, FileFormatError, ShapeError
from neurona.files import npy
from neurona.finite import check_finite

Array = NDArray[Any]
READABLE = (".npz", ".npy", ".csv")


@dataclass(frozen=True)
class Arrays:
    """What a .npz file for training or judging holds.

    Args:
        x, y: rows and what belongs to them.
        test: another such pair, if the file has one.
        class_names: one for each class, if the file has them.
    """

    x: Array
    y: Array
    test: tuple[Array, Array] | None
    class_names: tuple[str, ...] | None

    def sha256(self) -> str:
        """Of x and y: tells whether it is the file that a model was trained on."""
        digest = hashlib.sha256()
        for array in (self.x, self.y):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data.cast("B"))
        return digest.hexdigest()


def read_npz(path: Path) -> Arrays:
    """x and y (or x_train and y_train, x_test and y_test) from a .npz file.

    Raises:
        DatasetError: there is no such file.
        FileFormatError: damaged, or it holds Python objects.
        DataError, ShapeError: an array is missing, empty, or not as long as the other.
    """
    arrays = _load_npz(path)
    x, y = _pair(path, arrays, "x", "y") or _pair(path, arrays, "x_train", "y_train") or (None,) * 2
    if x is None or y is None:
        found = ", ".join(arrays) or "nothing"
        raise DataError(
            f"{path} must hold the arrays x and y (or x_train and y_train); it holds {found}. "
            f"Save them with numpy.savez({path.name!r}, x=x, y=y)."
        )
    test = _pair(path, arrays, "x_test", "y_test")
    if test is not None and test[0].shape[1:] != x.shape[1:]:
        raise ShapeError(
            f"{path}: rows of x_test have shape {test[0].shape[1:]}, those of x {x.shape[1:]}."
        )
    names = arrays.get("class_names")
    return Arrays(x, y, test, None if names is None else tuple(map(str, names.reshape(-1))))


def _pair(
    path: Path, arrays: Mapping[str, Array], x_name: str, y_name: str
) -> tuple[Array, Array] | None:
    if x_name not in arrays or y_name not in arrays:
        return None
    x, y = as_array(f"{path}: {x_name}", arrays[x_name]), arrays[y_name]
    if y.ndim == 0 or len(x) != len(y):
        raise ShapeError(
            f"{path}: {x_name} has shape {x.shape} but {y_name} has {y.shape}; they must have one "
            f"row for each other."
        )
    check_finite(f"{path}: {x_name}", x)
    if y.dtype.kind == "f":
        check_finite(f"{path}: {y_name}", y)
    return _rows(x), y


def _rows(x: Array) -> Array:
    return x.reshape(-1, 1) if x.ndim == 1 else x


def read_features(path: Path) -> Array:
    """The rows to predict for: x of a .npz file, a .npy file, or a .csv file of numbers.

    Raises:
        DatasetError: there is no such file.
        FileFormatError: damaged, or not as its name says.
        ArgumentError: another kind of file.
    """
    if path.suffix == ".npz":
        arrays = _load_npz(path)
        name = next((name for name in ("x", "x_test") if name in arrays), None)
        if name is None:
            raise DataError(f"{path} must hold an array x; it holds {', '.join(arrays) or 'none'}.")
        x = arrays[name]
    elif path.suffix == ".npy":
        with _opening(path):
            x = npy.read_npy(path)
    elif path.suffix == ".csv":
        x = _read_csv(path)
    else:
        raise ArgumentError(f"{path}: a file must be one of {', '.join(READABLE)}.")
    x = as_array(f"{path}: x", x)
    check_finite(f"{path}: x", x)
    return x


def _load_npz(path: Path) -> dict[str, Array]:
    with _opening(path):
        arrays = npy.read_npz(path)
    names = [name.lower() for name in arrays]
    for name in names:
        if names.count(name) > 1:
            raise FileFormatError(f"{path} holds {name!r} in large and in small letters.")
    return dict(zip(names, arrays.values(), strict=True))


def _read_csv(path: Path) -> Array:
    """A table of plain numbers; its first line may hold headings."""
    rows: list[list[float]] = []
    with _opening(path):
        lines = enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1)
        filled = [(number, line) for number, line in lines if line.strip()]
        if filled and _is_heading(filled[0][1]):
            del filled[0]
        for number, line in filled:
            cells = line.split(",")
            try:
                rows.append([float(cell) for cell in cells])
            except ValueError:
                column = [_is_number(cell) for cell in cells].index(False)
                hint = "; commas separate columns" if len(_words(cells[column])) > 1 else ""
                raise ValueError(
                    f"line {number}, column {column + 1}: {cells[column]!r} is no number{hint}"
                ) from None
            if len(cells) != len(rows[0]):
                raise ValueError(f"line {number} has {len(cells)} columns, not {len(rows[0])}")
    return np.array(rows)


def _is_heading(line: str) -> bool:
    """Whether no cell is a number, and it is neither empty nor numbers with other separators."""
    return not any(map(_is_number, line.split(","))) and not all(map(_is_number, _words(line)))


def _words(line: str) -> list[str]:
    """What commas, semicolons and spaces separate."""
    return line.replace(",", " ").replace(";", " ").split()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """Errors of reading a file, as the library's."""
    if not path.is_file():
        kind = "a folder, not a file" if path.is_dir() else "no file that exists"
        raise DatasetError(f"{path} is {kind}.")
    try:
        yield
    except FileFormatError:
        raise
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{path} cannot be read: {error}.") from error
