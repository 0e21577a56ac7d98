"""Regression: the fitted curve over the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.data.arrays import as_array
from neurona.errors import ArgumentError, ArgumentTypeError, NonFiniteError, ShapeError
from neurona.plots.canvas import canvas
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 300
MARGIN = 0.05


@dataclass(frozen=True, eq=False)
class RegressionFit:
    """A model's output along one feature, and the data.

    Attributes:
        x, y: (n,) the data: that feature, and the target.
        line, fit: (300,) the feature, and what the model says there.
        names: of the feature and of the target.
        others: whether other features were held fixed: then the data lie off the line.
    """

    x: Float64
    y: Float64
    line: Float64
    fit: Float64
    names: tuple[str, str]
    others: bool

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the data and the curve."""
        with canvas(ax, theme) as area:
            panel = area.one((5.2, 3.4))
            panel.scatter(
                self.x,
                self.y,
                s=14 if len(self.x) < 400 else 6,
                color=area.theme.colour(0),
                linewidths=0,
                alpha=0.6,
                label="data",
            )
            label = "model, other features fixed" if self.others else "model"
            panel.plot(self.line, self.fit, color=area.theme.colour(1), linewidth=2.2, label=label)
            panel.set(xlabel=self.names[0], ylabel=self.names[1])
            area.names(panel)
            return panel


def regression_fit_data(
    model: Any,
    x: Any,
    y: Any,
    feature: int = 0,
    output: int = 0,
    at: Any = None,
    names: Sequence[str] = ("x", "y"),
) -> RegressionFit:
    """Take a model's output along one feature.

    Args:
        model: with ``predict`` of rows, or a function of rows.
        x: (n,) or (n, features) the data.
        y: (n,) or (n, outputs) the targets.
        feature, output: which to draw.
        at: the other features' values, a row of all features; by default the mean of x.
        names: of feature and target.

    Raises:
        ShapeError, ArgumentError: something does not fit.
        NonFiniteError: the model gives NaN or infinity.

    >>> fit = regression_fit_data(lambda rows: 2 * rows[:, 0], [0.0, 1.0], [0.0, 2.0])
    >>> bool(np.allclose(fit.fit, 2 * fit.line))
    True
    """
    rows = as_array("x", x).astype(np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    targets = columns("y", y)
    if rows.ndim != 2 or len(rows) != len(targets):
        raise ShapeError(
            f"x must have shape (n, features) and y a row for each; got {rows.shape} and "
            f"{targets.shape}."
        )
    column = checks.integer("feature", feature, 0, rows.shape[1] - 1)
    number = checks.integer("output", output, 0, targets.shape[1] - 1)
    if isinstance(names, str) or len(names) != 2:
        raise ArgumentError(f"names must be two, of feature and target; got {names!r}.")
    base = rows.mean(axis=0) if at is None else as_array("at", at).astype(np.float64)
    if base.shape != rows.shape[1:]:
        raise ShapeError(f"at must be a row of {rows.shape[1]} features, got shape {base.shape}.")
    low, high = float(rows[:, column].min()), float(rows[:, column].max())
    room = MARGIN * (high - low) or 0.5
    line = np.linspace(low - room, high + room, POINTS)
    asked = np.tile(base, (POINTS, 1))
    asked[:, column] = line
    said = columns("the model's output", _predictor(model)(asked))
    if number >= said.shape[1] or len(said) != POINTS:
        raise ShapeError(
            f"The model gave shape {said.shape} for {POINTS} rows: no output {number}."
        )
    if not np.isfinite(said).all():
        raise NonFiniteError("The model gives NaN or infinity along the feature.")
    return RegressionFit(
        rows[:, column],
        targets[:, number],
        line,
        said[:, number],
        (str(names[0]), str(names[1])),
        rows.shape[1] > 1,
    )


def regression_fit(
    model: Any,
    x: Any,
    y: Any,
    feature: int = 0,
    output: int = 0,
    at: Any = None,
    names: Sequence[str] = ("x", "y"),
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw a model's output along one feature, over the data.

    Args:
        model, x, y, feature, output, at, names: as in :func:`regression_fit_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> ax = regression_fit(lambda rows: 2 * rows[:, 0], [0.0, 1.0], [0.0, 2.0])
    >>> ax.get_legend().get_texts()[1].get_text()
    'model'
    """
    return regression_fit_data(model, x, y, feature, output, at, names).plot(ax, theme=theme)


def _predictor(model: Any) -> Callable[[Float64], Any]:
    found = getattr(model, "predict", model)
    if not callable(found):
        raise ArgumentTypeError(
            f"model must have predict, or be a function of rows; got {type(model).__name__}."
        )
    return found  # type: ignore[no-any-return]


def columns(name: str, values: Any) -> Float64:
    """Values (n,) or (n, outputs) as float64 (n, outputs)."""
    array = as_array(name, values).astype(np.float64)
    if array.ndim > 2:
        raise ShapeError(f"{name} must have shape (n,) or (n, outputs), got {array.shape}.")
    return array[:, None] if array.ndim == 1 else array
