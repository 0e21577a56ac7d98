"""Activations flowing through a network, for one input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.activations import Identity
from neurona.data.arrays import as_array
from neurona.errors import ShapeError
from neurona.layers import Dense
from neurona.plots import themes
from neurona.plots.canvas import Canvas, canvas, frame_off
from neurona.plots.images import image_shape as fitted
from neurona.plots.outcomes import names_of
from neurona.plots.tracing import check_model, trace
from neurona.random import Float64
from neurona.stack import Stack

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CIRCLES = 16  # neurons drawn one by one; of more, a layer is a field of small squares
FIELD_HEIGHT = 16  # squares on top of each other


@dataclass(frozen=True, eq=False)
class Stage:
    """The input, or what one layer makes of what comes before it.

    Attributes:
        name: the layer's; "input" for the first.
        h: (units,) its outputs, flat.
        shape: of the outputs, before they were made flat.
        parts: (units before, units) what each output before adds to each weighted sum:
            ``h_i w_ij``. None if the layer is not Dense.
    """

    name: str
    h: Float64
    shape: tuple[int, ...]
    parts: Float64 | None


@dataclass(frozen=True, eq=False)
class ActivationFlow:
    """One input on its way through a network.

    Attributes:
        stages: the input, then every layer that has weights or an activation.
        output_names: of the last layer's outputs.
    """

    stages: tuple[Stage, ...]
    output_names: tuple[str, ...]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw a column for each layer: a neuron's colour is its output, in the layer's scale.

        Between layers drawn neuron by neuron, a line's width is what one neuron adds to
        the other's weighted sum.
        """
        with canvas(ax, theme) as area:
            panel = area.one((1.7 * len(self.stages) + 1.6, 3.9))
            frame_off(panel)
            for place, stage in enumerate(self.stages[1:], 1):
                self._lines(panel, area, place, stage)
            for place, stage in enumerate(self.stages):
                _column(panel, area, place, stage)
                panel.text(place, 1.17, stage.name, ha="center", fontsize=9)
            self._outputs(panel)
            panel.set(xlim=(-0.6, len(self.stages) - 0.1), ylim=(-1.12, 1.32))
            return panel

    def _lines(self, panel: Axes, area: Canvas, place: int, stage: Stage) -> None:
        before = self.stages[place - 1]
        if stage.parts is None or max(len(before.h), len(stage.h)) > MOST_CIRCLES:
            return
        limit = float(np.abs(stage.parts).max()) or 1.0
        for i, y0 in enumerate(_heights(len(before.h))):
            for j, y1 in enumerate(_heights(len(stage.h))):
                share = stage.parts[i, j] / limit
                colour = area.theme.positive if share > 0 else area.theme.negative
                panel.plot(
                    [place - 1, place],
                    [y0, y1],
                    color=area.theme.blend(colour, 0.25 + 0.75 * abs(share)),
                    linewidth=0.3 + 3.2 * abs(share),
                    zorder=1 + abs(share),
                )

    def _outputs(self, panel: Axes) -> None:
        last = self.stages[-1]
        if len(last.h) > MOST_CIRCLES:
            return
        best = int(last.h.argmax()) if len(last.h) > 1 else -1
        for i, (name, h, y) in enumerate(
            zip(self.output_names, last.h, _heights(len(last.h)), strict=True)
        ):
            label = f"{h:.2f}" if len(last.h) == 1 else f"{name}: {h:.2f}"
            panel.text(
                len(self.stages) - 0.78,
                y,
                label,
                va="center",
                fontsize=8,
                fontweight="bold" if i == best else "normal",
            )


