"""How far a training run is, and how long it will still take."""

from __future__ import annotations

SHORT = 0.1  # seconds; epochs that take less may be told of many at a time


class Pace:
    """Reckons with times that it is given, in seconds from any origin.

    Args:
        first, last: the epochs to run, counted from 0; ``last`` is not run.
        now: the time.
        rows: in an epoch, if that is known.
    """

    def __init__(self, first: int, last: int, now: float, rows: int | None = None) -> None:
        self.first, self.last = first, last
        self.began = self.epoch_began = now
        self.epoch = first
        self.epoch_seconds = 0.0  # of the last whole epoch; of short ones, the mean
        self._done = 0
        self._rows = rows
        self._before = 0.0  # the fraction that was done before

    def begin_epoch(self, epoch: int, now: float) -> None:
        """An epoch begins."""
        self.epoch, self.epoch_began, self._done = epoch, now, 0

    def enter(self, done: int) -> None:
        """The epoch is entered where so many of its rows were done before."""
        self._done = done
        self._before = self.fraction

    def progress(self, done: int, total: int | None) -> None:
        """So many rows of the epoch are done, of how many if that is known."""
        self._done, self._rows = done, total or self._rows

    def end_epoch(self, now: float) -> None:
        """The epoch ends: the rows done were all that it has."""
        mean = (now - self.began) / (self.epoch + 1 - self.first)
        self.epoch_seconds = mean if mean < SHORT else now - self.epoch_began
        self._rows = self._done or self._rows
        self.epoch, self._done = self.epoch + 1, 0

    @property
    def done(self) -> int:
        """Rows done in the epoch."""
        return self._done

    @property
    def within_epoch(self) -> float | None:
        """The part of the epoch that is done; None while its length is not known."""
        return min(1.0, self._done / self._rows) if self._rows else None

    @property
    def fraction(self) -> float:
        """The part of all epochs that is done."""
        whole = self.epoch - self.first
        return min(1.0, (whole + (self.within_epoch or 0.0)) / max(1, self.last - self.first))

    def left(self, now: float) -> float | None:
        """Seconds that the rest will take at the pace so far; None before there is one."""
        done = self.fraction - self._before
        return (now - self.began) * (1.0 - self.fraction) / done if done > 0.0 else None
