"""Each layer's statistics through training: vanishing and exploding gradients at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurona.errors import ArgumentError, ArgumentTypeError
from neurona.plots.canvas import canvas, count_along
from neurona.plots.statistics import LayerStatistics
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VANISHING = 1e-3  # first layer's typical gradient over the last one's
EXPLODING = 1e3
HALF = 0.5  # of a layer's neurons dead, or outputs saturated, is worth saying


@dataclass(frozen=True, eq=False)
class LayerHealth:
    """What :class:`~neurona.plots.LayerStatistics` recorded, as curves by layer.

    Attributes:
        layers: their names, from the input on.
        epochs: (records,) of each record, how many epochs had passed.
        gradients, weights, activations: (records, layers) the size of a typical entry:
            root mean square of the gradient, standard deviation of weights and outputs.
        dead, saturated: (records, layers) shares; NaN where saturation has no meaning.
        findings: in words, what is wrong at the end; empty if nothing is.
    """

    layers: tuple[str, ...]
    epochs: Float64
    gradients: Float64
    weights: Float64
    activations: Float64
    dead: Float64
    saturated: Float64
    findings: tuple[str, ...]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw four panels: gradients, weights, activations, and what is dead or saturated."""
        with canvas(ax, theme) as area:
            panels = area.many(2, 2, (7.6, 5.0))
            colours = area.ranked(len(self.layers))
            marker = "o" if len(self.epochs) < 12 else ""
            for panel, values, title in (
                (panels[0], self.gradients, "gradient: typical entry"),
                (panels[1], self.weights, "weights: standard deviation"),
                (panels[2], self.activations, "outputs: standard deviation"),
            ):
                for layer, colour, line in zip(self.layers, colours, values.T, strict=True):
                    if np.isfinite(line).any():
                        panel.plot(
                            self.epochs,
                            line,
                            color=colour,
                            marker=marker,
                            markersize=3,
                            label=layer,
                        )
                panel.set_title(title)
            if (self.gradients[np.isfinite(self.gradients)] > 0).any():
                panels[0].set_yscale("log")
            for values, style in ((self.dead, "-"), (self.saturated, ":")):
                for colour, line in zip(colours, values.T, strict=True):
                    panels[3].plot(
                        self.epochs, 100 * line, style, color=colour, marker=marker, markersize=3
                    )
            panels[3].set(title="dead –, saturated ··· in %", ylim=(-3, 103))
            for panel in panels:
                panel.grid(visible=True)
                count_along(panel)
            for panel in panels[2:]:
                panel.set_xlabel("epoch")
            area.legend(panels[1])
            if self.findings:
                area.title(panels, "\n".join(self.findings))
            return panels


def layer_health_data(statistics: LayerStatistics) -> LayerHealth:
    """Order what was recorded into curves, and say what is wrong.

    At the last record: gradients vanish if the first layer's typical one is under a
    thousandth of the last layer's, and explode if it is over a thousand times as large, or
    if the largest has grown that much since the first record. Half of a layer's neurons
    dead, or half of a hidden layer's outputs saturated, is named, too.

    Args:
        statistics: the callback, after a training.

    Raises:
        ArgumentError: it has recorded nothing.

    >>> from neurona import Sequential, datasets, layers
    >>> deep = [layers.Dense(8, "sigmoid") for _ in range(8)]
    >>> model = Sequential([*deep, layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("sgd", "binary_crossentropy")
    >>> x, y = datasets.xor(200, seed=1)
    >>> statistics = LayerStatistics(x, y)
    >>> history = model.fit(x, y, epochs=1, callbacks=[statistics], verbose=0)
    >>> layer_health_data(statistics).findings[0][:19]
    'gradients vanish: a'
    """
    if not isinstance(statistics, LayerStatistics):
        raise ArgumentTypeError(
            f"statistics must be the plots.LayerStatistics that was among fit's callbacks, "
            f"got {type(statistics).__name__}."
        )
    if not statistics.records:
        raise ArgumentError("statistics has recorded nothing: give it to fit as a callback first.")
    gradients, dead = statistics.series("gradient_rms"), statistics.series("dead")
    saturated = statistics.series("saturated")
    return LayerHealth(
        layers=statistics.layers,
        epochs=np.array(statistics.epochs, dtype=np.float64),
        gradients=gradients,
        weights=statistics.series("weight_std"),
        activations=statistics.series("activation_std"),
        dead=dead,
        saturated=saturated,
        findings=(
            *_gradient_findings(gradients),
            *_shares(statistics.layers, dead[-1], "neurons are dead"),
            # At the end of a network, saturated outputs are confident answers.
            *_shares(statistics.layers[:-1], saturated[-1, :-1], "outputs are saturated"),
        ),
    )


def layer_health(
    statistics: LayerStatistics, ax: Axes | None = None, *, theme: str | None = None
) -> list[Axes]:
    """Draw each layer's gradients, weights, outputs and dead and saturated shares over time.

    Layers go from dark to bright. Where gradients vanish, the dark lines of the first
    panel lie powers of ten below the bright ones.

    Args:
        statistics: the callback, after a training.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import Sequential, datasets, layers
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("adam", "binary_crossentropy")
    >>> x, y = datasets.xor(200, seed=1)
    >>> statistics = LayerStatistics(x, y)
    >>> history = model.fit(x, y, epochs=2, callbacks=[statistics], verbose=0)
    >>> [panel.get_title() for panel in layer_health(statistics)][:2]
    ['gradient: typical entry', 'weights: standard deviation']
    """
    return layer_health_data(statistics).plot(ax, theme=theme)


def _gradient_findings(gradients: Float64) -> list[str]:
    learning = gradients[:, np.isfinite(gradients[0])]
    if not learning.size or not learning[-1, -1] > 0.0:
        return []
    found, ratio = [], float(learning[-1, 0] / learning[-1, -1])
    if ratio < VANISHING:
        found.append(f"gradients vanish: at the first layer {ratio:.1g} of the last layer's")
    if ratio > EXPLODING:
        found.append(f"gradients explode: at the first layer {ratio:,.0f} times the last layer's")
    start, end = float(learning[0].max()), float(learning[-1].max())
    if end > EXPLODING * start > 0.0:
        found.append(f"gradients explode: {end / start:,.0f} times as large as at the start")
    return found


def _shares(layers: tuple[str, ...], last: Float64, what: str) -> list[str]:
    return [
        f"{layer!r}: {share:.0%} of its {what}"
        for layer, share in zip(layers, last.tolist(), strict=True)
        if share >= HALF
    ]
