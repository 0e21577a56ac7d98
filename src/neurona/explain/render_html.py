"""A step as HTML: the layers as boxes, every number under the pointer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from neurona.display.html import box, escape, folded, number_cell, page, table_html
from neurona.display.numbers import figure, places, shape_text, some
from neurona.explain.document import Block, Section, heading, remarks, sections
from neurona.explain.why import DIGITS, Why, question

if TYPE_CHECKING:
    from neurona.explain.catalogue import Quantity
    from neurona.explain.step import Step

CELLS = 10  # rows and columns of an array's picture
ROWS = 24  # of a table
OPEN = 12  # a network with so few parameters is shown unfolded


def step_html(step: Step) -> str:
    """Everything about a step."""
    notes = "".join(f"<div>{escape(remark)}</div>" for remark in remarks(step))
    small = step.program.network.count_params() <= OPEN
    boxes = "".join(_box(number, part, small) for number, part in enumerate(sections(step), 1))
    title = f'<div class="nrn-t">{escape(heading(step))}</div>'
    return page(title, notes, f'<div class="nrn-row">{boxes}</div>')


def _box(number: int, section: Section, unfolded: bool) -> str:
    notes = "".join(f'<div class="nrn-s">{escape(note)}</div>' for note in section.notes)
    parts = "".join("".join(_block(block, unfolded)) for block in section.blocks)
    title = section.title if section.title == "loss" else f"{number} {section.title}"
    return box(title, notes, parts, about=section.about)


def _block(block: Block, unfolded: bool) -> Iterator[str]:
    pictures = "".join(_picture(block, quantity) for quantity in _telling(block))
    yield f'<div class="nrn-row">{pictures}</div>'
    lines = (f"{left.text} = {right.text}" for left, right in block.formulas)
    formulas = f'<div class="nrn-f">{escape(chr(10).join(lines))}</div>' if block.formulas else ""
    yield folded(f"{block.title}: all numbers", formulas, _table(block), is_open=unfolded)


def _telling(block: Block) -> list[Quantity]:
    """The columns to draw: output and sensitivity; a weight, its gradient and its change."""
    if block.title == "samples":
        return block.columns[:1]
    if block.title == "units":
        ends: tuple[str, ...] = (".z", ".delta") if not _has(block, ".h") else (".h", ".delta")
    else:
        ends = (f".{block.title}.old", f".{block.title}", f".{block.title}.update")
    return [q for q in block.columns if q.name.endswith(ends)]


def _has(block: Block, end: str) -> bool:
    return any(q.name.endswith(end) for q in block.columns)


def _picture(block: Block, main: Quantity) -> str:
    """An array as a grid of shaded cells; the pointer shows all that belongs to a cell."""
    values = main.values
    flat = values.reshape(-1, values.shape[-1]) if values.ndim else values.reshape(1, 1)
    largest = float(np.nanmax(np.abs(flat), initial=0.0))
    rows = []
    for i in some(flat.shape[0], CELLS):
        cells = []
        for j in some(flat.shape[1], CELLS):
            if i is None or j is None:
                cells.append("<td>…</td>")
                continue
            place = np.unravel_index(i * flat.shape[1] + j, values.shape) if values.ndim else ()
            hover = _hover(block, tuple(int(n) for n in place))
            cells.append(number_cell(float(flat[i, j]), largest, hover))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    caption = f"{main.symbol().text}, {shape_text(values.shape)}"
    return (
        f'<table><caption title="{escape(main.words)}">{escape(caption)}</caption>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _hover(block: Block, place: tuple[int, ...]) -> str:
    lines = (repr(quantity.factor(*place)) for quantity in block.columns)
    return "\n".join(lines)


def _table(block: Block) -> str:
    largest = [float(np.nanmax(np.abs(q.values), initial=0.0)) for q in block.columns]
    body = []
    for place in places(block.shape, ROWS):
        if place is None:
            body.append(f'<tr><td class="nrn-l">…</td>{"<td>…</td>" * len(largest)}</tr>')
            continue
        shown = ",".join(map(str, place))
        cells = (
            number_cell(
                float(q.values[place]),
                most,
                f"{q.factor(*place)!r}\n{question((q.name, place))}",
                4,
            )
            for q, most in zip(block.columns, largest, strict=True)
        )
        body.append(f'<tr><td class="nrn-l">[{shown}]</td>{"".join(cells)}</tr>')
    heads = "".join(
        f'<th scope="col" title="{escape(q.words)}">{escape(q.symbol().text)}</th>'
        for q in block.columns
    )
    return (
        f'<table><thead><tr><th scope="col" class="nrn-l">entry</th>{heads}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def why_html(why: Why) -> str:
    """A derivation, with those of the numbers that it uses folded below it."""
    parts = [_derivation(why)]
    for factor in why.made_of():
        (name, index) = factor.sources[0]
        below = why.of(name, *index)
        title = f"{factor!r}    {question((name, index))}"
        parts.append(folded(title, _derivation(below)))
    return page(*parts)


def _derivation(why: Why) -> str:
    left, pad = why.symbol.text, " " * len(why.symbol.text)
    sides = [side.text for side in why.sides()]
    lines = [f"{left} = {sides[0]}", *(f"{pad} = {side}" for side in sides[1:])]
    factors = [[f.symbol.text, figure(f, DIGITS)] for term in why.terms for f in term.factors]
    note = f'<div class="nrn-s">{escape(why.note)}</div>' if why.note else ""
    table = ""
    if not why.given and len(factors) <= ROWS:
        table = folded("factors", table_html(["factor", "value"], factors))
    return f'<div class="nrn-f">{escape(chr(10).join(lines))}</div>{note}{table}'
