"""Where optimizers go on a loss surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks, optimizers
from neurona.data.arrays import as_array
from neurona.errors import ArgumentError, NonFiniteError, ShapeError
from neurona.optimizers import SGD, Adam, Optimizer, RMSprop
from neurona.plots.canvas import canvas
from neurona.plots.surfaces import Surface, surface_of
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELLS = 160
FAR = 1e3  # times the region's size: a path that leaves it has diverged


@dataclass(frozen=True, eq=False)
class OptimizerPaths:
    """Paths of optimizers, all from one start.

    Attributes:
        surface: what they walk on.
        paths: by optimizer (steps + 1, 2), the start included; shorter if it diverged.
        losses: by optimizer (steps + 1,), the surface's value at each of these points.
        heights: (160, 160) the surface over its region, rows by b and columns by a.
    """

    surface: Surface
    paths: Mapping[str, Float64]
    losses: Mapping[str, Float64]
    heights: Float64

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the surface's level lines, the paths, and stars at the known minima."""
        with canvas(ax, theme) as area:
            panel = area.one((6.6, 4.0))
            a, b = _lines(self.surface)
            heights = self.heights - self.heights.min()
            if self.surface.logarithmic:
                heights = np.log10(1.0 + heights)
            # Finer steps near the bottom, where the paths end.
            levels = np.linspace(0.0, 1.0, 22) ** (1.0 if self.surface.logarithmic else 2.0)
            levels = levels * float(heights.max())
            panel.contourf(a, b, heights, levels=levels, cmap=area.sequential(), alpha=0.45)
            panel.contour(a, b, heights, levels=levels, colors=[area.theme.soft], linewidths=0.5)
            for i, (name, path) in enumerate(self.paths.items()):
                panel.plot(
                    *path.T,
                    color=area.theme.colour(i),
                    marker=area.theme.marker(i),
                    markersize=2.6,
                    markeredgewidth=0,
                    linewidth=1.2,
                    label=f"{name}: {self.losses[name][-1]:.2g}",
                )
            for minimum in self.surface.minima:
                panel.plot(*minimum, "*", color=area.theme.ink, markersize=11)
            start = next(iter(self.paths.values()))[0]
            panel.plot(*start, "o", color=area.theme.ink, markersize=5)
            panel.set(xlim=self.surface.a, ylim=self.surface.b, xlabel="weight a")
            panel.set(ylabel="weight b", title=f"{self.surface.name}: loss at the end of each path")
            area.legend(panel, handlelength=1.2)
            return panel


def optimizer_paths_data(
    surface: Any = "valley",
    chosen: Mapping[str, Optimizer] | Sequence[Any] | None = None,
    start: Any = None,
    steps: int = 60,
) -> OptimizerPaths:
    """Let optimizers go down a surface, each from the same point.

    Args:
        surface: a name ("valley", "rosenbrock", "saddle", "himmelblau") or a
            :class:`Surface` of your own.
        chosen: optimizers, or a dict of them by the name to show; by default gradient
            descent, the same with momentum, RMSprop and Adam.
        start: (2,) the first weights; by default the surface's own.
        steps: of each. A path that goes far out of the region ends there.

    Raises:
        UnknownNameError: no such surface or optimizer.
        ShapeError: ``start`` is not two numbers.

    >>> walk = optimizer_paths_data("valley", {"descent": SGD(0.4)}, start=[-9, 2.5], steps=30)
    >>> walk.paths["descent"].shape
    (31, 2)
    >>> walk.paths["descent"][1].round(6).tolist()  # a (1 − 0.4 · 0.1), b (1 − 0.4 · 2)
    [-8.64, 0.5]
    """
    ground = surface_of(surface)
    count = checks.integer("steps", steps, 1)
    first = as_array("start", ground.start if start is None else start).astype(np.float64)
    if first.shape != (2,):
        raise ShapeError(f"start must be two numbers, got shape {first.shape}.")
    walkers = _walkers(chosen)
    paths = {name: _walk(ground, walker, first, count) for name, walker in walkers.items()}
    a, b = np.meshgrid(*_lines(ground))
    return OptimizerPaths(
        ground,
        paths,
        {name: np.asarray(ground.value(path[:, 0], path[:, 1])) for name, path in paths.items()},
        np.asarray(ground.value(a, b), dtype=np.float64),
    )


def optimizer_paths(
    surface: Any = "valley",
    chosen: Mapping[str, Optimizer] | Sequence[Any] | None = None,
    start: Any = None,
    steps: int = 60,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw the paths of optimizers down a loss surface.

    Args:
        surface, chosen, start, steps: as in :func:`optimizer_paths_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> optimizer_paths("rosenbrock", ["adam", "rmsprop"], steps=20).get_xlabel()
    'weight a'
    """
    return optimizer_paths_data(surface, chosen, start, steps).plot(ax, theme=theme)


def _walkers(chosen: Mapping[str, Optimizer] | Sequence[Any] | None) -> dict[str, Optimizer]:
    if chosen is None:
        return {
            "gradient descent": SGD(0.2),
            "momentum": SGD(0.05, momentum=0.9),
            "RMSprop": RMSprop(0.2),
            "Adam": Adam(0.4),
        }
    if isinstance(chosen, Mapping):
        found = {str(name): optimizers.get(part) for name, part in chosen.items()}
    else:
        several = [chosen] if isinstance(chosen, (str, Optimizer)) else list(chosen)
        parts = [optimizers.get(part) for part in several]
        found = {repr(part).removesuffix("()"): part for part in parts}
    if not found:
        raise ArgumentError("chosen holds no optimizer: name at least one.")
    return found


def _walk(ground: Surface, optimizer: Optimizer, start: Float64, steps: int) -> Float64:
    w, slots = {"w": start}, {"w": optimizer.init(start)}
    path = [start]
    reach = FAR * max(ground.a[1] - ground.a[0], ground.b[1] - ground.b[0])
    for iteration in range(steps):
        try:
            grads = {"w": ground.gradient(w["w"])}
        except NonFiniteError:
            break  # so far out that the surface has no finite height there
        with np.errstate(over="ignore", invalid="ignore"):
            w, slots = optimizers.step(optimizer, w, grads, slots, {}, iteration)
        if not np.abs(w["w"]).max() <= reach:
            break
        path.append(w["w"])
    return np.array(path)


def _lines(ground: Surface) -> tuple[Float64, Float64]:
    return np.linspace(*ground.a, CELLS), np.linspace(*ground.b, CELLS)
