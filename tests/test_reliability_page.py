"""The tests that docs/reliability.md names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text()
FILE = re.compile(r"`((?:\w+/)*\w+\.py)(?:::(\w+))?`|`(test_\w+)`")


def named() -> list[tuple[str, str]]:
    """Files and the functions in them, as the page names them."""
    found, file = [], ""
    for match in FILE.finditer(PAGE):
        file = match[1] or file
        found.append((file, match[2] or match[3] or ""))
    return found


def test_there_are_many() -> None:
    assert len(named()) > 60


@pytest.mark.parametrize(("file", "function"), sorted(set(named())))
def test_it_is_there(file: str, function: str) -> None:
    text = (TESTS / file).read_text()
    assert re.search(rf"^(def|class) {function}\b", text, re.M) or not function
