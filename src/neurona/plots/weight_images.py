"""The weights of a neuron as an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError
from neurona.layers import Dense
from neurona.plots.canvas import canvas, frame_off, grid_shape
from neurona.plots.images import image_shape as shape_of
from neurona.plots.tracing import node_of
from neurona.random import Float64
from neurona.stack import Stack

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class NeuronWeights:
    """What some neurons of a layer take in.

    Attributes:
        layer: its name.
        neurons: (count,) which of its neurons.
        images: (count, height, width) their incoming weights, without the bias.
    """

    layer: str
    neurons: tuple[int, ...]
    images: Float64

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw an image for each neuron, all on one scale that is paper at 0."""
        with canvas(ax, theme) as area:
            rows, columns = grid_shape(len(self.neurons), 8)
            every = area.many(rows, columns, (1.2 * columns + 0.9, 1.3 * rows + 0.2))
            panels = every[: len(self.neurons)]
            for spare in every[len(self.neurons) :]:
                spare.remove()
            limit = float(np.abs(self.images).max()) or 1.0
            for number, panel, weights in zip(self.neurons, panels, self.images, strict=True):
                image = panel.imshow(weights, cmap=area.diverging(), vmin=-limit, vmax=limit)
                frame_off(panel)
                panel.set_title(str(number), fontsize=8, pad=2)
            area.scale(panels, image, f"weights of {self.layer!r}", shrink=0.9)
            return panels


def neuron_weights_data(
    model: Stack,
    layer: str | int | None = None,
    neurons: Sequence[int] | None = None,
    image_shape: Sequence[int] | None = None,
) -> NeuronWeights:
    """The incoming weights of a layer's neurons, in the shape of the images it sees.

    Args:
        model: a :class:`~neurona.Sequential`.
        layer: a :class:`~neurona.layers.Dense` one, by name or index; by default the first.
        neurons: which; by default the first 32.
        image_shape: (height, width); by default the model's input's, where it fits, or a
            square.

    Raises:
        ArgumentError: no such layer or neuron, or a layer without a kernel.
        ShapeError: the weights make no such image.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(5, input_shape=(64,))], seed=1)
    >>> neuron_weights_data(model, neurons=[0, 4]).images.shape
    (2, 8, 8)
    """
    node = node_of(model, layer, Dense)
    if not isinstance(node.layer, Dense):
        raise ArgumentError(
            f"Layer {node.name!r} is a {type(node.layer).__name__}: choose a Dense."
        )
    kernel = model.weights[f"{node.name}/kernel"].astype(np.float64)
    inputs, units = kernel.shape
    chosen = range(min(units, 32)) if neurons is None else neurons
    numbers = tuple(checks.integer("neurons", number, 0, units - 1) for number in chosen)
    if not numbers:
        raise ArgumentError("neurons is empty: choose at least one.")
    given = model.network.input_shape
    if image_shape is None and len(given) >= 2 and given[0] * given[1] == inputs:
        image_shape = given[:2]
    shape = shape_of(inputs, image_shape)
    return NeuronWeights(node.name, numbers, kernel[:, numbers].T.reshape(-1, *shape))


def neuron_weights(
    model: Stack,
    layer: str | int | None = None,
    neurons: Sequence[int] | None = None,
    image_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw the weights of a layer's neurons as images: what each of them looks for.

    Args:
        model, layer, neurons, image_shape: as in :func:`neuron_weights_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(5, input_shape=(64,))], seed=1)
    >>> len(neuron_weights(model))
    5
    """
    return neuron_weights_data(model, layer, neurons, image_shape).plot(ax, theme=theme)
