"""Gradient descent on a curve, with a learning rate too small, right and too large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, NonFiniteError
from neurona.plots.canvas import canvas, grid_shape
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 301
STEP = 1e-6
FAR = 1e6  # times the start's distance: a walk that goes there has diverged


@dataclass(frozen=True, eq=False)
class Walk:
    """One descent.

    Attributes:
        rate: η.
        w: (steps + 1,) the weight, from its start; shorter if it diverged.
        losses: E of each.
        diverged: whether it ended higher than it began, or went out of sight.
    """

    rate: float
    w: Float64
    losses: Float64
    diverged: bool


@dataclass(frozen=True, eq=False)
class Descent:
    """Descents on one curve, with several learning rates.

    Attributes:
        w, losses: (301,) the curve.
        walks: one for each learning rate.
    """

    w: Float64
    losses: Float64
    walks: tuple[Walk, ...]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw a panel for each learning rate: the curve, and the steps on it."""
        with canvas(ax, theme) as area:
            rows, columns = grid_shape(len(self.walks), 4)
            panels = area.many(rows, columns, (2.8 * columns, 2.7 * rows))
            for spare in panels[len(self.walks) :]:
                spare.remove()
            height = float(self.losses.max() - self.losses.min())
            low = float(self.losses.min())
            for panel, walk in zip(panels, self.walks, strict=False):
                panel.plot(self.w, self.losses, color=area.theme.quiet)
                panel.plot(
                    walk.w,
                    walk.losses,
                    "o-",
                    color=area.theme.colour(1 if walk.diverged else 0),
                    markersize=3.5,
                    linewidth=1.0,
                )
                panel.set(xlim=(self.w[0], self.w[-1]), ylim=(low - 0.05 * height, low + height))
                panel.set(xlabel="weight w", title=self._title(walk))
            panels[0].set_ylabel("loss E")
            return panels[: len(self.walks)]

    def _title(self, walk: Walk) -> str:
        count = len(walk.w) - 1
        if walk.diverged:
            return f"η = {walk.rate:g}: away, {count} steps"
        return f"η = {walk.rate:g}: {walk.losses[-1]:.2g} after {count} steps"


def parabola(w: Any) -> Any:
    """``E(w) = w²``: descent converges for η < 1, in one step for η = ½.

    >>> parabola(3.0)
    9.0
    """
    return w**2


def descent_data(
    rates: Sequence[float] = (0.02, 0.3, 1.05),
    curve: Callable[[Any], Any] = parabola,
    start: float = -1.6,
    steps: int = 12,
    low: float = -2.2,
    high: float = 2.2,
) -> Descent:
    """Go down a curve by ``w ← w − η E'(w)``, once for each learning rate.

    Args:
        rates: the learning rates η, each above 0.
        curve: E(w) of an array, elementwise; its derivative is taken by central
            differences.
        start: the first w.
        steps: of each descent.
        low, high: the part of the curve to draw.

    Raises:
        ArgumentError: no rates, or ``high`` is not above ``low``.
        NonFiniteError: the curve is not finite at the start.

    >>> small, right, large = descent_data((0.02, 0.5, 1.05), steps=1).walks
    >>> abs(right.w[-1]) < 1e-6, large.diverged
    (np.True_, True)
    """
    several = [checks.positive("rates", rate) for rate in rates]
    if not several:
        raise ArgumentError("rates is empty: give at least one learning rate.")
    low, high = checks.real("low", low), checks.real("high", high)
    if not low < high:
        raise ArgumentError(f"high must be above low, got low={low:g} and high={high:g}.")
    first, count = checks.real("start", start), checks.integer("steps", steps, 1)
    w = np.linspace(low, high, POINTS)
    walks = tuple(_walk(curve, rate, first, count, high - low) for rate in several)
    return Descent(w, np.asarray(curve(w), dtype=np.float64), walks)


def descent(
    rates: Sequence[float] = (0.02, 0.3, 1.05),
    curve: Callable[[Any], Any] = parabola,
    start: float = -1.6,
    steps: int = 12,
    low: float = -2.2,
    high: float = 2.2,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw what a learning rate too small, right and too large does on a curve.

    Args:
        rates, curve, start, steps, low, high: as in :func:`descent_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> [panel.get_title() for panel in descent()]
    ['η = 0.02: 0.96 after 12 steps', 'η = 0.3: 7.2e-10 after 12 steps', 'η = 1.05: away, 12 steps']
    """
    return descent_data(rates, curve, start, steps, low, high).plot(ax, theme=theme)


def _walk(curve: Callable[[Any], Any], rate: float, start: float, steps: int, width: float) -> Walk:
    h = STEP * width
    path = [start]
    for _ in range(steps):
        w = path[-1]
        with np.errstate(all="ignore"):
            slope = (float(curve(w + h)) - float(curve(w - h))) / (2 * h)
        following = w - rate * slope
        if not abs(following) <= FAR * width:
            break
        path.append(following)
    walked = np.array(path)
    losses = np.asarray(curve(walked), dtype=np.float64)
    if not np.isfinite(losses[0]):
        raise NonFiniteError(f"The curve is not finite at start={start:g}.")
    return Walk(rate, walked, losses, len(path) <= steps or not losses[-1] <= losses[0])
