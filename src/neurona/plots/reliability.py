"""The reliability diagram: whether probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError
from neurona.plots.canvas import canvas
from neurona.plots.outcomes import outcomes
from neurona.plots.plane import Ints
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predicted probabilities beside what came true, bin by bin.

    Attributes:
        edges: (bins + 1,) of the bins, from 0 to 1.
        counts: (bins,) rows in each.
        predicted, observed: (bins,) mean probability and share that came true; NaN where
            a bin is empty.
        calibration_error: Σ counts / n · |observed − predicted| (ECE).
        brier: the mean of (probability − outcome)².
        classes: whether the probability is that of the estimated class, of three or more,
            in place of that of class 1.
    """

    edges: Float64
    counts: Ints
    predicted: Float64
    observed: Float64
    calibration_error: float
    brier: float
    classes: bool

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw the diagram, and below it how many rows are in each bin."""
        with canvas(ax, theme) as area:
            top, bottom = area.many(2, 1, (4.0, 4.4), height_ratios=(3, 1))
            filled = self.counts > 0
            top.plot([0, 1], [0, 1], "--", color=area.theme.quiet, label="calibrated")
            top.plot(
                self.predicted[filled],
                self.observed[filled],
                "o-",
                color=area.theme.colour(0),
                label=f"model, error {self.calibration_error:.3f}",
            )
            what = "share that was right" if self.classes else "share that is positive"
            top.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel=what)
            top.set_title("reliability of probabilities")
            top.tick_params(labelbottom=False)
            area.names(top, "upper left")
            bottom.stairs(self.counts, self.edges, fill=True, color=area.theme.colour(0))
            bottom.set(xlim=(-0.02, 1.02), ylabel="rows", xlabel="predicted probability")
            return [top, bottom]


def reliability_diagram_data(y: Any, p: Any, bins: int = 10) -> Reliability:
    """Compare predicted probabilities with what came true.

    With two classes the probability is that of class 1, and true is that the row is of
    class 1. With more it is that of the estimated class, and true is that it was right.

    Args:
        y: (n,) classes, or one-hot rows (n, k).
        p: (n,) or (n, 1) probabilities of class 1; or (n, k).
        bins: of equal width.

    Raises:
        ArgumentError: p holds no probabilities.
        ShapeError, DataError, NonFiniteError: something does not fit.

    Source: Niculescu-Mizil & Caruana 2005; Guo, Pleiss, Sun & Weinberger 2017, "On
    calibration of modern neural networks".

    >>> found = reliability_diagram_data([0, 1, 1, 1], [0.2, 0.2, 0.9, 0.9], bins=2)
    >>> found.observed.tolist(), round(found.calibration_error, 3)
    ([0.5, 1.0], 0.2)
    """
    said = outcomes("reliability_diagram", y, p)
    if said.p is None or said.p.min() < 0.0 or said.p.max() > 1.0 + 1e-6:
        raise ArgumentError(
            "p must hold probabilities in [0, 1], as softmax and sigmoid give them; classes and "
            "scores say nothing of how sure the model is."
        )
    several = said.classes > 2
    chance = said.p[np.arange(len(said.true)), said.estimated] if several else said.p[:, 1]
    came = (said.true == said.estimated) if several else said.true == 1
    count = checks.integer("bins", bins, 1)
    edges = np.linspace(0.0, 1.0, count + 1)
    place = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, count - 1)
    counts = np.bincount(place, minlength=count)
    with np.errstate(invalid="ignore"):  # 0 / 0: an empty bin
        predicted = np.bincount(place, chance, count) / counts
        observed = np.bincount(place, came, count) / counts
    gaps = np.where(counts > 0, np.abs(observed - predicted), 0.0)
    return Reliability(
        edges,
        counts,
        predicted,
        observed,
        float((counts * gaps).sum() / len(came)),
        float(((chance - came) ** 2).mean()),
        several,
    )


def reliability_diagram(
    y: Any, p: Any, bins: int = 10, ax: Axes | None = None, *, theme: str | None = None
) -> list[Axes]:
    """Draw predicted probabilities beside the share that came true.

    Args:
        y, p, bins: as in :func:`reliability_diagram_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> top, bottom = reliability_diagram([0, 1, 1, 1], [0.2, 0.2, 0.9, 0.9])
    >>> top.get_legend().get_texts()[1].get_text()
    'model, error 0.200'
    """
    return reliability_diagram_data(y, p, bins).plot(ax, theme=theme)
