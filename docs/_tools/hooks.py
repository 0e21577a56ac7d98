"""What mkdocs does beyond its plugins: formulas as MathML, the course's notebooks and languages."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))

import course
from formulas import mathml

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.S)
LONG = 40  # letters of a formula within a line that may be wider than a phone
COURSE_PAGE = re.compile(r"course/(\w\w)/(\d[\w-]+)\.md$")
DOWNLOADS = {
    "en": "This page is also a [notebook]({0}.ipynb) and a [program](../{0}.py).",
    "es": "Esta página es también un [cuaderno]({0}.ipynb) y un [programa](../{0}.py).",
}


def on_files(files: Files, config: Any) -> Files:
    """Add the course's notebooks, in each language."""
    for program in course.programs():
        cells = course.parse(program.read_text(encoding="utf-8"))
        for language in course.LANGUAGES:
            place = f"course/{language}/{program.stem}.ipynb"
            text = course.notebook(cells, language)
            files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **others: Any) -> str:
    """Name the course's notebooks and programs on its pages."""
    found = COURSE_PAGE.match(page.file.src_uri)
    if not found:
        return markdown
    title, _, rest = markdown.partition("\n\n")
    link, _, rest = rest.partition("\n")
    return f"{title}\n\n{link} · {DOWNLOADS[found[1]].format(found[2])}\n{rest}"


def on_page_content(content: str, **others: Any) -> str:
    """Draw the formulas."""
    return FORMULA.sub(_drawn, content)


def _drawn(found: re.Match[str]) -> str:
    tex, block = html.unescape(found[2]), found[1] == "div"
    math = mathml(tex, block)
    return math if block or len(tex) < LONG else f'<span class="formula">{math}</span>'


def on_post_page(output: str, page: Page, **others: Any) -> str:
    """Say of a page in Spanish that it is."""
    if page.file.src_uri.startswith("course/es/"):
        return re.sub(r'<html lang="\w+"', '<html lang="es"', output, count=1)
    return output
