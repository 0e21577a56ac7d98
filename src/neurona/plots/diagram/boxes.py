"""A large network as a stack of boxes, one for each layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from neurona.plots.diagram import svg
from neurona.plots.diagram.columns import Column

WIDTH, HEIGHT, GAP, EDGE = 380.0, 46.0, 20.0, 12.0
BAR = 6.0  # height of the bar that shows how wide a layer is
LETTERS = 30  # of a name, before it is cut


def draw(columns: Sequence[Column]) -> tuple[float, float, list[str]]:
    """Width, height and the elements of the picture."""
    widest = math.log2(1 + max(column.units for column in columns))
    parts: list[str] = []
    for place, column in enumerate(columns):
        top = EDGE + place * (HEIGHT + GAP)
        if place:
            parts.append(_arrow(top))
        parts += _box(column, top, math.log2(1 + column.units) / widest)
    return WIDTH + 2 * EDGE, len(columns) * (HEIGHT + GAP) - GAP + 2 * EDGE, parts


def _box(column: Column, top: float, share: float) -> list[str]:
    left, right = EDGE + 12, EDGE + WIDTH - 12
    shape = " × ".join(map(str, column.shape))
    words = f"{column.parameters:,} parameters" if column.parameters else ""
    # The bar's length is the logarithm of the layer's width, in that of the widest.
    length = share * (WIDTH - 24)
    parts = [
        f'<rect x="{EDGE:g}" y="{top:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="6" '
        f'class="box"/>',
        f'<rect x="{EDGE + (WIDTH - length) / 2:.1f}" y="{top + HEIGHT - BAR - 2:g}" '
        f'width="{length:.1f}" height="{BAR:g}" rx="3" class="bar" opacity="0.55"/>',
        svg.text(left, top + 17, _cut(column.name), 12, "start", font_weight="600"),
        svg.text(right, top + 17, shape, 12, "end"),
    ]
    if column.about:
        parts.append(svg.text(left, top + 32, column.about, 10, "start", class_="faint"))
    if words:
        parts.append(svg.text(right, top + 32, words, 10, "end", class_="faint"))
    return parts


def _arrow(top: float) -> str:
    x = EDGE + WIDTH / 2
    return (
        f'<path d="M{x:g} {top - GAP:g}V{top - 2:g}M{x - 4:g} {top - 7:g}L{x:g} {top - 1:g}'
        f'L{x + 4:g} {top - 7:g}" class="frame" stroke-width="1.2"/>'
    )


def _cut(name: str) -> str:
    return name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}…"
