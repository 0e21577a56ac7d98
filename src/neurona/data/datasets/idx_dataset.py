"""Data sets of four IDX files, as MNIST: found on this machine, or fetched."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neurona.data.datasets import idx
from neurona.data.datasets.dataset import Pair
from neurona.data.datasets.download import fetch
from neurona.data.datasets.folders import DATA_VARIABLE, cache_folder, data_folder
from neurona.errors import ArgumentTypeError, DatasetError, FileFormatError


@dataclass(frozen=True)
class IdxFile:
    """What one file must hold: its array's shape, and the SHA-256 of its unpacked content."""

    shape: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class IdxDataset:
    """A data set of four IDX files.

    Args:
        title: what messages call it.
        folders: names that a folder of it may have; the first is used in the cache.
        mirrors: https addresses of folders that have the files, gzipped.
        files: name → content: training images, training labels, test images,
            test labels, in this order.
    """

    title: str
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: Mapping[str, IdxFile]

    def load(
        self, path: str | os.PathLike[str] | None = None, *, download: bool = True
    ) -> tuple[Pair, Pair]:
        """Read the four files from where they are first found.

        Raises:
            DatasetError: found nowhere and not to be had; ``path`` is no folder or
                lacks files.
            FileFormatError: a file is damaged or holds something else.
        """
        if path is not None:
            return self._read(self._complete(path))
        looked: list[str] = []
        for folder, lenient in self._places(looked):
            files = self._find(folder)
            if len(files) < len(self.files):
                looked.append(self._lacking(folder, files))
                continue
            try:
                return self._read(files)
            except FileFormatError as error:
                if not lenient:
                    raise
                looked.append(str(error))
        if not download:
            raise DatasetError(self._advice(looked, "Downloading was not asked for."))
        try:
            return self._read(self._fetch())
        except DatasetError as error:
            raise DatasetError(self._advice(looked, f"Fetching failed:\n{error}")) from None

    def folder(self) -> Path | None:
        """The first folder on this machine that has all four files; None if none has."""
        for folder, _ in self._places([]):
            if len(self._find(folder)) == len(self.files):
                return folder
        return None

    def _places(self, looked: list[str]) -> Iterator[tuple[Path, bool]]:
        """Folders to look in, and whether bad files there are passed over.

        They are in the cache, where they are fetched again, and right in
        ``$NEURONA_DATA``: other data sets use the same file names.
        """
        base = data_folder()
        if base is None:
            looked.append(f"${DATA_VARIABLE}: not set.")
        else:
            for folder in (base / name for name in self.folders):
                if os.path.isdir(folder):
                    yield folder, False
            yield base, True
        yield cache_folder() / self.folders[0], True

    def _complete(self, path: str | os.PathLike[str]) -> dict[str, Path]:
        """The files of a folder that the caller named; all must be there."""
        if not isinstance(path, (str, os.PathLike)):
            raise ArgumentTypeError(f"path must be a folder's path, got {type(path).__name__}.")
        base = Path(path).expanduser()
        if not os.path.isdir(base):
            raise DatasetError(
                f"path={str(path)!r} is {'not a' if os.path.exists(base) else 'no such'} folder. "
                f"It should hold {self.title}: {', '.join(self.files)}, gzipped or not."
            )
        for folder in (*(base / name for name in self.folders), base):
            files = self._find(folder)
            if len(files) == len(self.files):
                return files
            if files:
                break  # what is there is incomplete: say what of it is missing
        raise DatasetError(f"{self._lacking(folder, files)} They may be gzipped (.gz) or not.")

    def _find(self, folder: Path) -> dict[str, Path]:
        found = {}
        for name in self.files:
            dotted = name.replace("-idx", ".idx")  # as some programs unpack them
            for candidate in (f"{name}.gz", name, f"{dotted}.gz", dotted):
                if os.path.isfile(folder / candidate):
                    found[name] = folder / candidate
                    break
        return found

    def _lacking(self, folder: Path, files: Mapping[str, Path]) -> str:
        if not os.path.isdir(folder):
            return f"{folder}: no such folder."
        missing = [name for name in self.files if name not in files]
        return f"{folder}: {self.title} is not complete, no {', '.join(missing)}."

    def _read(self, files: Mapping[str, Path]) -> tuple[Pair, Pair]:
        x_train, y_train, x_test, y_test = (self._read_file(n, files[n]) for n in self.files)
        return (x_train, y_train), (x_test, y_test)

    def _read_file(self, name: str, path: Path, label: str | None = None) -> NDArray[Any]:
        expected = self.files[name]
        array = idx.read(path, shape=expected.shape, name=label)
        if (got := idx.sha256(array)) != expected.sha256:
            raise FileFormatError(
                f"{label or path}: not {self.title}'s {name}. Its unpacked content has SHA-256 "
                f"{got}, expected {expected.sha256}. It may be of another data set with the same "
                "file names; neurona.datasets.idx.read reads IDX files of any content."
            )
        return array

    def _fetch(self) -> dict[str, Path]:
        """Fill the cache: what is there and good stays, the rest is fetched."""
        folder = cache_folder() / self.folders[0]
        files = self._find(folder)
        for name, expected in self.files.items():
            try:
                if name in files:
                    self._read_file(name, files[name])
                    continue
            except (FileFormatError, DatasetError):
                pass  # damaged: fetched anew below

            def check(path: Path, url: str, name: str = name) -> None:
                self._read_file(name, path, label=url)

            most = 2 * math.prod(expected.shape) + 4096
            files[name] = fetch(f"{name}.gz", self.mirrors, folder, most, check)
        return files

    def _advice(self, looked: list[str], outcome: str) -> str:
        lines = "\n".join(f"  {line}" for line in looked)
        outcome = outcome.replace("\n", "\n  ")
        cache = cache_folder() / self.folders[0]
        names = "\n".join(f"  {name}.gz" for name in self.files)
        return (
            f"{self.title} was found nowhere. Looked in:\n{lines}\n{outcome}\n"
            f"To get it by hand, put these four files (gzipped, or unpacked without .gz)\n{names}\n"
            f"of any copy of {self.title}, e.g. {self.mirrors[0]}, in a folder, and\n"
            f"  pass that folder: load_data(path=...),\n"
            f"  or set the environment variable {DATA_VARIABLE} to it,\n"
            f"  or choose {cache} as the folder."
        )
