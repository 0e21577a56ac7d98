"""Several models side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import neurona
from neurona.callbacks.history import History
from neurona.callbacks.progress.text import number
from neurona.errors import ArgumentError
from neurona.plots.learning import learning_curves_data
from neurona.report import markup
from neurona.report.charts import Series, line_chart
from neurona.report.contents import save_page
from neurona.report.parts import range_of
from neurona.report.results import Results, interval, resampled

MISSING = "–"


@dataclass(frozen=True, eq=False)
class Entry:
    """A run to compare.

    Attributes:
        name: told from the others' by.
        history: what its epochs measured.
        settings: by name, in words.
        results: on the test rows; None where those are not to be had.
    """

    name: str
    history: History | None
    settings: Mapping[str, str] = field(default_factory=dict)
    results: Results | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs side by side.

    Attributes:
        entries: the runs.
        settings: rows of (name, value of each run), of those settings that differ.
        results: rows of (name, value of each run).
        notes: what to mind.
    """

    entries: tuple[Entry, ...]
    settings: tuple[tuple[str, ...], ...]
    results: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the runs."""
        return tuple(entry.name for entry in self.entries)

    @property
    def html(self) -> str:
        """The page: one file that needs no other, and no script."""
        columns = range(1, len(self.entries) + 1)
        settings = (
            markup.table("Settings that differ", ("setting", *self.names), self.settings)
            if self.settings
            else markup.paragraph("All settings that are known are the same.")
        )
        contents = {
            "Results": markup.table("Results", ("result", *self.names), self.results, columns)
            + "".join(map(markup.paragraph, self.notes)),
            "Settings": settings,
            "Curves": self._curves(),
        }
        sections = {
            title: markup.section(f"s{i}", title, content)
            for i, (title, content) in enumerate(contents.items(), 1)
        }
        lead = markup.paragraph(f"{len(self.entries)} runs: {', '.join(self.names)}.")
        foot = f"Made by neurona {neurona.__version__} on {datetime.now():%Y-%m-%d %H:%M}."
        return markup.page("Runs compared", lead, sections, foot)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file ending in ``.html``, whole or not at all.

        Raises:
            ArgumentError: another ending.
            OSError: the file cannot be written.
        """
        return save_page(self.html, path)

    def _curves(self) -> str:
        panels: dict[str, list[Series]] = {}
        for entry in self.entries:
            for curves in _panels(entry).values():
                for curve in curves:
                    series = Series(entry.name, curve.epochs, curve.values)
                    panels.setdefault(f"{curve.name} ({curve.label})", []).append(series)
        if not panels:
            return markup.paragraph("No run has kept its history.")
        drawn = (line_chart(title, series) for title, series in panels.items())
        return f'<div class="charts">{"".join(drawn)}</div>'


def compare(entries: Sequence[Entry]) -> Comparison:
    """Put runs side by side: what was set otherwise, and what came of it.

    Where all were judged on the same rows, each is also compared with the first by paired
    bootstrap: both on the same samples of rows, so that what is hard for both drops out.

    Args:
        entries: two runs or more, of different names.

    Raises:
        ArgumentError: fewer runs, or two of one name.

    >>> found = compare([Entry("a", None, {"seed": "1"}), Entry("b", None, {"seed": "2"})])
    >>> found.settings
    (('seed', '1', '2'),)
    """
    names = [entry.name for entry in entries]
    if len(entries) < 2:
        raise ArgumentError(f"Comparing takes two runs or more, got {len(entries)}.")
    if len(set(names)) < len(names):
        raise ArgumentError(f"The runs' names must differ, got {', '.join(names)}.")
    settings = []
    for name in dict.fromkeys(name for entry in entries for name in entry.settings):
        row = [entry.settings.get(name, MISSING) for entry in entries]
        if len(set(row)) > 1:
            settings.append((name, *row))
    rows, notes = _results(entries)
    return Comparison(tuple(entries), tuple(settings), tuple(rows), tuple(notes))


def _results(entries: Sequence[Entry]) -> tuple[list[tuple[str, ...]], list[str]]:
    found: dict[str, list[str]] = {}

    def put(name: str, place: int, value: str) -> None:
        found.setdefault(name, [MISSING] * len(entries))[place] = value

    for place, entry in enumerate(entries):
        for measure in () if entry.results is None else entry.results.measures:
            put(f"test {measure.name}", place, number(measure.value))
            put(f"… 95 % interval of {measure.name}", place, range_of(measure) or MISSING)
    judged = [entry.results for entry in entries if entry.results is not None]
    notes = []
    if len(judged) == len(entries) and _same_rows(judged):
        found |= dict(_differences(judged))
        notes.append(
            "A difference whose interval does not hold 0 is more than the chance of these test "
            "rows; a training with another seed may still differ as much."
        )
    elif len(judged) == len(entries):
        notes.append("The runs were tested on different rows: their results cannot be compared.")
    for place, entry in enumerate(entries):
        if entry.history is not None and entry.history.epoch:
            put("epochs", place, str(len(entry.history.epoch)))
            for name, curves in _panels(entry).items():
                for curve in curves:
                    put(f"last {name} ({curve.label})", place, number(float(curve.values[-1])))
            best = learning_curves_data(entry.history).best if _panels(entry) else {}
            for name, (epoch, value) in best.items():
                put(f"best validation {name}", place, f"{number(value)}, epoch {epoch:g}")
    return [(name, *cells) for name, cells in found.items()], notes


def _panels(entry: Entry) -> Mapping[str, Any]:
    if entry.history is None:
        return {}
    try:
        return learning_curves_data(entry.history).panels
    except ArgumentError:  # no epoch yet
        return {}


def _same_rows(judged: Sequence[Results]) -> bool:
    first = judged[0]
    return all(
        np.array_equal(first.x, other.x) and np.array_equal(first.y, other.y)
        for other in judged[1:]
    )


def _differences(judged: Sequence[Results]) -> list[tuple[str, list[str]]]:
    """Of accuracy, for classifiers, or else of the loss: each run's against the first one's."""
    right = all(r.true is not None for r in judged)
    rows = [r.estimated == r.true if right else r.losses for r in judged]
    values = [np.asarray(row, dtype=np.float64) for row in rows]
    cells, ranges = [MISSING], [MISSING]
    n, resamples = len(values[0]), min(r.resamples for r in judged)
    means = np.array(
        [[v[drawn].mean() for v in values] for drawn in resampled(n, resamples, seed=0)]
    )
    for place, value in enumerate(values[1:], 1):
        low, high = interval(means[:, place] - means[:, 0])
        cells.append(f"{value.mean() - values[0].mean():+.4f}")
        ranges.append(f"{low:+.4f} to {high:+.4f}")
    name = "accuracy" if right else "loss"
    return [(f"{name} against the first", cells), ("… 95 % interval", ranges)]
