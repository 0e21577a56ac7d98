"""A perceptron's boundary on its way, update by update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.display.numbers import counted
from neurona.errors import ArgumentError, ArgumentTypeError, ShapeError
from neurona.perceptron import Neuron
from neurona.plots.canvas import canvas
from neurona.plots.plane import Plane, plane
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = 40  # of many more, that many are drawn, evenly spaced


@dataclass(frozen=True, eq=False)
class PerceptronPath:
    """The boundaries that a neuron had.

    Attributes:
        plane: the region, and the points by class.
        weights: (updates + 1, 3) bias and weights, before the first update and after each.
        points: (updates,) the row that caused each update; −1 for a whole-batch update.
        epochs: (updates,) counted from 0.
        shown: how many of the updates the picture has seen.
        converged: whether training came to its own end.
    """

    plane: Plane
    weights: Float64
    points: tuple[int, ...]
    epochs: tuple[int, ...]
    shown: int
    converged: bool

    def __len__(self) -> int:
        return len(self.points)

    def until(self, updates: int) -> PerceptronPath:
        """The same, seen after so many updates: a frame for :func:`~neurona.plots.animate`."""
        return replace(self, shown=checks.integer("updates", updates, 0, len(self)))

    def segments(self) -> list[Float64]:
        """For each boundary w₁ x₁ + w₂ x₂ + b = 0 its two ends, (2, 2), at the region's edge.

        (0, 2) where there is no boundary (w₁ = w₂ = 0) or it lies outside.
        """
        return [_across(w, self.plane.extent) for w in self.weights[: self.shown + 1]]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the boundaries, early ones faint, the last one strong; ring its cause."""
        with canvas(ax, theme) as area:
            panel = area.one((4.6, 4.0))
            segments = self.segments()
            earlier = len(segments) - 1
            for i in range(min(earlier, MOST_LINES)):
                ends = segments[i * earlier // min(earlier, MOST_LINES)]
                age = (i + 1) / min(earlier, MOST_LINES)
                colour = area.theme.blend(area.theme.ink, 0.12 + 0.4 * age)
                panel.plot(ends[:, 0], ends[:, 1], color=colour, linewidth=0.9)
            panel.plot(*segments[-1].T, color=area.theme.ink, linewidth=2.4)
            self.plane.frame(panel, area)
            point = self.points[self.shown - 1] if self.shown else -1
            if point >= 0 and not (self.shown == len(self) and self.converged):
                panel.scatter(
                    self.plane.points[point, 0],
                    self.plane.points[point, 1],
                    s=140,
                    facecolors="none",
                    edgecolors=area.theme.ink,
                    linewidths=1.6,
                    zorder=4,
                )
            panel.set_title(self._title())
            area.legend(panel, handletextpad=0)
            return panel

    def _title(self) -> str:
        if not self.shown:
            return "before the first update"
        epoch = self.epochs[self.shown - 1] + 1
        end = ", converged" if self.converged and self.shown == len(self) else ""
        return f"{counted(self.shown, 'update')}, epoch {epoch}{end}"


def perceptron_path_data(
    neuron: Neuron, x: Any, y: Any, feature_names: Sequence[str] | None = None
) -> PerceptronPath:
    """The boundaries of a fitted neuron of two features, from its ``path``.

    Args:
        neuron: of :mod:`neurona.perceptron`, fitted on x and y. It keeps as many updates
            as its ``path_length`` says, the latest ones.
        x, y: (points, 2) and (points,), as given to ``fit``.
        feature_names: of the two.

    Raises:
        ArgumentError: the neuron kept no updates.
        ShapeError: not two features.
        NotBuiltError: it is not fitted.

    >>> from neurona.perceptron import Perceptron
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, -1, -1, 1]
    >>> path = perceptron_path_data(Perceptron().fit(x, y), x, y)
    >>> len(path), path.weights[-1].tolist()
    (18, [-4.0, 3.0, 2.0])
    """
    if not isinstance(neuron, Neuron):
        raise ArgumentTypeError(
            f"neuron must be one of neurona.perceptron, fitted; got {type(neuron).__name__}."
        )
    if len(neuron.weights_) != 2:
        raise ShapeError(
            f"The boundary of {len(neuron.weights_)} features is no line; fit the neuron on two."
        )
    path = neuron.path
    if not path:
        raise ArgumentError(
            f"The neuron kept no updates: it took {neuron.updates_run}, and its path_length is "
            f"{neuron.path_length}. Fit it with path_length above 0, on points it does not "
            f"already tell apart."
        )
    return PerceptronPath(
        plane=plane(x, y, resolution=2, feature_names=feature_names),
        weights=np.stack([path[0].before, *(update.after for update in path)]),
        points=tuple(-1 if update.point is None else update.point for update in path),
        epochs=tuple(update.epoch for update in path),
        shown=len(path),
        converged=neuron.converged,
    )


def perceptron_path(
    neuron: Neuron,
    x: Any,
    y: Any,
    feature_names: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw how a neuron's boundary moved while it learned.

    Args:
        neuron, x, y, feature_names: as in :func:`perceptron_path_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona.perceptron import Perceptron
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, -1, -1, 1]
    >>> perceptron_path(Perceptron().fit(x, y), x, y).get_title()
    '18 updates, epoch 8, converged'
    """
    return perceptron_path_data(neuron, x, y, feature_names).plot(ax, theme=theme)


def _across(w: Float64, extent: tuple[float, float, float, float]) -> Float64:
    """The part within the region of the line ``w₀ + w₁ x₁ + w₂ x₂ = 0``."""
    left, right, bottom, top = extent
    bias, w1, w2 = w.tolist()
    ends: list[tuple[float, float]] = []
    if w2:
        ends += [(x1, -(bias + w1 * x1) / w2) for x1 in (left, right)]
    if w1:
        ends += [(-(bias + w2 * x2) / w1, x2) for x2 in (bottom, top)]
    slack = 1e-9 * (right - left + top - bottom)
    inside = [
        (a, b)
        for a, b in ends
        if left - slack <= a <= right + slack and bottom - slack <= b <= top + slack
    ]
    if len(inside) < 2:
        return np.zeros((0, 2))
    lowest, highest = min(inside), max(inside)  # through a corner, the same end comes twice
    return np.array([lowest, highest])
