"""A small network, drawn neuron by neuron, weights as lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from neurona.plots.diagram import svg
from neurona.plots.diagram.columns import Column

RADIUS = 11.0
APART = 36.0  # from neuron to neuron
BETWEEN = 130.0  # from column to column, at least
LETTER = 6.4  # how wide a letter of the headings is, about
HEAD, FOOT, SIDE = 46.0, 40.0, 70.0
THICKEST = 5.0

Point = tuple[float, float]


def draw(
    columns: Sequence[Column], names: Sequence[str], outputs: Sequence[str]
) -> tuple[float, float, list[str]]:
    """Width, height and the elements of the picture.

    Args:
        names: of the inputs, or none.
        outputs: names of the outputs, or none.
    """
    places, width, height = _places(columns, names, outputs)
    parts: list[str] = []
    for (before, ends), (column, starts) in pairwise(zip(columns, places, strict=True)):
        parts += _lines(before, column, ends, starts)
    for column, points in zip(columns, places, strict=True):
        parts += _neurons(column, points)
        x = points[0][0]
        parts.append(svg.text(x, 18, column.name, 12, font_weight="600"))
        if column.about:
            parts.append(svg.text(x, 33, column.about, 10, class_="faint"))
        what = "outputs" if column.kind else "inputs"
        below = (
            f"{column.parameters:,} parameters" if column.parameters else f"{column.units} {what}"
        )
        parts.append(svg.text(x, height - 14, below, 10, class_="faint"))
    for (x, y), name in zip(places[0], names, strict=False):
        parts.append(svg.text(x - RADIUS - 5, y + 4, name, 11, "end"))
    for (x, y), name in zip(places[-1], outputs, strict=False):
        parts.append(svg.text(x + RADIUS + 5, y + 4, name, 11, "start"))
    return width, height, parts


def _places(
    columns: Sequence[Column], names: Sequence[str], outputs: Sequence[str]
) -> tuple[list[list[Point]], float, float]:
    """Where each column's neurons lie, and the picture's width and height."""
    headings = [LETTER * max(len(c.name), len(c.about), 14) + 16 for c in columns]
    left = max(SIDE, LETTER * max(map(len, names), default=0) + 30, headings[0] / 2)
    right = max(SIDE, LETTER * max(map(len, outputs), default=0) + 30, headings[-1] / 2)
    x, middle = [left], HEAD + max(c.units for c in columns) * APART / 2
    for a, b in pairwise(headings):
        x.append(x[-1] + max(BETWEEN, (a + b) / 2))
    places = [
        [(at, middle + (i - (c.units - 1) / 2) * APART) for i in range(c.units)]
        for at, c in zip(x, columns, strict=True)
    ]
    return places, x[-1] + right, 2 * middle - HEAD + FOOT


def _lines(before: Column, column: Column, ends: list[Point], starts: list[Point]) -> list[str]:
    if column.kernel is not None:
        limit = float(np.abs(column.kernel).max()) or 1.0
        # Thin lines first, so that strong ones lie above them.
        order = np.argsort(np.abs(column.kernel), axis=None, kind="stable")
        pairs = [divmod(int(place), column.units) for place in order]
        return [
            _line(
                ends[i],
                starts[j],
                float(column.kernel[i, j]),
                limit,
                f"{before.name} {i} → {column.name} {j}: {column.kernel[i, j]:.4g}",
            )
            for i, j in pairs
        ]
    if column.kind == "Dense":  # its weights were not asked for
        every = [(i, j) for i in range(before.units) for j in range(column.units)]
    elif before.units == column.units:
        every = [(i, i) for i in range(column.units)]
    else:
        every = []
    return [_path(ends[i], starts[j], 'class="soft" stroke-width="1"') for i, j in every]


def _line(end: Point, start: Point, weight: float, limit: float, words: str) -> str:
    share = abs(weight) / limit
    kind = "line-negative" if weight < 0 else "line-positive"
    look = (
        f'class="{kind}" stroke-width="{0.4 + (THICKEST - 0.4) * share:.2f}" '
        f'opacity="{0.25 + 0.75 * share:.2f}"'
    )
    return _path(end, start, look, svg.hover(words))


def _path(end: Point, start: Point, look: str, inside: str = "") -> str:
    (x1, y1), (x2, y2) = end, start
    bend = (x2 - x1) * 0.35
    curve = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    return f'<path d="{curve}" {look}>{inside}</path>'


def _neurons(column: Column, points: list[Point]) -> list[str]:
    """Discs filled by the bias: its sign as colour, its size, in the layer, as strength."""
    bias = column.bias
    limit = 1.0 if bias is None else float(np.abs(bias).max()) or 1.0
    parts = []
    for i, (x, y) in enumerate(points):
        at = f'cx="{x:g}" cy="{y:g}" r="{RADIUS:g}"'
        parts.append(f'<circle {at} class="paper"/>')
        words = f"{column.name} {i}"
        if bias is not None:
            kind = "disc-negative" if bias[i] < 0 else "disc-positive"
            words += f", bias {bias[i]:.4g}"
            parts.append(f'<circle {at} class="{kind}" opacity="{abs(bias[i]) / limit:.2f}"/>')
        parts.append(f'<circle {at} class="frame" pointer-events="all">{svg.hover(words)}</circle>')
    return parts
