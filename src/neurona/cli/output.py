"""What the command writes on stdout: lines, tables, or one JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Row = Sequence[Any]
UNLIMITED = 100_000  # columns


def line(text: str = "") -> None:
    """Print a line."""
    print(printable(text))


def printable(text: str) -> str:
    """The text without control characters: a name from a file shall not steer the terminal.

    >>> printable("tulip\\x1b[2J")
    'tulip?[2J'
    """
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def write_json(value: dict[str, Any]) -> None:
    """Print one JSON object; NaN and infinities, which JSON has not, become null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # NumPy's
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(headings: Row, rows: Sequence[Row], numbers: Sequence[int] = ()) -> None:
    """Print a table; where the terminal is too narrow for it, a block of lines for each row.

    Args:
        numbers: the columns to align to the right.
    """
    if fits(headings, rows):
        _console().print(_table(headings, rows, numbers))
        return
    for row in rows:
        line(str(row[0]))
        for heading, cell in zip(headings[1:], row[1:], strict=True):
            line(f"  {heading}: {cell}")


def fits(headings: Row, rows: Sequence[Row]) -> bool:
    """Whether the table is no wider than the terminal."""
    console = _console()
    free = console.options.update_width(UNLIMITED)
    return console.measure(_table(headings, rows, ()), options=free).maximum <= console.width


def width() -> int:
    """The terminal's number of columns."""
    return _console().width


def _table(headings: Row, rows: Sequence[Row], numbers: Sequence[int]) -> Table:
    from rich import box
    from rich.table import Table

    drawn = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for column, heading in enumerate(headings):
        side: Literal["left", "right"] = "right" if column in numbers else "left"
        drawn.add_column(printable(str(heading)), justify=side, no_wrap=True)
    for row in rows:
        drawn.add_row(*(printable(str(cell)) for cell in row))
    return drawn


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)
