"""The scatter-plot matrix: every feature against every other, by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.data.arrays import as_array
from neurona.data.datasets.dataset import Dataset
from neurona.errors import ArgumentError, DataError, ShapeError
from neurona.plots.canvas import Canvas, canvas
from neurona.plots.outcomes import names_of
from neurona.plots.plane import Ints, labelled
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FEATURES = 10


@dataclass(frozen=True, eq=False)
class ScatterMatrix:
    """A table of features, by class.

    Attributes:
        x: (n, features).
        labels: (n,) classes, by number.
        feature_names, class_names: of the columns and of the numbers.
        edges: (features, bins + 1) of the histograms.
        counts: (features, classes, bins) how many rows of each class are in each bin.
    """

    x: Float64
    labels: Ints
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    edges: Float64
    counts: Ints

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw a panel for every pair of features, histograms on the diagonal."""
        count = self.x.shape[1]
        with canvas(ax, theme) as area:
            panels = area.many(count, count, (1.75 * count + 0.6, 1.6 * count))
            for i in range(count):
                for j in range(count):
                    panel = panels[i * count + j]
                    if i == j:
                        self._histogram(panel, i, area)
                    else:
                        self._points(panel, i, j, area)
                    panel.set_xlim(self.edges[j, 0], self.edges[j, -1])
                    panel.tick_params(labelbottom=i == count - 1, labelleft=j == 0)
                    if i == count - 1:
                        panel.set_xlabel(self.feature_names[j])
                    if j == 0:
                        panel.set_ylabel(self.feature_names[i])
            area.legend(panels[count - 1], handletextpad=0)
            return panels

    def _points(self, panel: Axes, i: int, j: int, area: Canvas) -> None:
        for number, name in enumerate(self.class_names):
            rows = self.labels == number
            panel.scatter(
                self.x[rows, j],
                self.x[rows, i],
                s=9,
                color=area.theme.colour(number),
                marker=area.theme.marker(number),
                linewidths=0,
                alpha=0.75,
                label=name,
            )
        panel.set_ylim(self.edges[i, 0], self.edges[i, -1])

    def _histogram(self, panel: Axes, i: int, area: Canvas) -> None:
        """Bars in the scale of the feature itself, so that the row's axis holds for them, too."""
        low, high = self.edges[i, 0], self.edges[i, -1]
        step = 0.95 * (high - low) / max(1, self.counts[i].max())
        for number in range(len(self.class_names)):
            colour, tops = area.theme.colour(number), low + step * self.counts[i, number]
            panel.stairs(tops, self.edges[i], baseline=low, fill=True, color=colour, alpha=0.45)
            panel.stairs(tops, self.edges[i], baseline=low, color=colour, linewidth=1.2)
        panel.set_ylim(low, high)


def scatter_matrix_data(
    x: Any,
    y: Any = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    bins: int = 16,
) -> ScatterMatrix:
    """Prepare a table's scatter-plot matrix.

    Args:
        x: (n, features) with 2 to 10 features; or a data set such as
            ``datasets.iris.load()``, which brings y and the names.
        y: (n,) classes, numbers or names; or one-hot rows.
        feature_names, class_names: one for each.
        bins: of each histogram.

    Raises:
        ShapeError, ArgumentError, DataError: something does not fit.

    >>> from neurona import datasets
    >>> flowers = scatter_matrix_data(datasets.iris.load())
    >>> flowers.counts.shape, flowers.counts[0].sum(axis=1).tolist()
    ((4, 3, 16), [50, 50, 50])
    """
    if isinstance(x, Dataset):
        feature_names, class_names = feature_names or x.feature_names, class_names or x.class_names
        x, y = x.x, x.y
    data = as_array("x", x).astype(np.float64)
    if data.ndim != 2:
        raise ShapeError(f"x must have shape (n, features), got {data.shape}.")
    if not 2 <= data.shape[1] <= MOST_FEATURES:
        raise ArgumentError(
            f"x has {data.shape[1]} features; the matrix shows 2 to {MOST_FEATURES} well. "
            f"Choose some: x[:, [0, 1, 2]]."
        )
    bad = ~np.isfinite(data).all(axis=1)
    if bad.any():
        raise DataError(f"Row {int(bad.argmax())} of x holds NaN or infinity: leave it out.")
    labels, known = (np.zeros(len(data), np.int64), ("all",))
    if y is not None:
        labels, known = labelled(y, len(data))
    names = names_of(known if class_names is None else class_names, len(known))
    if feature_names is None:
        feature_names = [f"feature {i}" for i in range(data.shape[1])]
    if len(feature_names) != data.shape[1]:
        raise ShapeError(f"feature_names must hold {data.shape[1]} names, got {feature_names!r}.")
    edges = np.stack([_edges(column, checks.integer("bins", bins, 1)) for column in data.T])
    counts = np.array(
        [
            [np.histogram(column[labels == k], edge)[0] for k in range(len(names))]
            for column, edge in zip(data.T, edges, strict=True)
        ]
    )
    return ScatterMatrix(data, labels, tuple(map(str, feature_names)), names, edges, counts)


def scatter_matrix(
    x: Any,
    y: Any = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    bins: int = 16,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw every feature against every other, in colours by class.

    Args:
        x, y, feature_names, class_names, bins: as in :func:`scatter_matrix_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import datasets
    >>> len(scatter_matrix(datasets.iris.load()))
    16
    """
    data = scatter_matrix_data(x, y, feature_names, class_names, bins)
    return data.plot(ax, theme=theme)


def _edges(values: Float64, bins: int) -> Float64:
    low, high = float(values.min()), float(values.max())
    room = 0.04 * (high - low) or 0.5
    return np.linspace(low - room, high + room, bins + 1)
