"""The epochs' measures in a file, a line of JSON each."""

from __future__ import annotations

import json
import math
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentError

if TYPE_CHECKING:
    from neurona.runs.position import Position


class HistoryFile(Callback):
    """Appends the measures of every epoch to a file, as a line of JSON.

    Lines are only ever added, and handed to the system at once. When training is
    resumed (see :class:`BackupAndRestore`), a line that was cut short is dropped,
    lines that are missing are added, and an epoch that is trained once more with
    the same measures gets no second line. Where an epoch has two lines, the later
    one counts.

    Args:
        path: of the file, such as ``"history.jsonl"``; folders on the way are made.

    Raises:
        ArgumentError: before the first epoch, if there is something at ``path`` that is
            no file: a folder, a pipe, a device.
        OSError: the file cannot be written; at the latest before the first epoch.

    JSON has no NaN and no infinities: they become ``null``. Matrices are lists of
    rows.

    >>> import tempfile
    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> file = Path(tempfile.mkdtemp()) / "history.jsonl"
    >>> history = model.fit(x, y, epochs=2, callbacks=[HistoryFile(file)], verbose=0)
    >>> [json.loads(line)["epoch"] for line in file.read_text().splitlines()]
    [0, 1]
    """

    only_records = True

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self._lines: dict[int, str] = {}  # the last one of each epoch
        self._done = 0  # epochs of the history that are in the file
        self._file: TextIO | None = None

    def on_train_begin(self, logs: Logs) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lines = self._written()
        self._file = self.path.open("a", encoding="utf-8", newline="\n")
        self._done = 0
        self._catch_up()  # with the epochs before, if training is resumed

    def on_position(self, position: Position) -> None:
        if position.step == 0:  # an epoch has ended, and all its measures are in the history
            self._catch_up()

    def on_train_end(self, logs: Logs) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _written(self) -> dict[int, str]:
        """The lines that are there; one that a crash cut short is taken off."""
        if not self.path.exists():
            return {}
        if not self.path.is_file():  # reading a pipe would wait for ever
            raise ArgumentError(
                f"{self.path} is no file to which lines could be added. Give another path."
            )
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        lines = whole.decode("utf-8", errors="replace").splitlines()
        return {epoch: line for line in lines if (epoch := _epoch_of(line)) is not None}

    def _catch_up(self) -> None:
        """Write the epochs that are in the history and not yet in the file."""
        history = self.model.history
        assert history is not None
        assert self._file is not None
        whole = {k: v for k, v in history.history.items() if len(v) == len(history.epoch)}
        for place in range(self._done, len(history.epoch)):
            epoch = history.epoch[place]
            measures = {name: _plain(values[place]) for name, values in whole.items()}
            line = json.dumps({"epoch": epoch, **measures}, allow_nan=False)
            if self._lines.get(epoch) != line:
                self._file.write(f"{line}\n")
                self._file.flush()
                self._lines[epoch] = line
        self._done = len(history.epoch)


def _epoch_of(line: str) -> int | None:
    try:
        epoch = json.loads(line)["epoch"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return epoch if isinstance(epoch, int) else None


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
