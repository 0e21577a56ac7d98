"""Curves as SVG, drawn here: small, sharp at any size, in the page's own colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neurona.display.numbers import figure
from neurona.random import Float64
from neurona.report.markup import text

WIDTH, HEIGHT = 360, 220  # as wide as a phone: letters are not made smaller there
LEFT, RIGHT, TOP, BOTTOM = 48, 8, 10, 34
COLOURS = 7  # that the style sheet has
DASHES = ("", "6 3", "2 3", "9 3 2 3")
WIDE = 100.0  # values whose largest is so many times the smallest get a logarithmic scale
TINY, HUGE = 1e-300, 1e300  # nearer values are drawn as one, larger ones cut off
POINTS = 400  # of a curve: more would not be seen


@dataclass(frozen=True, eq=False)
class Series:
    """A curve: its name, and points whose y may be NaN."""

    name: str
    x: Float64
    y: Float64


def line_chart(title: str, series: Sequence[Series], x_label: str = "epoch") -> str:
    """A figure with the curves, their names below.

    The values' scale is logarithmic where all are above 0 and they span two powers of ten.
    """
    finite = [np.clip(s.y[np.isfinite(s.y)], -HUGE, HUGE) for s in series]
    values = np.concatenate(finite) if finite else np.array([])
    if not values.size:
        return f"<figure><figcaption>{text(title)}: no finite values.</figcaption></figure>"
    low, high = float(values.min()), float(values.max())
    logarithmic = low > 0 and high / low > WIDE
    places = np.concatenate([s.x for s in series])
    across = _Scale(float(places.min()), float(places.max()), LEFT, WIDTH - RIGHT)
    up = (
        _Scale(math.log10(low), math.log10(high), HEIGHT - BOTTOM, TOP)
        if logarithmic
        else _Scale(low, high, HEIGHT - BOTTOM, TOP)
    )
    parts = [*_frame(across, up, logarithmic, x_label)]
    for number, line in enumerate(series):
        y = np.where(np.isfinite(line.y), np.clip(line.y, -HUGE, HUGE), np.nan)
        y = np.log10(y) if logarithmic else y
        parts.append(_curve(number, across, up, line.x, y))
    ends = "; ".join(_told(line) for line in series)
    scale = ", logarithmic scale" if logarithmic else ""
    return (
        f'<figure><svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{text(f"{title}{scale}. {ends}")}">{"".join(parts)}</svg>'
        f"<figcaption><strong>{text(title)}</strong>{scale}<br>"
        f"{''.join(_key(i, line.name) for i, line in enumerate(series))}</figcaption></figure>"
    )


@dataclass(frozen=True)
class _Scale:
    """From values to places on the picture."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: Float64 | float) -> Float64:
        span, middle = self.high - self.low, 0.0
        if span < TINY:
            span, middle = 1.0, 0.5
        share = (np.asarray(value, dtype=np.float64) - self.low) / span + middle
        return np.asarray(self.start + share * (self.end - self.start))

    def ticks(self, most: int, least_step: float = 0.0) -> list[float]:
        span = self.high - self.low
        if span < TINY:
            return [self.low]
        rough = max(span / most, least_step)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [n * step for n in range(first, last + 1)]


def _frame(across: _Scale, up: _Scale, logarithmic: bool, x_label: str) -> list[str]:
    parts = []
    marks = up.ticks(5)
    if len(marks) < 2:
        marks = [up.low, up.high] if up.high > up.low else [up.low]
    for mark in marks:
        y = float(up(mark))
        shown = figure(10.0**mark if logarithmic else mark, 3)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" ')
        parts.append(f'y2="{y:.1f}"/><text x="{LEFT - 6}" y="{y + 4:.1f}" ')
        parts.append(f'text-anchor="end">{shown}</text>')
    for mark in across.ticks(6, 1.0):
        x = float(across(mark))
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">')
        parts.append(f"{figure(mark, 4)}</text>")
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:g}" y="{HEIGHT - 4}" text-anchor="middle">')
    parts.append(f"{text(x_label)}</text>")
    return parts


def _curve(number: int, across: _Scale, up: _Scale, x: Float64, y: Float64) -> str:
    step = max(1, -(-len(x) // POINTS))
    chosen = sorted({*range(0, len(x), step), len(x) - 1})
    pieces, pen_up = [], True
    for place in chosen:
        if not math.isfinite(y[place]):
            pen_up = True
            continue
        at = f"{float(across(x[place])):.1f} {float(up(y[place])):.1f}"
        pieces.append(f"{'M' if pen_up else 'L'}{at}")
        pen_up = False
    if len(pieces) == 1:  # a single point is seen as a dot
        cx, cy = pieces[0][1:].split()
        return f'<circle cx="{cx}" cy="{cy}" r="3.5" style="fill:var(--c{number % COLOURS})"/>'
    return f'<path class="curve" {_stroke(number)} d="{"".join(pieces)}"/>'


def _stroke(number: int) -> str:
    dash = DASHES[number % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'style="stroke:var(--c{number % COLOURS})"{dashed}'


def _key(number: int, name: str) -> str:
    return (
        f'<span class="key"><svg width="26" height="8" aria-hidden="true"><path d="M0 4H26" '
        f'stroke-width="2.5" {_stroke(number)}/></svg>{text(name)}</span>'
    )


def _told(line: Series) -> str:
    known = np.flatnonzero(np.isfinite(line.y))
    if not known.size:
        return f"{line.name}: none"
    first, last = known[0], known[-1]
    return (
        f"{line.name}: from {figure(line.y[first])} at {figure(line.x[first])} "
        f"to {figure(line.y[last])} at {figure(line.x[last])}"
    )
