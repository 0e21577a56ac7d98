"""What a regression leaves over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.errors import NonFiniteError, ShapeError
from neurona.plots.canvas import canvas
from neurona.plots.regression import columns
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Residuals:
    """What a regression left over: ``residual = y − p``.

    Attributes:
        y, p: (n,) targets and predictions.
        r2: 1 − Σ(y − p)² / Σ(y − ȳ)², NaN if all y are alike.
        rmse: the root of the mean square residual.
        bias: the mean residual.
    """

    y: Float64
    p: Float64
    r2: float
    rmse: float
    bias: float

    @property
    def residual(self) -> Float64:
        """(n,) y − p."""
        return self.y - self.p

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw three panels: truth by prediction, residual by prediction, their histogram."""
        with canvas(ax, theme) as area:
            panels = area.many(1, 3, (9.0, 3.0))
            dots: Any = {"s": 10, "linewidths": 0, "alpha": 0.6, "color": area.theme.colour(0)}
            ends = [min(self.y.min(), self.p.min()), max(self.y.max(), self.p.max())]
            panels[0].plot(ends, ends, color=area.theme.ink, linewidth=1.0)
            panels[0].scatter(self.p, self.y, **dots)
            panels[0].set(xlabel="prediction", ylabel="truth", title=f"R² = {self.r2:.3f}")
            panels[1].axhline(0.0, color=area.theme.ink, linewidth=1.0)
            panels[1].scatter(self.p, self.residual, **dots)
            panels[1].set(xlabel="prediction", ylabel="truth − prediction")
            panels[1].set_title(f"RMSE = {self.rmse:.3g}")
            bins = min(40, max(8, round(len(self.y) ** 0.5)))
            panels[2].hist(self.residual, bins=bins, color=area.theme.colour(0))
            panels[2].axvline(self.bias, color=area.theme.colour(1), linewidth=1.6)
            panels[2].set(xlabel="truth − prediction", ylabel="rows", title=f"mean {self.bias:.2g}")
            return panels


def residuals_data(y: Any, p: Any) -> Residuals:
    """Compare predictions with the truth.

    Args:
        y: (n,) or (n, 1) targets.
        p: (n,) or (n, 1) predictions.

    Raises:
        ShapeError: they differ in shape, or have several outputs.
        NonFiniteError: a prediction or target is NaN or infinite.

    >>> left = residuals_data([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    >>> left.residual.tolist(), left.r2
    ([0.0, 0.0, 1.0], 0.5)
    """
    truth, said = columns("y", y), columns("p", p)
    if truth.shape != said.shape or truth.shape[1] != 1:
        raise ShapeError(
            f"y has shape {np.shape(y)} and p has {np.shape(p)}; give both as (n,), one output at "
            f"a time: y[:, 0] and p[:, 0]."
        )
    truth, said = truth[:, 0], said[:, 0]
    bad = ~(np.isfinite(truth) & np.isfinite(said))
    if bad.any():
        raise NonFiniteError(f"Row {int(bad.argmax())} of y or p is NaN or infinite.")
    left = truth - said
    spread = float(((truth - truth.mean()) ** 2).sum())
    r2 = 1.0 - float((left**2).sum()) / spread if spread else float("nan")
    return Residuals(truth, said, r2, float(np.sqrt((left**2).mean())), float(left.mean()))


def residuals(y: Any, p: Any, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
    """Draw what a regression left over.

    Args:
        y, p: as in :func:`residuals_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> [panel.get_title() for panel in residuals([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])][:2]
    ['R² = 0.500', 'RMSE = 0.577']
    """
    return residuals_data(y, p).plot(ax, theme=theme)
