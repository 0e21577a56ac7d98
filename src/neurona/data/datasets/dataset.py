"""A whole data set as one value, and its division in the Keras manner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.data.splitting import stratified_split_indices

Pair = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Every row of a data set, and what its numbers mean.

    Args:
        name: how it is called in this library.
        x: (n, …) the inputs.
        y: (n,) the class of each row, a number into ``class_names``.
        feature_names: one name for each number of a row.
        class_names: one name for each class.
        description: what was measured, and in which unit.
        source: who published it, and its licence.
    """

    name: str
    x: NDArray[Any]
    y: NDArray[Any]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    description: str
    source: str

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}, x={self.x.dtype}{self.x.shape}, "
            f"y={self.y.dtype}{self.y.shape}, classes={len(self.class_names)})"
        )


def train_and_test(dataset: Dataset, test_fraction: float, seed: int) -> tuple[Pair, Pair]:
    """``(x_train, y_train), (x_test, y_test)``, every class in proportion."""
    fraction = checks.fraction("test_fraction", test_fraction)
    train, test = stratified_split_indices(dataset.y, (1.0 - fraction, fraction), seed)
    return (dataset.x[train], dataset.y[train]), (dataset.x[test], dataset.y[test])


def read_packaged(name: str) -> dict[str, NDArray[Any]]:
    """The arrays of ``files/<name>.safetensors`` in this package, as fresh copies."""
    from importlib.resources import files

    from safetensors.numpy import load

    content = files(__package__).joinpath("files", f"{name}.safetensors").read_bytes()
    return {key: np.array(array) for key, array in load(content).items()}
