"""Progress as a live bar."""

from __future__ import annotations

import signal
from time import perf_counter

from neurona.callbacks.callback import Logs
from neurona.callbacks.progress.lines import ProgressLines
from neurona.callbacks.progress.screens import Frame, Screen, find_screen
from neurona.callbacks.progress.text import duration
from neurona.runs.signals import HeldSignals

REFRESH = 0.2  # seconds from one picture of the bar to the next
MEASURING = 1.0  # seconds of an epoch after which its measuring is worth a word


class ProgressBar(ProgressLines):
    """Shows a live bar on a terminal or in a notebook, and lines anywhere else.

    The bar is that of the whole run, all epochs; below it are the running means
    of the epoch. Above it stay the lines of :class:`ProgressLines`. The bar goes
    when training ends, also by an error or Ctrl-C.

    Args:
        interval: the least seconds from one line to the next.
    """

    def __init__(self, interval: float = 1.0) -> None:
        super().__init__(interval)
        self._screen: Screen | None = None
        self._drawn = 0.0  # when the bar last was

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        super().on_epoch_begin(epoch, logs)
        if epoch == self._pace.first:
            self._screen = find_screen()
            self._draw({}, self._pace.epoch_began)

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        if self._screen is None:
            super().on_progress(done, total, logs)
            return
        self._pace.progress(done, total)
        now = perf_counter()
        measuring = self._measures_next(done, total, now)
        if measuring or now - self._drawn >= REFRESH:
            self._draw(logs, now, "measuring" if measuring else "")

    def on_train_end(self, logs: Logs) -> None:
        try:
            super().on_train_end(logs)
        finally:
            screen, self._screen = self._screen, None
            if screen is not None:
                with HeldSignals(signal.SIGINT):
                    screen.close()

    def _measures_next(self, done: int, total: int | None, now: float) -> bool:
        """Whether the epoch's steps are through, and it will be a while until its end."""
        if done != total or now - self._pace.epoch_began < MEASURING:
            return False
        return any(name.startswith(("val_", "train_")) for name in self.params["measures"])

    def _draw(self, logs: Logs, now: float, doing: str = "") -> None:
        if self._screen is None:
            return
        pace = self._pace
        notes = [self._place() if pace.within_epoch is None else f"{pace.fraction:.0%}"]
        notes += [doing] if doing else self._left(now)
        notes += [f"{duration(pace.epoch_seconds)}/epoch"] if pace.epoch_seconds else []
        title = self._title(pace.epoch)
        frame = Frame(title, pace.fraction, notes, self._measures(logs))
        with HeldSignals(signal.SIGINT):  # of half a picture, a piece would stay
            self._screen.draw(frame)
        self._drawn = now

    def _show(self, parts: list[str]) -> None:
        if self._screen is None:
            super()._show(parts)
        else:
            with HeldSignals(signal.SIGINT):
                self._screen.write(parts)
