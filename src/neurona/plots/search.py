"""The results of a search: what each setting did to the score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.errors import ArgumentError, ArgumentTypeError, NonFiniteError
from neurona.plots.canvas import Canvas, canvas
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SETTINGS = 12
DECADES = 100.0  # from here on, from least to greatest, a scale is logarithmic
COLUMNS = 3


@dataclass(frozen=True, eq=False)
class Setting:
    """One setting over all trials.

    Attributes:
        places: (n,) its values; of one that is not a number, the number of its name.
        names: of such values, in the order of their numbers; empty for numbers.
        logarithmic: whether the values, all positive, span two decades or more.
    """

    places: Float64
    names: tuple[str, ...]
    logarithmic: bool


@dataclass(frozen=True, eq=False)
class SearchResults:
    """Trials with their settings and scores.

    Attributes:
        settings: by name, those that were not the same in all trials.
        scores: (n,) one a trial.
        score: its name.
        best: the place of the best trial.
    """

    settings: dict[str, Setting]
    scores: Float64
    score: str
    best: int

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw a panel for each setting: the score by its value, the best trial marked."""
        with canvas(ax, theme) as area:
            columns = min(COLUMNS, len(self.settings))
            rows = -(-len(self.settings) // columns)
            panels = area.many(rows, columns, (2.6 * columns + 0.4, 2.4 * rows))
            for number, (panel, name) in enumerate(zip(panels, self.settings, strict=False)):
                self._draw(panel, name, area)
                if number % columns == 0:
                    panel.set_ylabel(self.score)
            for panel in panels[len(self.settings) :]:
                panel.set_axis_off()
            return panels

    def _draw(self, panel: Axes, name: str, area: Canvas) -> None:
        setting = self.settings[name]
        panel.scatter(
            setting.places,
            self.scores,
            s=16,
            color=area.theme.colour(0),
            linewidths=0,
            alpha=0.7,
            label="trials",
        )
        panel.scatter(
            setting.places[self.best],
            self.scores[self.best],
            s=70,
            marker="*",
            color=area.theme.colour(1),
            linewidths=0,
            zorder=3,
            label="best",
        )
        panel.set_xlabel(name)
        if setting.logarithmic:
            panel.set_xscale("log")
        if setting.names:
            panel.set_xticks(range(len(setting.names)), setting.names)
            panel.set_xlim(-0.5, len(setting.names) - 0.5)


def search_results_data(
    results: Sequence[Mapping[str, Any]], score: str = "score", lower_is_better: bool = False
) -> SearchResults:
    """Order a search's trials by setting.

    Args:
        results: for each trial its settings and its score, by name: what a loop over
            settings collects.
        score: which of the names is the score.
        lower_is_better: for losses and errors.

    Raises:
        ArgumentError: a trial lacks a name, or nothing was varied.
        ArgumentTypeError: a trial is no mapping, or a score no number.
        NonFiniteError: a score is NaN or infinite.

    >>> trials = [{"units": u, "score": s} for u, s in [(4, 0.8), (8, 0.9), (16, 0.85)]]
    >>> found = search_results_data(trials)
    >>> found.best, found.settings["units"].places.tolist()
    (1, [4.0, 8.0, 16.0])
    """
    trials = list(results)
    if not trials:
        raise ArgumentError("results holds no trial.")
    for number, trial in enumerate(trials):
        if not isinstance(trial, Mapping):
            raise ArgumentTypeError(
                f"results[{number}] must map names to values, got {type(trial).__name__}."
            )
        if set(trial) != set(trials[0]) or score not in trial:
            raise ArgumentError(
                f"results[{number}] must have the names of the first trial and {score!r}; "
                f"got {sorted(map(str, trial))}."
            )
        if isinstance(trial[score], bool) or not isinstance(trial[score], Real):
            raise ArgumentTypeError(
                f"results[{number}][{score!r}] must be a number, got {trial[score]!r}."
            )
    scores = np.array([float(trial[score]) for trial in trials])
    if not np.isfinite(scores).all():
        place = int(np.argmin(np.isfinite(scores)))
        raise NonFiniteError(
            f"results[{place}][{score!r}] is {scores[place]}. Leave out trials that failed."
        )
    settings = {
        str(name): _setting([trial[name] for trial in trials])
        for name in trials[0]
        if name != score
    }
    varied = {name: each for name, each in settings.items() if np.ptp(each.places) > 0}
    if not 1 <= len(varied) <= MOST_SETTINGS:
        raise ArgumentError(
            f"Between 1 and {MOST_SETTINGS} settings must differ among the trials; "
            f"{len(varied)} of {len(settings)} do."
        )
    best = int(np.argmin(scores) if lower_is_better else np.argmax(scores))
    return SearchResults(varied, scores, score, best)


def search_results(
    results: Sequence[Mapping[str, Any]],
    score: str = "score",
    lower_is_better: bool = False,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw what each setting of a search did to the score.

    Args:
        results, score, lower_is_better: as in :func:`search_results_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> rates = [{"learning_rate": 10.0**-k, "loss": (k - 2) ** 2} for k in range(5)]
    >>> panels = search_results(rates, score="loss", lower_is_better=True)
    >>> panels[0].get_xscale()
    'log'
    """
    return search_results_data(results, score, lower_is_better).plot(ax, theme=theme)


def _setting(values: list[Any]) -> Setting:
    numbers = all(isinstance(v, Real) and not isinstance(v, bool) for v in values)
    if numbers and all(map(math.isfinite, values)):
        places = np.array(values, float)
        low, high = places.min(), places.max()
        return Setting(places, (), bool(low > 0 and high / low >= DECADES))
    names = tuple(dict.fromkeys(map(str, values)))
    return Setting(np.array([names.index(str(v)) for v in values], float), names, False)
