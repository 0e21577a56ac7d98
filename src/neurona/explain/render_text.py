"""A step as plain text, in as many columns as there are."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from neurona import checks
from neurona.display.numbers import figure, places
from neurona.explain.document import Block, Section, heading, remarks, sections

if TYPE_CHECKING:
    from neurona.explain.step import Step

ROWS = 12  # of a table; more are cut short
LEAST = 20  # columns


class Line(NamedTuple):
    """A line of text, and what it is: "heading", "title", "formula", "head", "row" or "note"."""

    kind: str
    text: str


def step_text(step: Step, width: int = 100) -> str:
    """Everything about a step, in lines no wider than ``width`` columns."""
    return "\n".join(line.text for line in step_lines(step, width))


def step_lines(step: Step, width: int) -> Iterator[Line]:
    """The lines of a step's text."""
    width = checks.integer("width", width, LEAST)
    yield from wrapped("heading", heading(step), width, "")
    for remark in remarks(step):
        yield from wrapped("note", remark, width, "")
    for number, section in enumerate(sections(step), 1):
        yield Line("row", "")
        label = "" if number > len(step.layers) else f"{number} "
        yield from wrapped("title", f"{label}{section.title}: {section.about}", width, "")
        yield from _section(section, width)


def _section(section: Section, width: int) -> Iterator[Line]:
    for note in section.notes:
        yield from wrapped("note", note, width, "  ")
    for block in section.blocks:
        yield from _block(block, width)


def _block(block: Block, width: int) -> Iterator[Line]:
    for left, right in block.formulas:
        yield from wrapped("formula", f"{left.text} = {right.text}", width, "  ")
    yield from table(*block_table(block, ROWS), width)


def block_table(block: Block, most: int) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of a block: the place, then the number in each column."""
    headings = ["", *(q.symbol().text for q in block.columns)]
    rows = []
    for place in places(block.shape, most):
        if place is None:
            rows.append(["…"] * len(headings))
            continue
        numbers = (figure(float(q.values[place])) for q in block.columns)
        rows.append([f"[{','.join(map(str, place))}]", *numbers])
    return headings, rows


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[Line]:
    """A table; columns that find no room follow below, with the first one repeated."""
    widths = [max(map(columns_of, cells)) for cells in zip(headings, *rows, strict=True)]
    first = widths[0]
    todo = list(range(1, len(headings)))
    while todo:
        taken = [todo.pop(0)]
        room = width - 4 - first - widths[taken[0]]
        while todo and widths[todo[0]] + 2 <= room:
            room -= widths[todo[0]] + 2
            taken.append(todo.pop(0))
        for kind, cells in (("head", headings), *(("row", row) for row in rows)):
            line = "  " + _padded(cells[0], first, left=True)
            line += "".join("  " + _padded(cells[i], widths[i]) for i in taken)
            yield Line(kind, line.rstrip())


def columns_of(text: str) -> int:
    """How many columns a text takes: combining marks take none."""
    return sum(not unicodedata.combining(c) for c in text)


def _padded(text: str, width: int, left: bool = False) -> str:
    space = " " * (width - columns_of(text))
    return text + space if left else space + text


def wrapped(kind: str, text: str, width: int, indent: str) -> Iterator[Line]:
    """A text in lines no wider than ``width``; what is no text is shown as "?"."""
    clean = "".join(c if c.isprintable() else "?" for c in text)  # names shall not steer terminals
    wrapped = textwrap.wrap(clean, width, initial_indent=indent, subsequent_indent=f"{indent}    ")
    return (Line(kind, line) for line in wrapped)
