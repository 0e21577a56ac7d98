"""Progress as plain lines, for logs and pipes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from neurona import checks
from neurona.callbacks.callback import Callback, Logs
from neurona.callbacks.progress.pace import Pace
from neurona.callbacks.progress.text import GAP, duration, measure_parts, remaining

if TYPE_CHECKING:
    from neurona.runs.position import Position

SIGN_OF_LIFE = 10.0  # seconds without a line, after which one comes within an epoch


class ProgressLines(Callback):
    """Prints the measures of epochs, a line each.

    A line names the epoch and its measures, the time that it took, and the time
    that the rest will take if training goes through all its epochs. What is a
    running mean is called so.

    Args:
        interval: the least seconds from one line to the next. An epoch that ends
            sooner goes without a line, but never the last. 0 for every epoch's
            line, and none within epochs.

    >>> lines = ProgressLines(interval=0.0)
    >>> lines.params = {"epochs": 2, "measures": {"loss": "running mean over …"}}
    >>> lines.on_train_begin({})
    >>> lines.on_epoch_begin(0, {})
    >>> lines.on_epoch_end(0, {"loss": 0.5})  # doctest: +ELLIPSIS
    epoch 1/2  running loss 0.5000  ... ms/epoch  under 1 s left
    """

    only_records = True

    def __init__(self, interval: float = 1.0) -> None:
        self.interval = checks.real("interval", interval, 0.0)
        self._pace = Pace(0, 0, 0.0)
        self._written = 0.0  # when the last line was
        self._skipped: _Ended | None = None  # the last epoch, if it went without a line

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def epochs_to_hear(self) -> int | None:
        """Each, if each is to have its line when it ends."""
        return None if self.interval else 1

    def on_train_begin(self, logs: Logs) -> None:
        first, rows = self.params.get("start_epoch", 0), self.params.get("samples")
        self._pace = Pace(first, self.params["epochs"], perf_counter(), rows)
        self._written, self._skipped = -math.inf, None

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        self._pace.begin_epoch(epoch, perf_counter())

    def on_resume(self, position: Position) -> None:
        self._pace.enter(position.rows)

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        self._pace.progress(done, total)
        if self.interval == 0.0:
            return
        now = perf_counter()
        if now - max(self._written, self._pace.began) >= max(self.interval, SIGN_OF_LIFE):
            parts = [self._title(self._pace.epoch), self._place(), *self._measures(logs)]
            self._write([*parts, *self._left(now)], now)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        now = perf_counter()
        self._pace.end_epoch(now)
        ended = _Ended(epoch, dict(logs), self._pace.epoch_seconds)
        if now - self._written >= self.interval or epoch + 1 == self._pace.last:
            self._write_epoch(ended, now)
        else:
            self._skipped = ended

    def on_finding(self, text: str) -> None:
        self._show([f"doctor: {text}"])

    def on_train_end(self, logs: Logs) -> None:
        if self._skipped is not None:  # training ended earlier than it might have
            self._write_epoch(self._skipped, math.inf)

    def _write_epoch(self, ended: _Ended, now: float) -> None:
        parts = [self._title(ended.epoch), *self._measures(ended.logs)]
        self._write([*parts, f"{duration(ended.seconds)}/epoch", *self._left(now)], now)
        self._skipped = None

    def _write(self, parts: list[str], now: float) -> None:
        self._written = now
        self._show(parts)

    def _show(self, parts: list[str]) -> None:
        print(GAP.join(parts), flush=True)

    def _title(self, epoch: int) -> str:
        last = str(self._pace.last)
        return f"epoch {epoch + 1:{len(last)}}/{last}"

    def _place(self) -> str:
        """How far the epoch is."""
        within = self._pace.within_epoch
        return f"{self._pace.done} rows" if within is None else f"{within:.0%}"

    def _measures(self, logs: Logs) -> list[str]:
        return measure_parts(logs, self.params.get("measures", {}))

    def _left(self, now: float) -> list[str]:
        """The time still to go, if that is known and not nought."""
        left = self._pace.left(now) if math.isfinite(now) else None
        return [remaining(left)] if left else []


@dataclass(frozen=True)
class _Ended:
    """An epoch that has ended."""

    epoch: int
    logs: Logs
    seconds: float
