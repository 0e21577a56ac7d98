"""Are the gradients of a step right? Each is compared with finite differences, in float64."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.backprop import add_penalties, backward, forward, loss_gradient
from neurona.display.html import page, table_html
from neurona.display.numbers import figure
from neurona.network import Program, Weights
from neurona.random import Purpose, Stream

if TYPE_CHECKING:
    from neurona.explain.step import Step

Float64 = NDArray[np.float64]
TOLERANCE = 1e-6
STEPS = (1e-3, 1e-5)  # relative to the weight's size
# By how many steps the weight is changed, and what the loss there counts in the quotient: on
# both sides, above alone, below alone (Fornberg 1988, tables 1 and 3).
QUOTIENTS: tuple[dict[int, float], ...] = (
    {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12},
    {0: -11 / 6, 1: 3, 2: -3 / 2, 3: 1 / 3},
    {0: 11 / 6, -1: -3, -2: 3 / 2, -3: -1 / 3},
)
KINK, BENT = 1e-7, 1e-3  # slopes so near a point that differ so much: a corner of the loss
FLOOR = 1e-3  # a weight whose gradients are this much smaller than the largest is measured by it


@dataclass(frozen=True)
class CheckedWeight:
    """One weight's gradient, compared.

    Attributes:
        key: the weight, such as ``"dense/kernel"``.
        entries, checked: how many entries it has, and how many were compared.
        difference: the largest ``|stated − measured|``, divided by the largest
            of all the weight's gradients.
        index: where it is.
        stated, measured: back-propagation's gradient there, and the difference quotient.
        rounding: how far the gradient that training uses, in the model's dtype,
            is from the one in float64, likewise relative.
    """

    key: str
    entries: int
    checked: int
    difference: float
    index: tuple[int, ...]
    stated: float
    measured: float
    rounding: float


@dataclass(frozen=True)
class CheckReport:
    """What :meth:`Step.check` found.

    Attributes:
        weights: one entry for every weight that is trained.
    """

    weights: tuple[CheckedWeight, ...]

    @property
    def largest(self) -> float:
        """The largest relative difference of all."""
        return max((w.difference for w in self.weights), default=0.0)

    @property
    def ok(self) -> bool:
        """Whether all gradients agree to 1e-6."""
        return self.largest < TOLERANCE

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for w in self.weights:
            count = str(w.entries) if w.checked == w.entries else f"{w.checked} of {w.entries}"
            place = f"{w.key}[{', '.join(map(str, w.index))}]"
            numbers = (figure(v, n) for v, n in ((w.difference, 2), (w.stated, 8), (w.measured, 8)))
            yield w.key, count, *numbers, place, figure(w.rounding, 2)

    @property
    def _words(self) -> str:
        verdict = "agree" if self.ok else "DISAGREE"
        return (
            f"Gradients {verdict} with finite differences: the largest relative difference is "
            f"{figure(self.largest, 2)}."
        )

    def __str__(self) -> str:
        rows = [HEADINGS, *self._rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
        lines = (
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )
        return "\n".join([self._words, *lines])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return page(f"<p>{html.escape(self._words)}</p>", table_html(HEADINGS, list(self._rows())))


HEADINGS = ("weight", "entries", "difference", "stated", "measured", "at", "rounding")


def check_step(step: Step, entries: int | None) -> CheckReport:
    """Compare every weight's gradient with central differences; see :meth:`Step.check`."""
    most = None if entries is None else checks.integer("entries", entries, 1)
    wide = _Wide(step)
    with np.errstate(all="ignore"):
        stated = wide.gradients()
        largest = max(map(_reach, stated.values()), default=0.0)
        found = [
            _check(step, wide, key, gradient, FLOOR * largest, most)
            for key, gradient in stated.items()
        ]
    return CheckReport(tuple(found))


