"""Docstrings as Markdown: the reference pages show formulas, links and examples properly.

The source writes ``:math:`x```, ``.. math::`` and ``:class:`Name```, which read well in an
editor and in ``help()``; a page needs ``\\(x\\)``, ``$$`` blocks and links.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:class|func|meth|attr|mod|data):`(~?)([^`<]+)`")
MATH = re.compile(r":math:`([^`]+)`")
TABLE_EDGE = re.compile(r"^\s*=+(\s+=+)+\s*$")
TOGETHER = re.compile(r"^(\s+)([*\w]+(?:, [*\w]+)+): (.*)$")


def as_markdown(text: str) -> str:
    """A docstring's text with formulas, references, examples and tables in Markdown."""
    lines: list[str] = []
    rest = text.split("\n")
    while rest:
        line = rest[0]
        if line.lstrip().startswith(".. math::"):
            lines += _formula(rest)
        elif line.lstrip().startswith(">>>"):
            lines += _example(rest)
        elif TABLE_EDGE.match(line):
            lines += _table(rest)
        elif TOGETHER.match(line):
            lines += _apart(rest)
        else:
            lines.append(rest.pop(0))
    text = MATH.sub(lambda m: rf"\({m[1]}\)", "\n".join(lines))
    return ROLE.sub(lambda m: f"`{m[2].rsplit('.')[-1] if m[1] else m[2]}`", text)


def _formula(rest: list[str]) -> list[str]:
    """``.. math:: a`` and the deeper lines below it as a block between ``$$``."""
    first = rest.pop(0)
    indent = len(first) - len(first.lstrip())
    body = [first.split("::", 1)[1]]
    while rest and (not rest[0].strip() or len(rest[0]) - len(rest[0].lstrip()) > indent):
        if not rest[0].strip() and not _goes_on(rest, indent):
            break
        body.append(rest.pop(0))
    formula = " ".join(line.strip() for line in body if line.strip())
    return [" " * indent + part for part in ("$$", formula, "$$")]


def _goes_on(rest: list[str], indent: int) -> bool:
    following = next((line for line in rest if line.strip()), "")
    return len(following) - len(following.lstrip()) > indent


def _example(rest: list[str]) -> list[str]:
    """Lines from ``>>>`` to the next empty one, fenced."""
    indent = " " * (len(rest[0]) - len(rest[0].lstrip()))
    body = []
    while rest and rest[0].strip():
        body.append(re.sub(r"\s+# doctest: .*", "", rest.pop(0)))
    return [f"{indent}```pycon", *body, f"{indent}```"]


def _table(rest: list[str]) -> list[str]:
    """A table drawn with ``=`` as a Markdown table; its columns begin where the ``=`` do."""
    edge = rest.pop(0)
    spans = [m.span() for m in re.finditer(r"=+", edge)]
    rows: list[list[str]] = []
    edges = 1
    while rest and edges < 3:
        line = rest.pop(0)
        if TABLE_EDGE.match(line):
            edges += 1
            continue
        ends = [spans[i + 1][0] if i + 1 < len(spans) else None for i in range(len(spans))]
        rows.append([line[s:e].strip() for (s, _), e in zip(spans, ends, strict=True)])
    indent = " " * spans[0][0]
    head, *body = [indent + "| " + " | ".join(row) + " |" for row in rows]
    return ["", head, indent + "|" + "---|" * len(spans), *body, ""]


def _apart(rest: list[str]) -> list[str]:
    """``a, b: text`` as ``a: text`` and ``b: text``: each has a type and a default of its own."""
    found = TOGETHER.match(rest.pop(0))
    assert found is not None
    indent, names, text = found.groups()
    more = []
    while rest and rest[0].startswith(f"{indent} "):
        more.append(rest.pop(0))
    return [line for name in names.split(", ") for line in (f"{indent}{name}: {text}", *more)]


class Markdown(griffe.Extension):
    """Rewrites every docstring when it has been read."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
