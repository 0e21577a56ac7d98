"""Colours: a light and a dark theme that colour-blind readers can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from neurona import checks

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Theme:
    """The colours of a picture, as ``#rrggbb``.

    Attributes:
        paper: behind everything.
        ink: text and frames.
        soft: grid lines.
        quiet: what stays in the background, but is to be seen.
        colours: of classes and curves, in order; mostly those of Okabe & Ito 2008. The
            first four can be told apart by colour-blind readers on this paper.
        negative, positive: the ends of a scale that passes through ``paper`` at 0.
        strong: the end of a scale that begins at ``paper``.
    """

    name: str
    paper: str
    ink: str
    soft: str
    quiet: str
    colours: tuple[str, ...]
    negative: str
    positive: str
    strong: str

    def colour(self, number: int) -> str:
        """The colour of that class or curve; they begin again after the last."""
        return self.colours[number % len(self.colours)]

    def marker(self, number: int) -> str:
        """A marker for that class; no two of the first 42 have both colour and marker alike."""
        return "osD^vP"[(number + number // 42) % 6]

    def blend(self, colour: str, share: float) -> Rgb:
        """``colour`` over paper: 0 is paper, 1 the colour itself."""
        below, above = rgb(self.paper), rgb(colour)
        red, green, blue = (b + share * (a - b) for a, b in zip(above, below, strict=True))
        return red, green, blue


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#1b1b1f",
    soft="#c9c9d1",
    quiet="#83838d",
    colours=("#0072b2", "#d55e00", "#009e73", "#2f2f36", "#cc79a7", "#e69f00", "#56b4e9"),
    negative="#0072b2",
    positive="#d55e00",
    strong="#0b4f8a",
)
DARK = Theme(
    name="dark",
    paper="#1b1b1f",
    ink="#e6e6ea",
    soft="#4a4a54",
    quiet="#8f8f99",
    colours=("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#ef7d3c", "#a8a8b3"),
    negative="#56b4e9",
    positive="#ef7d3c",
    strong="#8fcdf5",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}


def get(name: Any) -> Theme:
    """The theme of that name.

    Raises:
        ArgumentError: there is none.

    >>> get("dark").paper
    '#1b1b1f'
    """
    return THEMES[checks.choice("theme", name, *THEMES)]


def suited_to(background: Sequence[float]) -> Theme:
    """The theme that can be read on a background of that colour (red, green, blue, in 0 … 1).

    >>> suited_to((0.1, 0.1, 0.1)).name
    'dark'
    """
    return DARK if luminance(background) < 0.5 else LIGHT


def luminance(colour: Sequence[float]) -> float:
    """How bright a colour looks, 0 … 1: the luma of ITU-R BT.601."""
    red, green, blue = colour[:3]
    return float(0.299 * red + 0.587 * green + 0.114 * blue)


def rgb(colour: str) -> Rgb:
    """``#rrggbb`` as three numbers in 0 … 1.

    >>> rgb("#ff0033")
    (1.0, 0.0, 0.2)
    """
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
