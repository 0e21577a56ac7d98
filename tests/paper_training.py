"""Training on paper, with a clock and a terminal of our own, for tests of the display."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from neurona.callbacks.progress import bar, lines

MEASURES = {
    "loss": "running mean over the epoch's batches, while the weights were changing",
    "accuracy": "running mean over the epoch's batches, while the weights were changing",
    "val_loss": "the validation set, with the weights at the epoch's end",
}


class Clock:
    """A clock that goes when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        for module in (lines, bar):
            monkeypatch.setattr(module, "perf_counter", lambda: self.now)


class Terminal(io.StringIO):
    """A terminal that knows what rich sends, and tells what is to be seen at the end."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    @property
    def cursor_shown(self) -> bool:
        return self.getvalue().rfind("\x1b[?25h") >= self.getvalue().rfind("\x1b[?25l")

    def rows(self) -> list[str]:
        """What is to be seen, down to the cursor's row at least."""
        rows, row, column = [""], 0, 0
        for token in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|.|\n", self.getvalue()):
            if token == "\n":
                row, column = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
            elif token == "\r":
                column = 0
            elif token == "\x1b[2K":
                rows[row] = ""
            elif token.endswith("A") and token.startswith("\x1b"):
                row -= int(token[2:-1])
            elif not token.startswith("\x1b"):
                rows[row] = rows[row][:column].ljust(column) + token + rows[row][column + 1 :]
                column += 1
        while len(rows) > row + 1 and not rows[-1]:
            rows.pop()  # wiped clean
        return [line.rstrip() for line in rows]


def train(
    progress: Any,
    clock: Clock,
    epochs: int,
    seconds: float,
    calls: int = 4,
    stop_after: int | None = None,
    total: int | None = 1000,
) -> None:
    """Train on paper: epochs of so many seconds, each with so many calls of on_progress."""
    progress.params = {"epochs": epochs, "samples": total, "measures": MEASURES}
    progress.on_train_begin({})
    try:
        for epoch in range(epochs):
            progress.on_epoch_begin(epoch, {})
            for call in range(1, calls + 1):
                clock.now += seconds / calls
                running = {"loss": 1.0 / call, "accuracy": 0.5}
                progress.on_progress(1000 * call // calls, total, running)
            progress.on_epoch_end(epoch, {"loss": 0.25, "accuracy": 0.5, "val_loss": 0.375})
            if epoch + 1 == stop_after:
                break
    finally:
        progress.on_train_end({})


def epochs_shown(out: str) -> list[int]:
    """The numbers of the epochs that have a line."""
    return [int(found) for found in re.findall(r"^epoch +(\d+)/", out, re.MULTILINE)]
