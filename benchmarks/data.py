"""The data sets as files, so that a peer's process loads nothing but NumPy to read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SHIFTED = "mnist-shifted"  # by mean and deviation of all pixels: no number is 0
PIXEL_MEAN, PIXEL_DEVIATION = 0.1307, 0.3081


def prepare(folder: Path) -> str:
    """Write the files; returns what the MNIST rows are: real, or made in their shape."""
    from neurona.datasets import digits, iris, mnist
    from neurona.errors import DatasetError

    folder.mkdir(parents=True, exist_ok=True)
    try:
        train, test = mnist.load_data(download=False)
        source = "MNIST"
    except DatasetError:
        train, test = synthetic(60_000, 1), synthetic(10_000, 2)
        source = "synthetic rows in MNIST's shape (MNIST itself was not found)"
    _write(folder, "mnist", train, test)

    flowers = iris.load()
    x = _standardised(flowers.x, flowers.x)
    virginica = (x, flowers.y == 2)
    _write(folder, "virginica", virginica, virginica)

    train, test = iris.load_data()
    scaled = [(_standardised(x, train[0]), y) for x, y in (train, test)]
    _write(folder, "iris", *scaled)
    train, test = digits.load_data()
    _write(folder, "digits", *[(x / np.float32(16), y) for x, y in (train, test)])
    return source


def load(folder: Path, name: str, part: str, rows: int | None = None, raw: bool = False) -> Any:
    """``(x, y)`` of a part: x float32 (n, features), bytes scaled to 0 … 1 unless raw; y int64."""
    if name == SHIFTED:
        x, y = load(folder, "mnist", part, rows)
        return (x - np.float32(PIXEL_MEAN)) / np.float32(PIXEL_DEVIATION), y
    with np.load(folder / f"{name}.npz") as file:
        x, y = file[f"x_{part}"][:rows], file[f"y_{part}"][:rows]
    if x.dtype == np.uint8 and not raw:
        x = x.astype(np.float32)
        x *= np.float32(1 / 255)
    return x, y


def synthetic(rows: int, seed: int) -> tuple[Array, Array]:
    """Bytes (rows, 784), four fifths of them 0, of ten classes that can be learnt."""
    ink = np.random.default_rng(0).integers(60, 200, (10, 784))
    paper = np.random.default_rng(0).random((10, 784)) < 0.8
    prototypes = np.where(paper, 0, ink).astype(np.int16)
    stream = np.random.default_rng(seed)
    y = stream.integers(0, 10, rows)
    noise = stream.integers(-50, 50, (rows, 784), dtype=np.int16)
    x = np.where(prototypes[y] > 0, prototypes[y] + noise, 0)
    return x.astype(np.uint8), y


def _standardised(x: Array, like: Array) -> Array:
    scaled: Array = (x - like.mean(axis=0)) / like.std(axis=0)
    return scaled


def _write(folder: Path, name: str, *parts: tuple[Array, Array]) -> None:
    arrays: dict[str, Array] = {}
    for part, (x, y) in zip(("train", "test"), parts, strict=True):
        kind = np.uint8 if x.dtype == np.uint8 else np.float32
        arrays[f"x_{part}"] = x.reshape(len(x), -1).astype(kind)
        arrays[f"y_{part}"] = y.astype(np.int64)
    np.savez(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]
