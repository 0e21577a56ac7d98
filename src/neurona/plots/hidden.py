"""What each neuron of a layer sees of the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError
from neurona.layers import Dense
from neurona.plots.boundary import paint, zero_line
from neurona.plots.canvas import canvas, grid_shape
from neurona.plots.plane import Plane, plane
from neurona.plots.tracing import node_of, trace
from neurona.random import Float64
from neurona.stack import Stack

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class HiddenNeurons:
    """A layer's neurons over a plane.

    Attributes:
        plane: the grid and the data's points in it.
        layer: the layer's name.
        neurons: (count,) which of its neurons.
        z, h: (rows, columns, count) their weighted sums and their outputs. A neuron's own
            boundary is where z is 0.
    """

    plane: Plane
    layer: str
    neurons: tuple[int, ...]
    z: Float64
    h: Float64

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw a panel for each neuron: its output, and the line z = 0."""
        with canvas(ax, theme) as area:
            rows, columns = grid_shape(len(self.neurons), 4)
            every = area.many(rows, columns, (2.1 * columns + 0.7, 2.1 * rows + 0.3))
            panels = every[: len(self.neurons)]
            for spare in every[len(self.neurons) :]:
                spare.remove()
            limit = float(np.abs(self.h).max()) or 1.0
            for i, (number, panel) in enumerate(zip(self.neurons, panels, strict=True)):
                image = paint(
                    panel,
                    area,
                    self.plane,
                    self.h[:, :, i],
                    cmap=area.diverging(),
                    vmin=-limit,
                    vmax=limit,
                    alpha=0.75,
                )
                zero_line(panel, area, self.plane, self.z[:, :, i])
                self.plane.frame(panel, area)
                panel.set(xticks=[], yticks=[], title=f"neuron {number}")
                last_row = i + columns >= len(panels)
                panel.set(
                    xlabel=self.plane.names[0] if last_row else "",
                    ylabel=self.plane.names[1] if i % columns == 0 else "",
                )
            area.scale(panels, image, f"output of {self.layer!r}", shrink=0.9)
            return panels


def hidden_neurons_data(
    model: Stack,
    x: Any,
    y: Any = None,
    layer: str | int | None = None,
    most: int = 16,
    features: tuple[int, int] = (0, 1),
    at: Any = None,
    resolution: int = 100,
    feature_names: Sequence[str] | None = None,
) -> HiddenNeurons:
    """Take the outputs of a layer's neurons over the plane of two features.

    Args:
        model: a :class:`~neurona.Sequential`.
        x, y, features, at, feature_names: as in
            :func:`~neurona.plots.decision_boundary_data`.
        layer: by name or index; by default the first :class:`~neurona.layers.Dense` one.
        most: how many neurons, the first ones.
        resolution: grid points along each axis.

    Raises:
        ArgumentError: no such layer, or its outputs are not a row of neurons.
        ShapeError: x does not have the features that the model takes.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(3, "tanh", input_shape=(2,)), layers.Dense(1)], seed=1)
    >>> hidden_neurons_data(model, [[-1, -1], [1, 1]], resolution=50).h.shape
    (50, 50, 3)
    """
    node = node_of(model, layer, Dense)
    if len(node.output_shape) != 1:
        raise ArgumentError(
            f"Layer {node.name!r} gives shape {node.output_shape}; neurons over the plane are "
            f"drawn for layers that give one row."
        )
    area = plane(x, y, features, at, resolution, feature_names)
    count = min(checks.integer("most", most, 1), node.output_shape[0])
    found = trace(model, area.rows())[node.index]
    z, h = (area.grid(a[:, :count].astype(np.float64)) for a in (found.z, found.h))
    return HiddenNeurons(area, node.name, tuple(range(count)), z, h)


def hidden_neurons(
    model: Stack,
    x: Any,
    y: Any = None,
    layer: str | int | None = None,
    most: int = 16,
    features: tuple[int, int] = (0, 1),
    at: Any = None,
    resolution: int = 100,
    feature_names: Sequence[str] | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw what each neuron of a layer gives over the plane, and its own boundary z = 0.

    Args:
        model, x, y, layer, most, features, at, resolution, feature_names: as in
            :func:`hidden_neurons_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import Sequential, datasets, layers
    >>> model = Sequential([layers.Dense(4, "tanh", input_shape=(2,)), layers.Dense(1)], seed=1)
    >>> panels = hidden_neurons(model, *datasets.xor(50, seed=1))
    >>> [panel.get_title() for panel in panels]
    ['neuron 0', 'neuron 1', 'neuron 2', 'neuron 3']
    """
    data = hidden_neurons_data(model, x, y, layer, most, features, at, resolution, feature_names)
    return data.plot(ax, theme=theme)
