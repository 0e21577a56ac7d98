"""HTML as notebooks show it: well formed, harmless, and the text that a reader sees."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"br", "img", "meta", "input", "hr"}


class Checked(HTMLParser):
    """Refuses what is not closed, scripts, handlers, and anything that would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag not in ("script", "link", "iframe", "object", "embed", "img", "base")
        for name, _ in attrs:
            assert not name.startswith("on"), name
            assert name not in ("src", "href", "action"), name
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["style"]:
            assert "url(" not in data
            assert "@import" not in data
        else:
            self.text.append(data)


def shown(thing: Any) -> str:
    """What a reader of the thing's HTML sees."""
    text: str = thing if isinstance(thing, str) else thing._repr_html_()
    return " ".join(Checked(text).text)
