"""Numbers for people: as figures in text and in LaTeX, and arrays too long to show in full."""

from __future__ import annotations

import math
from collections.abc import Sequence

Index = tuple[int, ...]

SUBSCRIPTS = str.maketrans("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")


def counted(count: int, noun: str) -> str:
    """A count of things, in words.

    >>> counted(1, "epoch"), counted(4, "more epoch")
    ('1 epoch', '4 more epochs')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def figure(value: float, digits: int = 4) -> str:
    """A number with so many significant digits; never "-0".

    >>> figure(0.0123456), figure(-0.0), figure(1e-9), figure(12345678.0)
    ('0.01235', '0', '1e-09', '1.235e+07')
    """
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text


def latex_figure(value: float, digits: int = 4) -> str:
    r"""The same in LaTeX.

    >>> print(latex_figure(1.5e-9), latex_figure(float("-inf")))
    1.5 \times 10^{-9} -\infty
    """
    if math.isnan(value):
        return r"\mathrm{nan}"
    if math.isinf(value):
        return r"\infty" if value > 0 else r"-\infty"
    mantissa, _, exponent = figure(value, digits).partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def in_brackets(text: str, left: str = "(", right: str = ")") -> str:
    """A figure that stands in a product: a negative one in brackets.

    >>> in_brackets("-2"), in_brackets("2")
    ('(-2)', '2')
    """
    return f"{left}{text}{right}" if text.startswith("-") else text


def subscript(text: str) -> str:
    """Digits and most letters, lowered.

    >>> subscript("12"), subscript("n")
    ('₁₂', 'ₙ')
    """
    return text.translate(SUBSCRIPTS)


def shape_text(shape: Sequence[int | str]) -> str:
    """A shape, its numbers joined by ×; of a single number: "one number".

    >>> shape_text((4, 2)), shape_text(())
    ('4 × 2', 'one number')
    """
    return " × ".join(map(str, shape)) or "one number"


def some(count: int, most: int) -> list[int | None]:
    """Places of a long list to show: the first ones and the last, with None for a gap.

    >>> some(4, 5), some(100, 5)
    ([0, 1, 2, 3], [0, 1, 2, None, 99])
    """
    if count <= most:
        return list(range(count))
    tail = max(1, (most - 1) // 4)
    return [*range(max(1, most - 1 - tail)), None, *range(count - tail, count)]


def places(shape: Sequence[int], most: int) -> list[Index | None]:
    """Indices of an array's entries to show, in order, with None for a gap.

    >>> places((2, 2), 4)
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    >>> places((100, 10), 4)
    [(0, 0), (0, 1), None, (99, 9)]
    """
    count = math.prod(shape)
    return [None if i is None else _unravel(i, shape) for i in some(count, most)]


def _unravel(position: int, shape: Sequence[int]) -> Index:
    index: list[int] = []
    for size in reversed(shape):
        position, rest = divmod(position, size)
        index.append(rest)
    return tuple(reversed(index))
