"""A model's own loss, over a plane through its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks, fitting
from neurona.data.arrays import Samples, as_samples
from neurona.engines.numpy_engine import NumpyEngine
from neurona.errors import ArgumentError, NonFiniteError, NotBuiltError, ShapeError
from neurona.evaluation import evaluate
from neurona.model import Sequential
from neurona.network import Network, Program, State, Weights
from neurona.plots.canvas import canvas
from neurona.plots.tracing import check_model
from neurona.plots.weight_path import WeightPath
from neurona.random import Float64, Purpose, Stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class LossLandscape:
    """The loss at ``w + a d₁ + b d₂`` about a model's weights w.

    Attributes:
        a, b: (columns,) and (rows,) how far along each direction.
        loss: (rows, columns); infinite where it overflows.
        directions: (2, weights) d₁ and d₂, of all trainable weights.
        path: (snapshots, 2) the training's path, projected on the plane; None without one.
        path_epochs: of each snapshot.
        explained: the share of the path's spread about w that the plane shows, in [0, 1].
        kind: "random" or "pca".
    """

    a: Float64
    b: Float64
    loss: Float64
    directions: Float64
    path: Float64 | None
    path_epochs: tuple[int, ...]
    explained: float | None
    kind: str

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw level lines of the loss, the path, and a star at the model's weights."""
        with canvas(ax, theme) as area:
            panel = area.one((5.4, 4.2))
            finite = self.loss[np.isfinite(self.loss)]
            low, high = float(finite.min()), float(finite.max())
            shown = np.where(np.isfinite(self.loss), self.loss, high)
            spread = high > 20 * max(low, 1e-12) > 0
            levels = np.geomspace(max(low, 1e-12), high, 18) if spread else None
            if levels is None:
                levels = np.linspace(low, high if high > low else low + 1.0, 18)
            filled = panel.contourf(self.a, self.b, shown, levels=levels, cmap="viridis_r")
            panel.contour(
                self.a, self.b, shown, levels=levels, colors=[area.theme.ink], linewidths=0.3
            )
            area.scale(panel, filled, "loss", format="%.2g")
            if self.path is not None:
                panel.plot(*self.path.T, "o-", color="#1b1b1f", markersize=2.5, linewidth=1.4)
                panel.plot(*self.path[0], "o", color="#1b1b1f", markersize=6)
            panel.plot(0.0, 0.0, "*", color="#d55e00", markersize=13, markeredgecolor="#ffffff")
            panel.set(xlim=(self.a[0], self.a[-1]), ylim=(self.b[0], self.b[-1]))
            name = "main direction" if self.kind == "pca" else "random direction"
            panel.set(xlabel=f"{name} 1", ylabel=f"{name} 2", title=self._title())
            return panel

    def _title(self) -> str:
        if self.explained is None:
            return "loss about the weights"
        return f"loss about the weights; {self.explained:.0%} of the path's spread"


def loss_landscape_data(
    model: Sequential,
    x: Any,
    y: Any,
    path: WeightPath | None = None,
    directions: str = "auto",
    span: float | None = None,
    resolution: int = 31,
    seed: int = 0,
) -> LossLandscape:
    r"""Measure a model's loss on a plane through its weights.

    Random directions are made comparable with the weights by filter normalisation: each
    neuron's incoming weights in d get the length that they have in w,

    .. math:: d_{\cdot j} \leftarrow
              d_{\cdot j} \frac{\lVert w_{\cdot j} \rVert}{\lVert d_{\cdot j} \rVert},

    and biases (and other one-dimensional weights) stay out of d. The directions of a path
    are the first two principal components of its snapshots about w.

    Args:
        model: compiled with a loss; its weights are where the plane is centred.
        x, y: rows to measure on; a few hundred show the shape.
        path: the callback that recorded the training.
        directions: "random", "pca" (needs a path), or "auto": pca if there is a path.
        span: how far to go each way; by default so that the path fits in, and in
            random directions at least 1, as far as the weights are long.
        resolution: grid points along each direction: the loss is measured at its square.
        seed: of the random directions.

    Raises:
        NotBuiltError: the model has no loss.
        ArgumentError: "pca" without a path of at least three snapshots.
        ShapeError: the path is that of another model.
        NonFiniteError: the loss is finite nowhere.

    Source: Li, Xu, Taylor, Studer & Goldstein 2018, "Visualizing the loss landscape of
    neural nets".

    >>> from neurona import datasets, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    >>> model.compile("sgd", "mse")
    >>> x, y = datasets.plane(50)
    >>> field = loss_landscape_data(model, x, y, resolution=3)
    >>> bool(np.isclose(field.loss[1, 1], model.evaluate(x, y)))
    True
    """
    check_model(model)
    if model.loss is None:
        raise NotBuiltError("The model has no loss: call model.compile(optimizer, loss) first.")
    kind = checks.choice("directions", directions, "auto", "random", "pca")
    if kind == "auto":
        kind = "random" if path is None else "pca"
    network, weights = model.network, model.weights
    steps = None if path is None else _steps(path, network, weights)
    if kind == "random":
        both = np.stack([_random_direction(network, weights, seed, i) for i in (0, 1)])
    elif steps is None or len(steps) < 3:
        raise ArgumentError(
            'directions="pca" needs the path of a training with at least three snapshots: give '
            "fit callbacks=[path] with path = plots.WeightPath(), and pass it here."
        )
    else:
        both = _main_directions(steps)
    projected, explained = (None, None) if steps is None else _project(steps, both)
    lines = _spans(span, resolution, projected, kind)
    program = Program(network, model.loss, None, model.seed, model.dtype)
    samples = fitting.aligned(as_samples(x, y), program)
    loss = _measure(program, samples, weights, both, lines)
    if not np.isfinite(loss).any():
        raise NonFiniteError("The loss is NaN or infinite everywhere in the plane: lower span.")
    epochs = () if path is None else tuple(path.epochs)
    return LossLandscape(*lines, loss, both, projected, epochs, explained, kind)


