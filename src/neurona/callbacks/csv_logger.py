"""A table of all epochs' measures in a CSV file."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentError


class CSVLogger(Callback):
    """Writes a line of measures to a CSV file after every epoch.

    Each line is handed to the system at once, so that a run which crashes or is
    killed keeps all its rows. The columns are ``epoch``, counted from 0, and the
    measures of the first epoch by name; matrices are written as JSON.

    Args:
        filename: the file; folders on the way are made.
        separator: the character between two values.
        append: go on in a file that exists, instead of beginning it anew.

    Raises:
        ArgumentError: an epoch measures something that the file has no column for.
        OSError: the file cannot be written; at the latest before the first epoch.

    >>> import tempfile
    >>> from pathlib import Path
    >>> file = Path(tempfile.mkdtemp()) / "run.csv"
    >>> logger = CSVLogger(file)
    >>> logger.on_train_begin({})
    >>> logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> print(file.read_text().strip())
    epoch,loss,val_loss
    0,0.5,0.75
    >>> logger.on_train_end({})
    """

    only_records = True

    def __init__(
        self, filename: str | PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
            raise ArgumentError(f"separator must be one character such as ',', got {separator!r}.")
        self.filename = Path(filename)
        self.separator = separator
        self.append = bool(append)
        self._columns: list[str] = []
        self._file: TextIO | None = None
        self._size: int | None = None  # of the file that training goes on with

    def get_state(self) -> dict[str, Any]:
        return {"size": None if self._file is None else os.fstat(self._file.fileno()).st_size}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._size = state["size"]

    def on_train_begin(self, logs: Logs) -> None:
        self.filename.parent.mkdir(parents=True, exist_ok=True)
        goes_on = self._cut_back() or self.append
        self._columns = self._existing_columns() if goes_on else []
        self._file = self.filename.open("a" if goes_on else "w", encoding="utf-8", newline="")
        if self._columns and not self._ends_with_newline():
            self._file.write("\r\n")  # after a row that a crash cut short

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        assert self._file is not None
        writer = csv.writer(self._file, delimiter=self.separator)
        row = {"epoch": epoch, **logs}
        if not self._columns:
            self._columns = ["epoch", *sorted(logs)]
            writer.writerow(self._columns)
        self._check(row)
        writer.writerow([_cell(row.get(name, "NA")) for name in self._columns])
        self._file.flush()

    def on_train_end(self, logs: Logs) -> None:
        self._size = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cut_back(self) -> bool:
        """Drop the rows of epochs that are trained once more; whether there is such a file."""
        if self._size is None or not self.filename.exists():
            return False
        if self.filename.stat().st_size > self._size:
            os.truncate(self.filename, self._size)
        return True

    def _existing_columns(self) -> list[str]:
        if not self.filename.exists():
            return []
        with self.filename.open(encoding="utf-8", newline="") as file:
            return next(csv.reader(file, delimiter=self.separator), [])

    def _ends_with_newline(self) -> bool:
        with self.filename.open("rb") as file:
            file.seek(-1, 2)
            return file.read() == b"\n"

    def _check(self, row: Mapping[str, Any]) -> None:
        new = [name for name in row if name not in self._columns]
        if new:
            raise ArgumentError(
                f"{self.filename} has the columns {', '.join(self._columns)}; there is none for "
                f"{', '.join(new)}. Write to another file, or give append=False to begin anew."
            )


def _cell(value: Any) -> Any:
    """A matrix as JSON; numbers and text as they are."""
    return json.dumps(np.asarray(value).tolist()) if np.ndim(value) else value
