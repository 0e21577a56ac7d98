"""A step as Markdown, its derivation in LaTeX between dollar signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurona.explain.document import Block, heading, remarks, sections
from neurona.explain.render_latex import aligned
from neurona.explain.render_text import ROWS, block_table

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue
    from neurona.explain.step import Step


def step_markdown(step: Step) -> str:
    """Everything about a step."""
    parts = [f"## {plain(heading(step))}", *map(plain, remarks(step))]
    for number, section in enumerate(sections(step), 1):
        label = "" if number > len(step.layers) else f"{number} "
        parts.append(f"### {label}{plain(section.title)}")
        parts.append(plain(section.about))
        parts += map(plain, section.notes)
        for block in section.blocks:
            parts += _block(block, step.catalogue)
    return "\n\n".join(parts) + "\n"


def _block(block: Block, catalogue: Catalogue) -> Iterator[str]:
    if block.formulas:
        yield f"$$\n{aligned(block.formulas)}\n$$"
    _, rows = block_table(block, ROWS)
    latex = [f"${q.symbol().latex}$" for q in block.columns]
    yield table(["entry", *latex], rows)
    for why in block.derivations(catalogue):
        if not why.given:
            yield f"$$\n{why.latex}\n$$"
        if why.note:
            yield plain(why.note)


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the cells are Markdown already."""
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(text: str) -> str:
    r"""Any text as Markdown that shows it, and nothing else.

    >>> print(plain("a|b *c* <script>"))
    a\|b \*c\* \<script\>
    """
    return re.sub(r"([\\`*_{}\[\]<>#|$~!&])", r"\\\1", text.replace("\n", " "))
