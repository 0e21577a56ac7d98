"""What mkdocs does beyond its plugins: formulas as MathML, the course's notebooks and languages.

MathML is drawn by the browser itself, so that a page shows its formulas without a network
and without a script.
"""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))

import course

FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.S)
# A function's name keeps its distance from the number before and the argument after it.
NAME = re.compile(r"(<mi>[a-z]{2,}</mi>)(?=<(?:mi|mn|msub|msup|msubsup|mfrac|mrow|mover|msqrt)\b)")
BEFORE = re.compile(r"(</(?:mi|mn|msub|msup|mfrac|mover|mrow)>)(?=<mi>[a-z]{2,}</mi>)")
SPACE = r'\1<mspace width="0.17em"/>'
# A minus after an opening bracket, a comma or a relation belongs to its number.
UNARY = re.compile(r"(<mo[^>]*>(?:[(\[=<>,]|&#x0002C;|&#x0003D;|&#x02208;)</mo>)<mo>&#x02212;</mo>")
SIGN = r'\1<mo form="prefix">&#x02212;</mo>'
COMMA = re.compile(r"<mn>(\d+)</mn><mrow><mo>&#x0002C;</mo></mrow><mn>(\d+)</mn>")
LONG = 40  # letters of a formula within a line that may be wider than a phone
COURSE_PAGE = re.compile(r"course/(\w\w)/(\d[\w-]+)\.md$")
DOWNLOADS = {
    "en": "This page is also a [notebook]({0}.ipynb) and a [program](../{0}.py).",
    "es": "Esta página es también un [cuaderno]({0}.ipynb) y un [programa](../{0}.py).",
}


def mathml(tex: str, block: bool) -> str:
    """A formula as MathML."""
    math = convert(tex.strip(), display="block" if block else "inline")
    math = COMMA.sub(r"<mn>\1,\2</mn>", UNARY.sub(SIGN, math))
    math = math.replace("<mo>&#x02016;</mo>", '<mo stretchy="false">&#x02016;</mo>')
    return BEFORE.sub(SPACE, NAME.sub(SPACE, math))


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
