"""The display of many models that train at once."""

from __future__ import annotations

import signal
from time import perf_counter
from typing import TYPE_CHECKING, Any

from neurona.callbacks.progress.bar import REFRESH
from neurona.callbacks.progress.screens import Frame, Screen, find_screen
from neurona.callbacks.progress.text import GAP, measure_parts, remaining
from neurona.callbacks.progress.verbosity import display
from neurona.runs.signals import HeldSignals

if TYPE_CHECKING:
    from neurona.callbacks.history import History


class ModelsDisplay:
    """One bar for all of them; or a line for each that is done; or nothing.

    Args:
        count: how many models.
        verbose: "auto" for the bar, where it can be drawn; 1 for the bar, or else lines;
            2 for lines; 0 for nothing.

    >>> from neurona.callbacks import History
    >>> shown = ModelsDisplay(2, verbose=2)
    >>> shown.done(1, "wide", History())
    1 of 2 models  models[1] 'wide'
    """

    def __init__(self, count: int, verbose: Any = "auto") -> None:
        display(verbose)  # refuses what it cannot be
        self._screen: Screen | None = find_screen() if verbose in ("auto", 1) else None
        self._lines = verbose == 2 or (verbose == 1 and self._screen is None)
        self._count, self._done = count, 0
        self._began, self._drawn = perf_counter(), 0.0

    def done(self, place: int, name: str, history: History) -> None:
        """A model's training has ended."""
        self._done += 1
        if self._lines:
            last = {measure: values[-1] for measure, values in history.history.items()}
            parts = [self._title(), f"models[{place}] {name!r}"]
            print(GAP.join([*parts, *measure_parts(last, history.measures)]), flush=True)

    def progress(self, within: float) -> None:
        """How much is done of those in training, added up; a whole model is 1."""
        now = perf_counter()
        if self._screen is None or now - self._drawn < REFRESH:
            return
        fraction = (self._done + within) / max(1, self._count)
        notes = [f"{fraction:.0%}"]
        if fraction > 0.0:
            notes.append(remaining((now - self._began) * (1.0 - fraction) / fraction))
        with HeldSignals(signal.SIGINT):  # of half a picture, a piece would stay
            self._screen.draw(Frame(self._title(), fraction, notes, []))
        self._drawn = now

    def _title(self) -> str:
        return f"{self._done} of {self._count} models"

    def close(self) -> None:
        """Take the bar away."""
        screen, self._screen = self._screen, None
        if screen is not None:
            with HeldSignals(signal.SIGINT):
                screen.close()
