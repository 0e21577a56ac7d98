"""The data that the command trains, judges and predicts with: named sets and files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import datasets
from neurona.cli.files import Arrays, read_npz
from neurona.cli.labels import Classes, classes_of
from neurona.cli.recipes import FILE, RECIPES, Recipe
from neurona.data.arrays import as_array
from neurona.data.datasets.catalogue import GENERATED, PACKAGED
from neurona.data.datasets.dataset import Pair
from neurona.data.splitting import split_indices, stratified_split_indices
from neurona.errors import ArgumentError, DatasetError, UnknownNameError, suggestion

Array = NDArray[Any]

TEST_FRACTION = 0.2  # of a file's rows, where it has no x_test and y_test
SPLIT_SEED = 0  # the test rows are the same whatever --seed is, so that runs can be compared
POINTS = 500  # of a generated set, for training and for the test each
WHITEST = {"digits": 16, "mnist": 255, "fashion_mnist": 255}  # the largest value of a pixel


@dataclass(frozen=True)
class Data:
    """A data set in two parts.

    Args:
        name: of the set or file.
        train, test: (x, y) each; y holds class numbers, or values (n, k).
        classes: none for regression.
        scale: what to multiply x by; None to standardise it.
        sha256: of a file's x and y.
    """

    name: str
    train: Pair
    test: Pair
    classes: Classes
    scale: float | None = None
    sha256: str | None = None


def is_file(name: str) -> bool:
    """Whether a DATASET argument means a file rather than a named set."""
    return Path(name).suffix != "" or "/" in name or "\\" in name


def set_name(name: str) -> str:
    """The set's name as the library spells it.

    Raises:
        UnknownNameError: there is none; suggests the nearest.
    """
    spelled = name.lower().replace("-", "_")
    if spelled not in RECIPES:
        hint = f" There is a file {name}.npz: say that." if Path(f"{name}.npz").exists() else ""
        raise UnknownNameError(
            f"Unknown data set {name!r}.{hint or suggestion(name, RECIPES)} "
            f"Known: {', '.join(RECIPES)}; or a .npz file with x and y."
        )
    return spelled


def recipe_of(name: str) -> Recipe:
    """The usual settings for a named set or a file."""
    if not is_file(name):
        return RECIPES[set_name(name)]
    if Path(name).suffix != ".npz":
        raise ArgumentError(
            f"{name}: training takes a data set's name or a .npz file with x and y. Make one with "
            f"numpy.savez('data.npz', x=x, y=y)."
        )
    return FILE


def load(name: str, folder: Path | None = None) -> Data:
    """The data set of that name, or in that .npz file.

    Args:
        folder: where MNIST's files are; None to look in the usual places.
    """
    if is_file(name):
        _refuse_folder(name, folder)
        return from_arrays(Path(name).name, read_npz(Path(name)))
    name = set_name(name)
    source: Any = getattr(datasets, name)
    (info,) = [info for info in datasets.available() if info.name == name]
    if info.origin == GENERATED:
        _refuse_folder(name, folder)
        train, test = source(POINTS, seed=0), source(POINTS, seed=1)
    elif info.origin == PACKAGED:
        _refuse_folder(name, folder)
        train, test = source.load_data()
    else:
        try:
            train, test = source.load_data(folder)
        except DatasetError as error:
            raise DatasetError(f"{error}\nHere --data FOLDER names that folder.") from None
    labels = tuple(range(info.classes or 0))
    names = getattr(source, "CLASS_NAMES", tuple(map(str, labels)))
    scale = 1.0 / WHITEST[name] if name in WHITEST else None
    return Data(name, train, test, Classes(labels, names), scale)


def _refuse_folder(name: str, folder: Path | None) -> None:
    if folder is not None:
        raise ArgumentError(f"--data is the folder of MNIST's files; {name} needs none.")


def from_arrays(name: str, arrays: Arrays) -> Data:
    """A file's rows in a training and a test part, every class in proportion."""
    classes = classes_of(arrays.y, arrays.class_names)
    x, y = arrays.x, targets(arrays.y, classes)
    scale = 1.0 / 255.0 if x.ndim > 2 and x.dtype == np.uint8 else None
    if arrays.test is not None:
        test = (arrays.test[0], targets(arrays.test[1], classes))
        return Data(name, (x, y), test, classes, scale, arrays.sha256())
    fractions = (1.0 - TEST_FRACTION, TEST_FRACTION)
    rows, held = (
        stratified_split_indices(y, fractions, SPLIT_SEED)
        if classes
        else split_indices(len(y), fractions, SPLIT_SEED)
    )
    return Data(name, (x[rows], y[rows]), (x[held], y[held]), classes, scale, arrays.sha256())


def targets(y: Array, classes: Classes) -> Array:
    """y as class numbers (n,), or as values (n, k)."""
    if classes:
        return classes.encode(y)
    return as_array("y", y).reshape(len(y), -1)
