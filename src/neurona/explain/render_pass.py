"""A neuron's visits as text, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurona.display.html import escape, page, table_html
from neurona.display.numbers import counted, figure, some
from neurona.explain.render_markdown import plain
from neurona.explain.render_markdown import table as markdown_table
from neurona.explain.render_text import table, wrapped

if TYPE_CHECKING:
    from neurona.explain.passes import Pass, Visit
    from neurona.perceptron.inputs import Float64

ROWS = 40
ENTRIES = 5  # of a vector
EPOCHS = 20  # whose changes are listed


def pass_text(visits: Pass, width: int) -> str:
    """The visits as plain text."""
    lines = [line.text for line in wrapped("title", heading(visits), width, "")]
    lines += [line.text for remark in remarks(visits) for line in wrapped("", remark, width, "")]
    headings, rows = columns(visits)
    if rows:
        lines += [line.text for line in table(headings, rows, width)]
    return "\n".join(lines)


def pass_markdown(visits: Pass) -> str:
    """The visits as Markdown."""
    headings, rows = columns(visits)
    eta = figure(visits.neuron.learning_rate)
    parts = [
        f"## {plain(type(visits.neuron).__name__)}",
        f"$$\n{visits.rule[1]}, \\qquad \\eta = {eta}\n$$",
        *map(plain, remarks(visits)),
    ]
    if rows:
        cells = [[plain(cell) for cell in row] for row in rows]
        parts.append(markdown_table([plain(h) for h in headings], cells))
    return "\n\n".join(parts) + "\n"


def pass_html(visits: Pass) -> str:
    """The visits as HTML."""
    headings, rows = columns(visits)
    parts = [f'<div class="nrn-t">{escape(heading(visits))}</div>']
    parts += [f"<div>{escape(remark)}</div>" for remark in remarks(visits)]
    return page(*parts, table_html(headings, rows) if rows else "")


def heading(visits: Pass) -> str:
    """The rule, in a line."""
    neuron = visits.neuron
    return f"{type(neuron).__name__}: {visits.rule[0]}, η = {figure(neuron.learning_rate)}"


def remarks(visits: Pass) -> Iterator[str]:
    """How the training ended."""
    neuron = visits.neuron
    mistakes = neuron.mistakes_per_epoch
    shown = " ".join("…" if i is None else str(mistakes[i]) for i in some(len(mistakes), EPOCHS))
    ended = "Converged" if neuron.converged else "Did not converge"
    count = counted(len(mistakes), "epoch")
    yield f"{ended} in {count}; mistakes by epoch: {shown}"
    if not visits.complete:
        yield f"The path holds the last {len(neuron.path)} of {neuron.updates_run} changes."


def columns(visits: Pass) -> tuple[list[str], list[list[str]]]:
    """Headings and rows: of many visits the first and the last."""
    headings = ["epoch", "point", "x", "y", "z", "side", "Δw", "w′"]
    picks = some(len(visits), ROWS)
    rows = [["…"] * len(headings) if i is None else _row(visits.visits[i]) for i in picks]
    if all(visit.x is None for visit in visits):
        headings, rows = _without(2, headings), [_without(2, row) for row in rows]
    return headings, rows


def _without(place: int, cells: list[str]) -> list[str]:
    return cells[:place] + cells[place + 1 :]


def _row(visit: Visit) -> list[str]:
    return [
        str(visit.epoch),
        "all" if visit.point is None else str(visit.point),
        "" if visit.x is None else _vector(visit.x),
        "" if visit.side is None else figure(visit.side),
        "" if visit.z is None else figure(visit.z),
        "wrong" if visit.mistake else "right",
        _vector(visit.change) if visit.changed else "–",
        _vector(visit.after),
    ]


def _vector(values: Float64) -> str:
    places = some(len(values), ENTRIES)
    return f"({', '.join('…' if i is None else figure(values[i]) for i in places)})"
