"""Pieces of a page: all text is escaped here, and nowhere else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from neurona.report.style import stylesheet

GENERATOR = "neurona report"  # by which a page is known as one of ours

LONG = 24  # letters in a cell, from which on it gets more room
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def text(value: object) -> str:
    """Any text as HTML, without characters that steer a terminal or turn lines round.

    >>> text("<script>alert(1)</script>\\x1b")
    '&lt;script&gt;alert(1)&lt;/script&gt;\ufffd'
    """
    shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in str(value))
    return html.escape(shown)


def paragraph(words: object) -> str:
    """A paragraph of plain text."""
    return f"<p>{text(words)}</p>"


def section(name: str, title: str, *parts: str) -> str:
    """A section with a heading of the second level; the parts are HTML already.

    Args:
        name: to link to.
    """
    return f'<section><h2 id="{name}">{text(title)}</h2>{"".join(parts)}</section>'


def heading(title: object) -> str:
    """A heading of the third level."""
    return f"<h3>{text(title)}</h3>"


def cards(facts: Iterable[tuple[str, str, str]]) -> str:
    """The most important facts: a name, a value, and a word on it (or "")."""
    parts = []
    for name, value, more in facts:
        small = f"<small>{text(more)}</small>" if more else ""
        parts.append(f"<div><dt>{text(name)}</dt><dd>{text(value)}{small}</dd></div>")
    return f'<dl class="cards">{"".join(parts)}</dl>'


def scrolling(label: str, content: str) -> str:
    """Wide content that scrolls by itself, by the keyboard, too."""
    return (
        f'<div class="scroll" role="region" aria-label="{text(label)}" tabindex="0">{content}</div>'
    )


def table(
    caption: str,
    headings: Sequence[object],
    rows: Iterable[Sequence[object]],
    numbers: Sequence[int] = (),
) -> str:
    """A table of plain text, whose first column names the rows.

    Args:
        numbers: the columns to align to the right.
    """

    def side(column: int, cell: object = "") -> str:
        if column in numbers:
            return ' class="n"'
        return ' class="long"' if len(str(cell)) > LONG else ' class="w"'

    head = "".join(f'<th scope="col"{side(i)}>{text(h)}</th>' for i, h in enumerate(headings))
    body = []
    for row in rows:
        first, *rest = row
        cells = "".join(f"<td{side(i, cell)}>{text(cell)}</td>" for i, cell in enumerate(rest, 1))
        body.append(f'<tr><th scope="row"{side(0)}>{text(first)}</th>{cells}</tr>')
    return scrolling(
        caption,
        f"<table><caption>{text(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>",
    )


def pairs(caption: str, facts: Mapping[str, object]) -> str:
    """A table of names and values."""
    return table(caption, ("what", "value"), facts.items())


def program(label: str, lines: str) -> str:
    """Lines of a program or a command, as they are."""
    return scrolling(label, f"<pre><code>{text(lines)}</code></pre>")


def folded(title: str, content: str) -> str:
    """Content that a click on the title shows."""
    return f"<details><summary>{text(title)}</summary>{content}</details>"


def page(title: str, lead: str, sections: Mapping[str, str], foot: str) -> str:
    """A whole page.

    Args:
        title: plain text.
        lead: HTML under the title.
        sections: made by :func:`section`, by their titles; their ids are s1, s2 …
        foot: plain text.
    """
    links = "".join(
        f'<li><a href="#s{i}">{text(name)}</a></li>' for i, name in enumerate(sections, 1)
    )
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<meta name="generator" content="{GENERATOR}">'
        f"<title>{text(title)}</title><style>{stylesheet()}</style></head>\n<body>"
        f"<header><h1>{text(title)}</h1>{lead}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n'
        f"<main>{chr(10).join(sections.values())}</main>\n"
        f"<footer><p>{text(foot)}</p></footer></body></html>\n"
    )
