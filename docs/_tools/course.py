"""Makes the course's pages: runs each program of docs/course/ and writes what it shows.

    python docs/_tools/course.py            # all pages
    python docs/_tools/course.py 01 07      # those whose names begin so

A program is one file in cells, which notebooks and editors open as they are:

    # %% [markdown] lang="en"    prose in English, commented out
    # %% [markdown] lang="es"    the same in Spanish
    # %%                         code, the same for both languages

From it come docs/course/en/NAME.md and docs/course/es/NAME.md, which differ in their prose
alone. Below each code cell stands what it printed, the value of its last line, and the
picture that it drew; the picture's description is in the cell's first comments, ``# en: …``
and ``# es: …``.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COURSE = Path(__file__).parents[1] / "course"
LANGUAGES = ("en", "es")
HEADER = re.compile(r"^# %%(?: \[markdown\] lang=\"(\w+)\")?$", re.M)
DESCRIPTION = re.compile(r"^# (en|es): (.+\n(?:#   .+\n)*)", re.M)
OTHER = {"en": "[En español](../es/{}.md)", "es": "[In English](../en/{}.md)"}
DPI = 100
COLOURS = 96


@dataclass(frozen=True)
class Cell:
    """A piece of a program: prose of a language, or code (language "")."""

    language: str
    text: str

    @property
    def code(self) -> str:
        """The code without the descriptions of its picture."""
        return DESCRIPTION.sub("", self.text).strip()

    @property
    def descriptions(self) -> dict[str, str]:
        """What the picture shows, by language."""
        return {m[1]: re.sub(r"\s*\n#?\s*", " ", m[2]).strip() for m in self._described()}

    def _described(self) -> list[re.Match[str]]:
        return list(DESCRIPTION.finditer(self.text))


@dataclass(frozen=True)
class Shown:
    """What a cell gave: what it printed, and a picture of some kind ("" for none)."""

    text: str = ""
    picture: bytes = b""
    kind: str = ""


def programs() -> list[Path]:
    """The programs, in the course's order."""
    return sorted(COURSE.glob("[0-9]*.py"))


def parse(text: str) -> list[Cell]:
    """The cells of a program."""
    parts = HEADER.split(text)
    cells = []
    for language, body in zip(parts[1::2], parts[2::2], strict=True):
        if language:
            body = re.sub(r"(?m)^# ?", "", body)
        cells.append(Cell(language or "", body.strip() + ("" if language else "\n")))
    return cells


def execute(cells: list[Cell], name: str) -> list[Shown]:
    """Run the code cells, in an empty folder, and return what each of all cells gave."""
    import matplotlib as mpl

    mpl.use("Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return [
            Shown() if cell.language else _run(cell, names, f"{name}, cell {i}")
            for i, cell in enumerate(cells)
        ]


def _run(cell: Cell, names: dict[str, Any], where: str) -> Shown:
    tree = ast.parse(cell.code, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile(tree, where, "exec"), names)
        value = last and eval(compile(ast.Expression(last.value), where, "eval"), names)
    picture, kind = _picture(value)
    if bool(picture) != (set(cell.descriptions) == set(LANGUAGES)):
        raise ValueError(f"{where}: a picture, and no other cell, begins with # en: and # es:")
    if value is not None and not picture:
        printed.write(f"{value!r}\n")
    for warning in caught:
        printed.write(f"{warning.category.__name__}: {warning.message}\n")
    text = "\n".join(line.rstrip() for line in printed.getvalue().splitlines())
    return Shown(text, picture, kind)


def _picture(value: Any) -> tuple[bytes, str]:
    """The cell's picture: a drawing that is its value, a file, or matplotlib's figure."""
    import matplotlib.pyplot as plt

    figures = plt.get_fignums()
    try:
        if hasattr(value, "svg"):
            return value.svg.encode(), "svg"
        if isinstance(value, Path):
            return value.read_bytes(), value.suffix[1:]
        if len(figures) > 1:
            raise ValueError("a cell draws one figure")
        return (_png(plt.gcf()), "png") if figures else (b"", "")
    finally:
        plt.close("all")


def _png(figure: Any) -> bytes:
    """A figure with few colours, a third of the size."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, dpi=DPI, metadata={"Software": None})
    picture = Image.open(drawn).convert("RGB").quantize(COLOURS, dither=0, kmeans=1)
    picture.save(small, "PNG", optimize=True)
    return small.getvalue()


def picture_names(name: str, shown: list[Shown]) -> dict[int, str]:
    """The file of each picture, by the place of its cell."""
    places = [place for place, result in enumerate(shown) if result.picture]
    return {place: f"{name}-{i}.{shown[place].kind}" for i, place in enumerate(places, 1)}


def page(cells: list[Cell], shown: list[Shown], language: str, name: str) -> str:
    """The page of one language, as Markdown."""
    files, blocks = picture_names(name, shown), []
    for place, (cell, result) in enumerate(zip(cells, shown, strict=True)):
        if cell.language == language:
            blocks.append(cell.text)
        if cell.language:
            continue
        blocks.append(f"```python\n{cell.code}\n```")
        if result.text:
            blocks.append(f"```text\n{result.text}\n```")
        if place in files:
            blocks.append(f"![{cell.descriptions[language]}](../images/{files[place]})")
    title, _, rest = "\n\n".join(blocks).partition("\n")
    return f"{title}\n\n{OTHER[language].format(name)}\n{rest}\n"


def notebook(cells: list[Cell], language: str) -> str:
    """The page of one language as a Jupyter notebook that has not been run."""
    found: list[dict[str, Any]] = []
    for cell in cells:
        if cell.language not in ("", language):
            continue
        text = cell.text if cell.language else cell.code
        kind = "markdown" if cell.language else "code"
        more = {} if cell.language else {"execution_count": None, "outputs": []}
        source = text.splitlines(keepends=True)
        found.append({"cell_type": kind, "id": f"cell-{len(found)}", "metadata": {}} | more)
        found[-1]["source"] = source
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": found, "metadata": {"kernelspec": kernel}}
    return json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False)


def build(program: Path) -> None:
    """Run a program, and write its pages and pictures."""
    name = program.stem
    cells = parse(program.read_text(encoding="utf-8"))
    shown = execute(cells, name)
    images = COURSE / "images"
    images.mkdir(exist_ok=True)
    for old in images.glob(f"{name}-*"):
        old.unlink()
    for place, file in picture_names(name, shown).items():
        (images / file).write_bytes(shown[place].picture)
    for language in LANGUAGES:
        folder = COURSE / language
        folder.mkdir(exist_ok=True)
        text = page(cells, shown, language, name)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def main(beginnings: list[str]) -> None:
    for program in programs():
        if not beginnings or program.name.startswith(tuple(beginnings)):
            build(program)
            print(program.name)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    main(sys.argv[1:])