def loss_landscape(
    model: Sequential,
    x: Any,
    y: Any,
    path: WeightPath | None = None,
    directions: str = "auto",
    span: float | None = None,
    resolution: int = 31,
    seed: int = 0,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw a model's loss about its weights, and the path that training took.

    Args:
        model, x, y, path, directions, span, resolution, seed: as in
            :func:`loss_landscape_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona import datasets, layers
    >>> model = Sequential([layers.Dense(3, "tanh"), layers.Dense(1)], seed=1)
    >>> model.compile("adam", "mse")
    >>> x, y, path = *datasets.plane(50), WeightPath()
    >>> history = model.fit(x, y, epochs=5, callbacks=[path], verbose=0)
    >>> loss_landscape(model, x, y, path, resolution=5).get_xlabel()
    'main direction 1'
    """
    data = loss_landscape_data(model, x, y, path, directions, span, resolution, seed)
    return data.plot(ax, theme=theme)


def _flat(network: Network, weights: Weights) -> Float64:
    flat = [weights[key].ravel() for key in network.trainable]
    return np.concatenate(flat).astype(np.float64)


def _with(network: Network, weights: Weights, flat: Float64) -> Weights:
    """The weights, the trainable ones taken from a vector."""
    changed, start = dict(weights), 0
    for key in network.trainable:
        old = weights[key]
        part = flat[start : start + old.size].reshape(old.shape)
        changed[key], start = part.astype(old.dtype), start + old.size
    return changed


def _random_direction(network: Network, weights: Weights, seed: int, number: int) -> Float64:
    parts = []
    for i, key in enumerate(network.trainable):
        w = weights[key].astype(np.float64)
        d = Stream(seed, Purpose.CHECK, number, i).normal(w.shape)
        if w.ndim < 2:
            parts.append(np.zeros(w.size))
            continue
        before = tuple(range(w.ndim - 1))  # all but the last axis: what one neuron takes in
        length = np.sqrt((d * d).sum(axis=before))
        wanted = np.sqrt((w * w).sum(axis=before))
        parts.append((d * (wanted / np.maximum(length, 1e-300))).ravel())
    flat = np.concatenate(parts)
    if not flat.any():
        raise ArgumentError("All weights are 0 or one-dimensional: there is no direction to go in.")
    return flat


def _steps(path: WeightPath, network: Network, weights: Weights) -> Float64:
    """The path's snapshots, seen from the model's weights."""
    now = _flat(network, weights)
    if not path.weights or path.weights[0].shape != now.shape:
        held = path.weights[0].size if path.weights else 0
        raise ShapeError(
            f"path holds snapshots of {held} trainable weights, but the model has {now.size}: "
            f"give the WeightPath that was among this model's callbacks."
        )
    return np.stack(path.weights).astype(np.float64) - now


def _main_directions(steps: Float64) -> Float64:
    """The first two principal components, their signs so that the path begins at positive."""
    _, lengths, rows = np.linalg.svd(steps, full_matrices=False)
    if not lengths[1] > 1e-9 * lengths[0] > 0:
        raise ArgumentError('The path is a straight line: it spans no plane. Use "random".')
    signs = np.where((steps[0] @ rows[:2].T) < 0, -1.0, 1.0)
    return np.asarray(rows[:2] * signs[:, None])


def _project(steps: Float64, both: Float64) -> tuple[Float64, float]:
    """Where the path lies in the plane (least squares), and the share that this shows."""
    places = np.asarray(np.linalg.lstsq(both.T, steps.T, rcond=None)[0].T, dtype=np.float64)
    rest = steps - places @ both
    total = float((steps**2).sum())
    return places, 1.0 - float((rest**2).sum()) / total if total else 1.0


def _spans(
    span: float | None, resolution: int, path: Float64 | None, kind: str
) -> tuple[Float64, Float64]:
    count = checks.integer("resolution", resolution, 2, 500)
    if span is not None:
        reach = checks.positive("span", span)
        return np.linspace(-reach, reach, count), np.linspace(-reach, reach, count)
    if path is None:
        return np.linspace(-1.0, 1.0, count), np.linspace(-1.0, 1.0, count)
    # A frame about the path and the model, widened to at least a third of the other side.
    around = 1.0 if kind == "random" else 0.0
    low, high = np.minimum(path.min(axis=0), -around), np.maximum(path.max(axis=0), around)
    widths = np.maximum(high - low, (high - low).max() / 3)
    middle, half = (low + high) / 2, 0.6 * widths
    half = np.where(half > 0.0, half, 1.0)
    a, b = (np.linspace(m - h, m + h, count) for m, h in zip(middle, half, strict=True))
    return a, b


def _measure(
    program: Program,
    samples: Samples,
    weights: Weights,
    both: Float64,
    lines: tuple[Float64, Float64],
) -> Float64:
    centre = _flat(program.network, weights)
    engine = NumpyEngine(program, State(weights))
    state = State(weights)
    loss = np.empty((len(lines[1]), len(lines[0])))
    for row, b in enumerate(lines[1]):
        for column, a in enumerate(lines[0]):
            moved = _with(program.network, weights, centre + a * both[0] + b * both[1])
            engine.load(replace(state, weights=moved))
            with np.errstate(all="ignore"):
                value = evaluate(engine, [samples], {})["loss"]
            loss[row, column] = value if math.isfinite(value) else math.inf
    return loss
