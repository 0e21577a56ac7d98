"""Learning curves: what a run measured, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.callbacks.history import History
from neurona.callbacks.monitor import is_number, rises
from neurona.errors import ArgumentError, ArgumentTypeError, suggestion
from neurona.plots.canvas import canvas, count_along, grid_shape
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RUNNING, TRAINING, VALIDATION = "running mean", "training set", "validation set"
KINDS = {"train_": TRAINING, "val_": VALIDATION}


@dataclass(frozen=True, eq=False)
class Curve:
    """One measure in every epoch.

    Attributes:
        name: as in the history.
        label: in words, what was measured on what.
        epochs: where each value belongs, counted from 1: a running mean, made while the
            weights were changing, belongs to the middle of its epoch.
        values: NaN where there is none.
    """

    name: str
    label: str
    epochs: Float64
    values: Float64


@dataclass(frozen=True, eq=False)
class LearningCurves:
    """The curves of a run, by what they measure: ``{"loss": [running, validation], …}``.

    Attributes:
        best: for each measure, the epoch (from 1) and value of the best validation; only
            of measures whose better direction is known from the name.
    """

    panels: Mapping[str, tuple[Curve, ...]]
    best: Mapping[str, tuple[float, float]]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw one panel for each measure."""
        styles = {RUNNING: (0, ":"), TRAINING: (0, "-"), VALIDATION: (1, "-")}
        with canvas(ax, theme) as area:
            rows, columns = grid_shape(len(self.panels), 3)
            panels = area.many(rows, columns, (4.2 * columns, 3.1 * rows))
            for panel in panels[len(self.panels) :]:
                panel.remove()
            for panel, (name, curves) in zip(panels, self.panels.items(), strict=False):
                for curve in curves:
                    number, style = styles.get(curve.label, (2, "-"))
                    mark = "o" if len(curve.values) < 16 else ""
                    panel.plot(
                        curve.epochs,
                        curve.values,
                        style,
                        marker=mark,
                        markersize=3.5,
                        color=area.theme.colour(number),
                        label=curve.label,
                    )
                title = name
                if name in self.best:
                    epoch, value = self.best[name]
                    title = f"{name}: best {value:.3g} in epoch {epoch:.0f}"
                    panel.plot(epoch, value, "*", color=area.theme.ink, markersize=9)
                panel.set(title=title, xlabel="epoch", xlim=(0, None))
                count_along(panel)
                panel.grid(visible=True)
            area.names(panels[0])
            return panels[: len(self.panels)]


def learning_curves_data(history: Any, measures: Any = None) -> LearningCurves:
    """A run's measures as curves.

    Args:
        history: what ``fit`` returned, or a dict of lists by measure.
        measures: which ones, without "val_" and "train_"; by default all that are numbers.

    Raises:
        ArgumentTypeError: ``history`` is neither.
        ArgumentError: nothing was measured, or a measure that is not there.

    >>> curves = learning_curves_data({"loss": [0.9, 0.5], "val_loss": [0.8, 0.6]})
    >>> [curve.label for curve in curves.panels["loss"]]
    ['loss', 'validation set']
    """
    if isinstance(history, History):
        values, meanings, epochs = history.history, history.measures, history.epoch
    elif isinstance(history, Mapping):
        values, meanings, epochs = dict(history), {}, []
    else:
        raise ArgumentTypeError(
            f"history must be what fit returned, or a dict of lists, got {type(history).__name__}."
        )
    panels: dict[str, list[Curve]] = {}
    for name, found in values.items():
        if all(is_number(value) for value in found):
            base = name.removeprefix("val_").removeprefix("train_")
            curve = _curve(name, found, meanings, epochs)
            panels.setdefault(base, []).append(curve)
    chosen = list(panels) if measures is None else _chosen(measures, panels)
    if not chosen:
        raise ArgumentError("history holds no epochs yet: there is nothing to draw.")
    kept = {name: tuple(panels[name]) for name in chosen}
    best = {name: star for name in chosen if (star := _best(name, kept[name])) is not None}
    return LearningCurves(kept, best)


def learning_curves(
    history: Any, measures: Any = None, ax: Axes | None = None, *, theme: str | None = None
) -> list[Axes]:
    """Draw what a run measured: a panel for each measure, a star at the best validation.

    A running mean, made over an epoch while the weights were changing, is dotted and drawn
    half an epoch before measures at the epoch's end: only those can be compared.

    Args:
        history, measures: as in :func:`learning_curves_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> (panel,) = learning_curves({"loss": [0.9, 0.5], "val_loss": [0.8, 0.6]})
    >>> panel.get_title()
    'loss: best 0.6 in epoch 2'
    """
    return learning_curves_data(history, measures).plot(ax, theme=theme)


def _curve(name: str, values: Any, meanings: Mapping[str, str], epochs: list[int]) -> Curve:
    place = 1.0 + np.asarray(epochs if len(epochs) == len(values) else range(len(values)))
    label = name
    for prefix, kind in KINDS.items():
        if name.startswith(prefix):
            label = kind
    if meanings.get(name, "").startswith("running mean"):
        label, place = RUNNING, place - 0.5
    return Curve(name, label, place, np.asarray(values, dtype=np.float64))


def _chosen(measures: Any, panels: Mapping[str, Any]) -> list[str]:
    names = [measures] if isinstance(measures, str) else list(measures)
    for name in names:
        if name not in panels:
            raise ArgumentError(
                f"history has no measure {name!r}.{suggestion(str(name), panels)} "
                f"It has: {', '.join(panels)}."
            )
    return names


def _best(name: str, curves: tuple[Curve, ...]) -> tuple[float, float] | None:
    try:
        extreme = np.nanargmax if rises(name) else np.nanargmin
    except ArgumentError:
        return None  # the name does not tell which way is better
    for curve in curves:
        if curve.label == VALIDATION and np.isfinite(curve.values).any():
            place = int(extreme(curve.values))
            return float(curve.epochs[place]), float(curve.values[place])
    return None
