"""A step on a terminal: in colour by way of rich, or plain where rich is not there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from neurona.explain.render_text import LEAST, step_lines, step_text

if TYPE_CHECKING:
    from neurona.explain.step import Step

STYLES = {
    "heading": "bold",
    "title": "bold cyan",
    "formula": "italic",
    "head": "bold",
    "note": "yellow",
    "row": "",
}


def show(step: Step, width: int | None = None) -> None:
    """Print a step, ``width`` columns wide; by default as wide as the terminal."""
    try:
        from rich.console import Console
    except ImportError:
        print(step_text(step, width or max(LEAST, shutil.get_terminal_size().columns)))
        return
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    for part in rich_parts(step, console.width):
        console.print(part, soft_wrap=True)


def rich_parts(step: Step, width: int) -> Iterator[Any]:
    """The lines of a step's text as rich's, styled; negative numbers stand out."""
    from rich.text import Text

    for kind, line in step_lines(step, max(LEAST, width)):
        text = Text(line, style=STYLES[kind])
        if kind == "row":
            text.highlight_regex(r"(?<=\s)-[\d.]\S*", "red")
            text.highlight_regex(r"^\s+\[[\d,]*\]", "dim")
        yield text
