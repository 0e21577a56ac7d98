"""As much SVG as diagrams need."""

from __future__ import annotations

import html
from collections.abc import Iterable

from neurona.plots.themes import DARK, LIGHT, Theme

CLASS = "neurona-diagram"


def text(
    x: float, y: float, words: str, size: float = 11, anchor: str = "middle", **more: str
) -> str:
    """A line of text whose base line is at y.

    >>> text(1, 2, "a < b")
    '<text x="1" y="2" font-size="11" text-anchor="middle" class="ink">a &lt; b</text>'
    """
    attributes = {"class": "ink", **{k.rstrip("_").replace("_", "-"): v for k, v in more.items()}}
    shown = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"{shown}>'
        f"{escape(words)}</text>"
    )


def hover(words: str) -> str:
    """What is shown when the pointer rests on the element that this is put into."""
    return f"<title>{escape(words)}</title>"


def escape(words: str) -> str:
    """Text that cannot be taken for markup, without characters that XML forbids.

    >>> escape('<b & "c">\\x00')
    '&lt;b &amp; &quot;c&quot;&gt;\ufffd'
    """
    return html.escape("".join(c if c.isprintable() else "\ufffd" for c in words))


def document(width: float, height: float, title: str, theme: str, parts: Iterable[str]) -> str:
    """A whole SVG file.

    Args:
        theme: "light", "dark", or "auto": as the reader's system is set.
    """
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{CLASS}" role="img" '
        f'aria-label="{escape(title)}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" style="max-width:100%;height:auto">\n'
        f"<style>{_style(theme)}</style>\n"
        f'<rect width="100%" height="100%" class="paper"/>\n{inside}\n</svg>\n'
    )


def _style(theme: str) -> str:
    common = f".{CLASS} text{{font-family:system-ui,sans-serif}}"
    if theme == "auto":
        dark = _rules(DARK)
        return f"{common}{_rules(LIGHT)}@media(prefers-color-scheme:dark){{{dark}}}"
    return common + _rules(LIGHT if theme == "light" else DARK)


def _rules(theme: Theme) -> str:
    faint = "#{:02x}{:02x}{:02x}".format(
        *(round(255 * part) for part in theme.blend(theme.ink, 0.66))
    )
    rules = {
        ".paper": f"fill:{theme.paper}",
        ".ink": f"fill:{theme.ink}",
        ".faint": f"fill:{faint}",
        ".frame": f"fill:none;stroke:{theme.ink}",
        ".soft": f"fill:none;stroke:{theme.soft}",
        ".box": f"fill:{theme.paper};stroke:{theme.ink}",
        ".bar": f"fill:{theme.colours[0]}",
        ".line-positive": f"fill:none;stroke:{theme.positive}",
        ".line-negative": f"fill:none;stroke:{theme.negative}",
        ".disc-positive": f"fill:{theme.positive}",
        ".disc-negative": f"fill:{theme.negative}",
    }
    return "".join(f".{CLASS} {name}{{{rule}}}" for name, rule in rules.items())
