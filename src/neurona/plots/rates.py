"""The same model trained with several learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, NonFiniteError, NotBuiltError
from neurona.model import Sequential
from neurona.optimizers import Optimizer
from neurona.part import CustomObjects
from neurona.plots.canvas import canvas, count_along
from neurona.plots.tracing import check_model
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLOSE = 1.1  # a run that ends within this factor of the best is as right as the best


@dataclass(frozen=True, eq=False)
class Run:
    """One training.

    Attributes:
        rate: its learning rate η.
        losses: (epochs + 1,) of the training set, before the first epoch and after each;
            shorter if the loss became infinite.
        verdict: "too small", "right" or "too large".
    """

    rate: float
    losses: Float64
    verdict: str


@dataclass(frozen=True, eq=False)
class LearningRates:
    """Trainings from the same weights that differ in the learning rate alone.

    Attributes:
        runs: by rising learning rate.
    """

    runs: tuple[Run, ...]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the loss of every run, epoch by epoch, on a logarithmic scale."""
        with canvas(ax, theme) as area:
            panel = area.one((5.6, 3.4))
            for run, colour in zip(self.runs, area.ranked(len(self.runs)), strict=True):
                style = {"too small": ":", "right": "-", "too large": "--"}[run.verdict]
                panel.plot(run.losses, style, color=colour, label=f"{run.rate:g}: {run.verdict}")
                if not np.isfinite(run.losses[-1]) or run.losses[-1] > 3 * run.losses[0]:
                    panel.plot(len(run.losses) - 1, run.losses[-1], "x", color=colour)
            panel.set_yscale("log")
            start = float(self.runs[0].losses[0])
            lowest = min(float(run.losses.min()) for run in self.runs)
            panel.set(xlabel="epoch", ylabel="loss of the training set")
            panel.set(title="learning rate", ylim=(max(lowest, 1e-12) * 0.7, 10 * start))
            count_along(panel)
            panel.grid(visible=True)
            area.legend(panel)
            return panel


def learning_rates_data(
    model: Sequential,
    x: Any,
    y: Any,
    rates: Sequence[float] = (0.001, 0.01, 0.1, 1.0),
    epochs: int = 20,
    batch_size: int | str | None = None,
    custom_objects: CustomObjects | None = None,
) -> LearningRates:
    """Train copies of a model, all from its weights, each with another learning rate.

    The best is the one whose loss is lowest at the end. Smaller ones that end more than a
    tenth higher are "too small", larger ones "too large"; the rest are "right".

    Args:
        model: compiled. It stays as it is.
        x, y: to train on.
        rates: the learning rates η, each above 0.
        epochs, batch_size: as for ``fit``.
        custom_objects: your own classes among the model's parts, by name.

    Raises:
        NotBuiltError: the model is not compiled with a loss.
        ArgumentError: no rates.

    >>> from neurona import datasets, layers
    >>> net = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    >>> net.compile("sgd", "mse")
    >>> found = learning_rates_data(net, *datasets.plane(100), rates=(1e-5, 0.03, 1), epochs=5)
    >>> [run.verdict for run in found.runs]
    ['too small', 'right', 'too large']
    """
    check_model(model)
    if model.optimizer is None or model.loss is None:
        raise NotBuiltError("The model is not compiled: call model.compile(optimizer, loss) first.")
    several = sorted(checks.positive("rates", rate) for rate in rates)
    if not several:
        raise ArgumentError("rates is empty: give at least one learning rate.")
    count = checks.integer("epochs", epochs, 1)
    if model.input_shape is None:
        model.build(np.shape(x)[1:])
    losses = [_losses(model, x, y, rate, count, batch_size, custom_objects) for rate in several]
    return LearningRates(_judged(several, losses, count))


def learning_rates(
    model: Sequential,
    x: Any,
    y: Any,
    rates: Sequence[float] = (0.001, 0.01, 0.1, 1.0),
    epochs: int = 20,
    batch_size: int | str | None = None,
    custom_objects: CustomObjects | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw how a model's loss falls with learning rates too small, right and too large.

    Args:
        model, x, y, rates, epochs, batch_size, custom_objects: as in
            :func:`learning_rates_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import datasets, layers
    >>> net = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    >>> net.compile("sgd", "mse")
    >>> learning_rates(net, *datasets.plane(50), rates=(0.001, 0.03), epochs=3).get_xlabel()
    'epoch'
    """
    data = learning_rates_data(model, x, y, rates, epochs, batch_size, custom_objects)
    return data.plot(ax, theme=theme)


def _losses(
    model: Sequential,
    x: Any,
    y: Any,
    rate: float,
    epochs: int,
    batch_size: int | str | None,
    custom_objects: CustomObjects | None,
) -> Float64:
    copy = Sequential.from_config(model.get_config(), custom_objects)
    copy.compile(_with_rate(model.optimizer, rate, custom_objects), model.loss)
    copy.set_weights(model.get_weights())
    losses = [float(copy.evaluate(x, y))]
    for _ in range(epochs):
        try:
            copy.fit(x, y, batch_size=batch_size, verbose=0)
            losses.append(float(copy.evaluate(x, y)))
        except NonFiniteError:
            losses.append(np.inf)
        if not np.isfinite(losses[-1]):
            break
    return np.array(losses)


def _with_rate(
    optimizer: Optimizer | None, rate: float, custom_objects: CustomObjects | None
) -> Optimizer:
    assert optimizer is not None
    config = {**optimizer.get_config(), "learning_rate": rate}
    return type(optimizer).from_config(config, custom_objects)


def _judged(rates: list[float], losses: list[Float64], epochs: int) -> tuple[Run, ...]:
    ends = [float(run[-1]) for run in losses]
    best = int(np.argmin(ends))
    verdicts = []
    for i, (end, run) in enumerate(zip(ends, losses, strict=True)):
        if end <= CLOSE * ends[best] and end < run[0]:
            verdicts.append("right")
        else:
            verdicts.append("too small" if i < best else "too large")
    return tuple(Run(*found) for found in zip(rates, losses, verdicts, strict=True))