def activation_flow_data(
    model: Stack,
    x: Any,
    output_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
) -> ActivationFlow:
    """What every layer makes of one input.

    Args:
        model: a :class:`~neurona.Sequential`.
        x: one input, of the model's input shape, or (1, …).
        output_names: of the last layer's outputs, such as class names.
        image_shape: (height, width) of an image that is given as a flat row.

    Raises:
        ShapeError: more than one input, or another shape.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(3, "tanh", input_shape=(2,)), layers.Dense(1)], seed=1)
    >>> flow = activation_flow_data(model, [1.0, -1.0])
    >>> [stage.name for stage in flow.stages], flow.stages[1].parts.shape
    (['input', 'dense', 'dense_1'], (2, 3))
    """
    network = check_model(model).network
    row = as_array("x", x)
    if row.shape == network.input_shape:
        row = row[None]
    if len(row) != 1:
        raise ShapeError(
            f"x has shape {row.shape}; give one input of shape {network.input_shape}, as x[17]."
        )
    traces = trace(model, row)
    shape = network.input_shape if image_shape is None else fitted(row.size, image_shape)
    stages = [Stage("input", _flat(row), shape, None)]
    for node, found in zip(network.nodes, traces, strict=True):
        if not node.weights and isinstance(node.layer.activation, Identity):
            continue  # it only reshapes, scales or, in training, drops
        parts = None
        if isinstance(node.layer, Dense):
            kernel = model.weights[f"{node.name}/kernel"].astype(np.float64)
            parts = _flat(found.x)[:, None] * kernel
        stages.append(Stage(node.name, _flat(found.h), node.output_shape, parts))
    return ActivationFlow(tuple(stages), names_of(output_names, len(stages[-1].h)))


def activation_flow(
    model: Stack,
    x: Any,
    output_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw the activations of every layer for one input.

    Args:
        model, x, output_names, image_shape: as in :func:`activation_flow_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(3, "tanh", input_shape=(2,)), layers.Dense(1)], seed=1)
    >>> ax = activation_flow(model, [1.0, -1.0])
    >>> [text.get_text() for text in ax.texts if text.get_text().isidentifier()]
    ['input', 'dense', 'dense_1']
    """
    return activation_flow_data(model, x, output_names, image_shape).plot(ax, theme=theme)


def _flat(values: Any) -> Float64:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _heights(count: int) -> Float64:
    """Where the neurons of a column lie, from 1 at the top to −1."""
    return np.linspace(1.0, -1.0, count) * min(1.0, count / 5) if count > 1 else np.zeros(1)


def _column(panel: Axes, area: Canvas, place: int, stage: Stage) -> None:
    colours = area.diverging()
    limit = float(np.abs(stage.h).max()) or 1.0
    picture = stage.shape[:2] if len(stage.shape) >= 2 and stage.shape[2:] in ((), (1,)) else None
    if picture is None and len(stage.h) <= MOST_CIRCLES:
        for h, y in zip(stage.h, _heights(len(stage.h)), strict=True):
            shade = colours(0.5 + 0.5 * h / limit)
            panel.plot(
                place, y, "o", markersize=18, color=shade, markeredgecolor=area.theme.ink, zorder=3
            )
            if len(stage.h) <= 8:
                known = themes.LIGHT if themes.luminance(shade) > 0.5 else themes.DARK
                panel.text(
                    place,
                    y,
                    f"{round(h, 1) + 0.0:.1f}",  # never -0.0
                    fontsize=7,
                    ha="center",
                    va="center",
                    color=known.ink,
                    zorder=4,
                )
        return
    field = _field(stage.h) if picture is None else stage.h.reshape(picture)
    height = 1.0 if field.shape[0] >= field.shape[1] else field.shape[0] / field.shape[1]
    width = min(0.42, 0.42 * field.shape[1] / field.shape[0])
    height = min(height, 1.0) if picture is None else 0.48
    box = (place - width, place + width, -height, height)
    panel.plot(
        [box[0], box[1], box[1], box[0], box[0]],
        [box[2], box[2], box[3], box[3], box[2]],
        color=area.theme.soft,
        linewidth=0.8,
    )
    panel.imshow(
        field,
        extent=box,
        cmap=colours,
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        interpolation="nearest",
    )


def _field(h: Float64) -> Float64:
    """A layer's outputs as columns of squares, NaN where the last column is not full."""
    columns = -(-len(h) // FIELD_HEIGHT)
    height = -(-len(h) // columns)
    filled = np.full(height * columns, np.nan)
    filled[: len(h)] = h
    return filled.reshape(columns, height).T
