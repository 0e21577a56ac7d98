"""The pages of docs/ tell the truth: their code is run, and what they show is what it gives.

In each page the blocks run in their order and share their names. A block with ``>>>`` is a
doctest; any other Python block is run as a program. What a block prints, and each warning that
it gives, must stand in a text block right below it.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from neurona.random import forget_random_seed

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in (ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^( *)```([\w]*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
EXECUTED = ("python", "pycon")


@dataclass
class Block:
    """A fenced block, and the text block that stands right below it, if there is one."""

    language: str
    code: str
    line: int
    shown: str | None = None
    below: bool = False  # whether it stands right below a block that is run


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        indent, language, code = match.groups()
        code = re.sub(rf"(?m)^{indent}", "", code)
        block = Block(language, code, text.count("\n", 0, match.start()) + 2)
        adjacent = found and not text[end : match.start()].strip()
        if adjacent and language == "text" and found[-1].language in EXECUTED:
            found[-1].shown, block.below = code, True
        found.append(block)
        end = match.end()
    return found


def run_doctest(block: Block, names: dict[str, Any], page: str) -> None:
    """Run a ``>>>`` block; what it gives must be what it shows."""
    test = doctest.DocTestParser().get_doctest(block.code, {}, page, page, block.line - 1)
    test.globs = names
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    runner.run(test, out=report.write, clear_globs=False)
    if runner.failures:
        pytest.fail(report.getvalue(), pytrace=False)


def run(block: Block, names: dict[str, Any], page: str) -> str:
    """Run one block and return what it printed, its warnings after that."""
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if ">>> " in block.code:
            run_doctest(block, names, page)
        else:
            with contextlib.redirect_stdout(printed):
                code = "\n" * (block.line - 1) + block.code
                exec(compile(code, page, "exec"), names)
    said = [f"{warning.category.__name__}: {warning.message}\n" for warning in caught]
    return printed.getvalue() + "".join(said)


@pytest.fixture
def _settings_put_back() -> Iterator[None]:
    """What a page sets for the whole process is forgotten after it."""
    with mock.patch.dict(os.environ):
        yield
    forget_random_seed()


@pytest.mark.usefixtures("_settings_put_back")
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_page_shows_what_its_code_gives(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page.read_text(encoding="utf-8")
    if "import pandas" in text:
        pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)  # where pages write their files
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(text):
        if block.language in EXECUTED:
            given = run(block, names, f"docs/{page.name}")
            wanted = block.shown or ""
            if not doctest.OutputChecker().check_output(wanted, given, OPTIONS):
                pytest.fail(
                    f"docs/{page.name}:{block.line}: the block gives\n{given}\n"
                    f"but the page shows\n{wanted}",
                    pytrace=False,
                )


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_what_looks_like_output_is_checked(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"docs/{page.name}:{block.line}"
        assert block.language, f"{where}: the block names no language"
        assert block.language != "text" or block.below, f"{where}: no code gives this text"
        assert block.language in EXECUTED or ">>> " not in block.code, where


def test_the_pages_name_files_that_exist() -> None:
    named = {
        name
        for page in PAGES
        for name in re.findall(r"\b(?:examples|tests|src|benchmarks)/[\w/]+\.\w+", page.read_text())
    }
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_example_is_on_the_page_of_programs() -> None:
    text = (ROOT / "docs" / "10-programs.md").read_text(encoding="utf-8")
    programs = sorted(path.name for path in (ROOT / "examples").glob("*.py"))
    assert [name for name in programs if f"examples/{name}" not in text] == []


def loaded(name: str) -> Any:
    """A module of docs/_tools/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs/_tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {name: module}):
        spec.loader.exec_module(module)
    return module


def test_docstrings_become_markdown() -> None:
    pytest.importorskip("griffe")
    tool = loaded("docstrings")
    given = r"""See :class:`~neurona.losses.Loss` and :math:`a_1`.

.. math:: z = x W,
          \quad h

Args:
    a, b: bounds
        of it.

>>> 1 + 1  # doctest: +SKIP
2

====  =====
loss  y
====  =====
mse   rows
====  =====
"""
    wanted = r"""See `Loss` and \(a_1\).

$$
z = x W, \quad h
$$

Args:
    a: bounds
        of it.
    b: bounds
        of it.

```pycon
>>> 1 + 1
2
```


| loss | y |
|---|---|
| mse | rows |

"""
    assert tool.as_markdown(given) == wanted


def test_formulas_become_mathml() -> None:
    pytest.importorskip("latex2mathml", reason="needs what builds the pages")
    pytest.importorskip("mkdocs", reason="needs what builds the pages")
    hooks = loaded("hooks")
    page = r'<p><span class="arithmatex">\(x &lt; 1{,}5\)</span> and <code>\(x\)</code></p>'
    drawn = hooks.on_page_content(page)
    assert drawn.count("<math") == 1
    assert "<mn>1,5</mn>" in drawn
    assert r"<code>\(x\)</code>" in drawn
    block = hooks.on_page_content(r'<div class="arithmatex">\[ [-1, \log y] \]</div>')
    assert 'display="block"' in block
    assert '<mo form="prefix">−</mo>' in block
    assert '<mi>log</mi><mspace width="0.17em" /><mi>y</mi>' in block
    square = hooks.mathml(r"1 - \tanh^2 z", block=False)
    assert '<msup><mi>tanh</mi><mn>2</mn></msup><mspace width="0.17em" /><mi>z</mi>' in square
    found = set()
    for path in [*PAGES, *(ROOT / "docs/course").glob("??/*.md")]:
        text = re.sub(r"(?ms)^```.*?^```$|`[^`\n]*`", "", path.read_text(encoding="utf-8"))
        found |= {m[1] or m[2] for m in re.finditer(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", text, re.S)}
    assert len(found) > 200
    for tex in found:
        left = hooks.mathml(tex, block=False)
        assert "\\" not in left, f"{tex}: a command that latex2mathml does not know"
