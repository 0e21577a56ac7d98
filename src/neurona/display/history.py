"""A training run's record in a notebook: each measure's course, as a line and in numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neurona.display.html import escape, page
from neurona.display.numbers import counted, figure

if TYPE_CHECKING:
    from neurona.callbacks.history import History

WIDTH, HEIGHT = 160, 32  # of a line, in pixels
HEADINGS = ("measure", "course", "first", "lowest", "highest", "last")


def history_html(history: History) -> str:
    """A table of the measures."""
    epochs = counted(len(history.epoch), "epoch")
    rows = "".join(
        _row(name, values, history.epoch, history.measures.get(name, ""))
        for name, values in history.history.items()
        if values and all(isinstance(v, (int, float)) for v in values)
    )
    if not rows:
        return page(f"<div>{epochs}; nothing was measured</div>")
    head = "".join(f'<th scope="col">{h}</th>' for h in HEADINGS)
    return page(
        f"<table><caption>{epochs}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(name: str, values: Sequence[Any], epochs: Sequence[int], words: str) -> str:
    finite = [(float(v), e) for v, e in zip(values, epochs, strict=False) if math.isfinite(v)]
    ends = ["–", "–"]
    if finite:
        ends = [f"{figure(v)} (epoch {e + 1})" for v, e in (min(finite), max(finite))]
    cells = [figure(values[0]), *ends, figure(values[-1])]
    hover = f' title="{escape(words)}"' if words else ""
    return (
        f'<tr><th scope="row" class="nrn-l"{hover}>{escape(name)}</th><td>{_line(name, values)}'
        f"</td>{''.join(f'<td>{escape(c)}</td>' for c in cells)}</tr>"
    )


def _line(name: str, values: Sequence[Any]) -> str:
    """The course as a line from left to right; gaps where a value is not finite."""
    finite = [float(v) for v in values if math.isfinite(v)]
    if len(finite) < 2:
        return ""
    low, high = min(finite), max(finite)
    path, move = [], "M"
    for i, value in enumerate(values):
        if not math.isfinite(value):
            move = "M"
            continue
        x = 1 + (WIDTH - 2) * i / (len(values) - 1)
        y = HEIGHT / 2 if high == low else 1 + (HEIGHT - 2) * (high - value) / (high - low)
        path.append(f"{move}{x:.1f} {y:.1f}")
        move = "L"
    label = escape(f"{name} from {figure(finite[0])} to {figure(finite[-1])}")
    return (
        f'<svg role="img" aria-label="{label}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><title>{label}</title><path d="{"".join(path)}" '
        f'fill="none" stroke="currentColor" stroke-width="1.5"/></svg>'
    )
