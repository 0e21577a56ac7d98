"""Formulas as MathML, which browsers draw by themselves: without a script, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert_to_element

ROWS = ("math", "mrow", "mtd", "mstyle", "msqrt")  # whose children stand side by side
OPERANDS = ("mi", "mn", "msub", "msup", "msubsup", "mfrac", "mrow", "mover", "msqrt")
OPENING = set("([{⟨<>=≤≥∈,;←→⇒·")  # a minus after one of these belongs to its number
MINUS, PRIME, NORM = "−", "′", "‖"


def mathml(tex: str, block: bool) -> str:
    """A formula as MathML, with the distances that TeX would give it.

    Args:
        tex: as between dollar signs.
        block: whether it stands on a line of its own.
    """
    tree = convert_to_element(tex.strip(), display="block" if block else "inline")
    for element in list(tree.iter()):
        _mend(element)
    for element in list(tree.iter()):
        if element.tag in ROWS:
            element[:] = list(_spaced(_with_commas(list(element))))
    return ET.tostring(tree, encoding="unicode")


def _mend(element: ET.Element) -> None:
    element.text = unescape(element.text or "")
    if element.text == PRIME:  # a sign, not a name in italics
        element.tag = "mo"
        element.set("lspace", "0")
        element.set("rspace", "0")
    elif element.text == NORM:  # two of them stay of one height
        element.set("stretchy", "false")


def _is_name(element: ET.Element) -> bool:
    """Whether it is a function's name, such as log, also with an exponent."""
    if element.tag in ("msup", "msub", "msubsup"):
        return _is_name(element[0])
    text = element.text or ""
    return element.tag == "mi" and len(text) > 1 and text.isalpha()


def _with_commas(row: list[ET.Element]) -> list[ET.Element]:
    """Numbers with a decimal comma, TeX's ``1{,}5``, as one number."""
    found: list[ET.Element] = []
    for element in row:
        found.append(element)
        tags = [part.tag for part in found[-3:]]
        if tags == ["mn", "mrow", "mn"] and "".join(found[-2].itertext()) == ",":
            number = ET.Element("mn")
            number.text = f"{found[-3].text},{found[-1].text}"
            found[-3:] = [number]
    return found


def _spaced(row: list[ET.Element]) -> Iterator[ET.Element]:
    before: ET.Element | None = None
    for element in row:
        if before is not None:
            operands = before.tag in OPERANDS and element.tag in OPERANDS
            if operands and (_is_name(before) or _is_name(element)):
                yield ET.Element("mspace", width="0.17em")
            if element.text == MINUS and before.tag == "mo" and before.text in OPENING:
                element.set("form", "prefix")
        yield element
        before = element
