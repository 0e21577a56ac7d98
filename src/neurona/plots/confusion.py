"""The confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.plots import themes
from neurona.plots.canvas import canvas
from neurona.plots.outcomes import names_of, outcomes
from neurona.plots.plane import Ints
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_WRITTEN = 30  # classes whose counts are written into the cells


@dataclass(frozen=True, eq=False)
class Confusion:
    """How often each class was taken for each.

    Attributes:
        counts: (k, k) rows of each true class (down) by estimated class (across).
        class_names: of the k classes.
        shares: whether the picture shows shares of each true class in place of counts.
    """

    counts: Ints
    class_names: tuple[str, ...]
    shares: bool = False

    @property
    def total(self) -> int:
        """How many rows there were."""
        return int(self.counts.sum())

    @property
    def errors(self) -> int:
        """How many were taken for another class."""
        return self.total - int(np.trace(self.counts))

    @property
    def share(self) -> Float64:
        """(k, k) of each true class, which share was taken for which; 0 if it has no rows."""
        rows = self.counts.sum(axis=1, keepdims=True)
        return np.asarray(self.counts / np.maximum(rows, 1))

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the matrix, darker where a larger share of the true class is."""
        k = len(self.class_names)
        with canvas(ax, theme) as area:
            side = min(9.0, max(3.2, 0.46 * k + 1.4))
            panel = area.one((side, side * 0.95))
            colours = area.sequential()
            share = self.share
            panel.imshow(share, cmap=colours, vmin=0.0, vmax=1.0)
            if k <= MOST_WRITTEN:
                for i, j in np.ndindex(k, k):
                    bright = themes.luminance(colours(float(share[i, j]))) > 0.5
                    known = themes.LIGHT.ink if bright else themes.DARK.ink
                    zero = self.counts[i, j] == 0
                    panel.text(
                        j,
                        i,
                        "·" if zero else self._written(i, j),
                        ha="center",
                        va="center",
                        color=area.theme.quiet if zero else known,
                        fontsize=9 if k <= 12 else 6,
                    )
            long = max(map(len, self.class_names)) > 3
            panel.set_xticks(
                range(k),
                self.class_names,
                rotation=45 if long else 0,
                ha="right" if long else "center",
                rotation_mode="anchor",
            )
            panel.set_yticks(range(k), self.class_names)
            panel.tick_params(length=0)
            panel.set(xlabel="estimated class", ylabel="true class", title=self._title())
            for spine in panel.spines.values():
                spine.set_visible(False)
            return panel

    def _written(self, i: int, j: int) -> str:
        if not self.shares:
            return f"{self.counts[i, j]:,}"
        percent = 100 * self.share[i, j]
        return "<1 %" if percent < 0.5 else f"{percent:.0f} %"

    def _title(self) -> str:
        return f"{self.errors:,} of {self.total:,} wrong ({self.errors / self.total:.2%})"


def confusion_matrix_data(
    y: Any, p: Any, class_names: Sequence[str] | None = None, shares: bool = False
) -> Confusion:
    """Count how often each class was taken for each.

    Args:
        y: (n,) true classes, or one-hot rows (n, k).
        p: the model's outputs (n, k); or (n,) or (n, 1) probabilities of class 1; or
            estimated classes (n,), as integers.
        class_names: of the k classes.
        shares: write shares of each true class in place of counts.

    Raises:
        ShapeError, DataError, NonFiniteError: something does not fit.

    >>> found = confusion_matrix_data([0, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9]])
    >>> found.counts.tolist(), found.errors
    ([[1, 1], [0, 1]], 1)
    """
    said = outcomes("confusion_matrix", y, p)
    k = max(said.classes, 0 if class_names is None or said.p is not None else len(class_names))
    names = names_of(class_names, k)
    pairs = np.bincount(said.true * k + said.estimated, minlength=k * k)
    return Confusion(pairs.reshape(k, k), names, bool(shares))


def confusion_matrix(
    y: Any,
    p: Any,
    class_names: Sequence[str] | None = None,
    shares: bool = False,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw how often each class was taken for each.

    Args:
        y, p, class_names, shares: as in :func:`confusion_matrix_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1]).get_title()
    '1 of 3 wrong (33.33%)'
    """
    return confusion_matrix_data(y, p, class_names, shares).plot(ax, theme=theme)