class _Wide:
    """The step's loss as a function of the weights, in float64."""

    def __init__(self, step: Step) -> None:
        old = step.program
        self.program = Program(old.network, old.loss, old.optimizer, old.seed, "float64")
        self.iteration = step.iteration
        self.x = step.x.astype(np.float64)
        self.y = step.loss.y.astype(np.float64) if step.loss.y.dtype.kind == "f" else step.loss.y
        self.sample_weight = step.sample_weight
        self.weights: Weights = {
            w.key: w.before.astype(np.float64)
            for layer in step.layers
            for w in layer.weights.values()
        }

    def _traces(self, weights: Weights) -> list[Any]:
        network, seed = self.program.network, self.program.seed
        return forward(network, weights, self.x, True, seed, self.iteration)

    def loss(self, weights: Weights) -> float:
        """E."""
        network, last = self.program.network, self._traces(weights)[-1]
        value, _ = loss_gradient(self.program, last, self.y, self.sample_weight)
        penalties = {key: weights[key] for key in network.regularized}
        return float(value + add_penalties(network, weights, penalties))

    def gradients(self) -> Weights:
        """``∂E/∂w`` by back-propagation."""
        traces = self._traces(self.weights)
        _, dh = loss_gradient(self.program, traces[-1], self.y, self.sample_weight)
        grads, _ = backward(self.program, self.weights, traces, dh)
        add_penalties(self.program.network, self.weights, grads)
        return {key: grads[key] for key in self.program.network.trainable}


def _check(
    step: Step, wide: _Wide, key: str, gradient: Float64, floor: float, most: int | None
) -> CheckedWeight:
    places = np.arange(gradient.size)
    if most is not None and gradient.size > most:
        places = np.sort(Stream(0, Purpose.CHECK, gradient.size).permutation(gradient.size)[:most])
    scale = max(_reach(gradient), floor) or 1.0
    worst, at, measured = 0.0, 0, 0.0
    point = wide.weights[key].copy()
    for place in places:
        found, difference = _measure(wide, key, point, int(place), float(gradient.flat[place]))
        difference = np.inf if np.isnan(difference) else difference / scale
        if difference > worst or place == places[0]:
            worst, at, measured = difference, int(place), found
    used = step.gradients[key].astype(np.float64)
    rounding = _reach(used - gradient) / scale
    index = tuple(int(i) for i in np.unravel_index(at, gradient.shape))
    stated = float(gradient.flat[at])
    return CheckedWeight(key, gradient.size, len(places), worst, index, stated, measured, rounding)


def _reach(array: Float64) -> float:
    """The largest finite size of an entry."""
    sizes = np.abs(array)
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def _measure(
    wide: _Wide, key: str, point: Float64, place: int, stated: float
) -> tuple[float, float]:
    """The difference quotient at one entry, and how far it is from what is stated.

    Where a corner of E lies so near that the points on one side are beyond it,
    those on the other side serve alone; at the corner itself, any number between
    the slopes on its two sides is a gradient.
    """
    kept = float(point.flat[place])

    @cache
    def loss(change: float) -> float:
        point.flat[place] = kept + change
        value = wide.loss({**wide.weights, key: point})
        point.flat[place] = kept
        return value

    best, difference = np.nan, np.nan
    for size, weights in product(STEPS, QUOTIENTS):
        eps = size * max(1.0, abs(kept))
        found = sum(weight * loss(k * eps) for k, weight in weights.items()) / eps
        off = abs(found - stated)
        if np.isnan(difference) or off < difference:
            best, difference = found, off
        if difference <= TOLERANCE / 10 * max(abs(stated), abs(found)):
            return best, difference
    low, high = _sides(loss, KINK * max(1.0, abs(kept)))
    if high - low > BENT * max(abs(low), abs(high)) and low <= stated <= high:
        return stated, 0.0
    return best, difference


def _sides(loss: Callable[[float], float], eps: float) -> tuple[float, float]:
    """The slopes on the two sides, the lower one first.

    They differ only at a corner of E, as a ReLU at exactly 0 makes one; there,
    any number between them is a gradient.
    """
    middle = loss(0.0)
    slopes = (middle - loss(-eps)) / eps, (loss(eps) - middle) / eps
    return min(slopes), max(slopes)
