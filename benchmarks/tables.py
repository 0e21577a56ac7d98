"""Numbers and tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.rounds import ratio

Spread = Mapping[str, Any]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def number(value: float) -> str:
    """Three significant digits, without an exponent.

    >>> number(0.012345), number(123.45), number(98765.4)
    ('0.0123', '123', '98765')
    """
    if value == 0:
        return "0"
    magnitude = f"{value:.2e}".partition("e")[2]
    return f"{value:.{max(0, 2 - int(magnitude))}f}"


def median_and_range(spread: Spread, scale: float = 1.0) -> str:
    """ "0.241 (0.230–0.262)": the median, the least and the greatest."""
    median, least, most = (number(scale * spread[key]) for key in ("median", "min", "max"))
    return f"{median} ({least}–{most})"


def seconds_and_times(results: Mapping[str, Any], label: str, ours: str) -> str:
    """ "0.241 (0.230–0.262), 4.5×": seconds, and how many times ours that is, if they are there."""
    if label not in results:
        return "–"
    seconds = results[label]["seconds"]
    if ours not in results:
        return median_and_range(seconds)
    factor = ratio(seconds, results[ours]["seconds"])["median"]
    return f"{median_and_range(seconds)}, {times(factor)}"


def times(ratio: float) -> str:
    """ "4.5×" """
    return f"{ratio:.2f}×" if ratio < 2 else f"{ratio:.1f}×"


def skipped(reasons: Mapping[str, str]) -> str:
    """Who did not take part, and why; empty if everybody did."""
    lines = [f"- {label}: not measured ({reason})" for label, reason in sorted(reasons.items())]
    return "\n".join(lines)


def join(*parts: str) -> str:
    """Paragraphs, the empty ones left out."""
    return "\n\n".join(part for part in parts if part)
