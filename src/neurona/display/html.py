"""Pieces of HTML that stand alone: escaped, with their own style, nothing fetched, no script.

Colours are translucent over whatever is behind, and text takes the reader's
colour: so everything reads on light and on dark pages alike. Positive numbers
are blue and negative ones orange, which colour-blind readers tell apart.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from neurona.display.numbers import figure

STYLE = """
.nrn{font-size:13px;line-height:1.45;max-width:100%}
.nrn code,.nrn .nrn-f{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.nrn .nrn-f{white-space:pre;overflow-x:auto;margin:.3em 0}
.nrn .nrn-row{display:flex;flex-wrap:wrap;gap:.8em;align-items:flex-start}
.nrn .nrn-box{border:1px solid rgba(128,128,128,.5);border-radius:6px;padding:.5em .8em;
max-width:100%;box-sizing:border-box;overflow-x:auto}
.nrn .nrn-t{font-weight:600}
.nrn .nrn-s{opacity:.75}
.nrn table{border-collapse:collapse;margin:.4em 0;font-variant-numeric:tabular-nums;
background:none}
.nrn caption{text-align:left;caption-side:top;padding:.2em 0;color:inherit;white-space:nowrap}
.nrn th,.nrn td{padding:.1em .5em;text-align:right;white-space:nowrap;
border:1px solid rgba(128,128,128,.25);color:inherit;background-clip:padding-box}
.nrn th{font-weight:600;opacity:.85}
.nrn td.nrn-l,.nrn th.nrn-l{text-align:left}
.nrn details{margin:.3em 0}
.nrn summary{cursor:pointer}
.nrn [title]{cursor:help}
"""
BLUE, ORANGE = "0,114,178", "213,94,0"  # Okabe & Ito 2008


def escape(text: object) -> str:
    """Any text as HTML.

    >>> escape("<script>")
    '&lt;script&gt;'
    """
    return html.escape(str(text))


def page(*parts: str) -> str:
    """The parts, already HTML, in a frame with its style."""
    return f'<div class="nrn"><style>{STYLE}</style>{"".join(parts)}</div>'


def box(title: str, *parts: str, about: str = "") -> str:
    """A box with a title; the parts are HTML already, title and ``about`` are not."""
    small = f' <span class="nrn-s">{escape(about)}</span>' if about else ""
    return (
        f'<div class="nrn-box"><div><span class="nrn-t">{escape(title)}</span>{small}</div>'
        f"{''.join(parts)}</div>"
    )


def folded(title: str, *parts: str, is_open: bool = False) -> str:
    """Parts, HTML already, that a click on the title shows."""
    state = " open" if is_open else ""
    return f"<details{state}><summary>{escape(title)}</summary>{''.join(parts)}</details>"


def table_html(
    headings: Sequence[object], rows: Sequence[Sequence[object]], caption: str = ""
) -> str:
    """A table of texts, which are escaped; the first column is aligned to the left."""
    head = "".join(
        f'<th scope="col"{_side(i)}>{escape(text)}</th>' for i, text in enumerate(headings)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{_side(i)}>{escape(c)}</td>" for i, c in enumerate(row)) + "</tr>"
        for row in rows
    )
    over = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f"<table>{over}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _side(column: int) -> str:
    return ' class="nrn-l"' if column == 0 else ""


def shade(value: float, largest: float) -> str:
    """A cell's background: blue above 0, orange below, stronger the nearer to ``largest``."""
    if not value or not largest or not math.isfinite(value):
        return ""
    strength = 0.08 + 0.5 * min(1.0, abs(value) / largest)
    return f"background-color:rgba({BLUE if value > 0 else ORANGE},{strength:.2f})"


def number_cell(value: float, largest: float, title: str = "", digits: int = 3) -> str:
    """A table's cell with a number in it, shaded, and more of it under the pointer."""
    colour = shade(value, largest)
    style = f' style="{colour}"' if colour else ""
    hover = f' title="{escape(title)}"' if title else ""
    return f"<td{style}{hover}>{figure(value, digits)}</td>"
