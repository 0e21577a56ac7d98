"""Why a number is what it is: its formula, in symbols and with the figures put in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from neurona import checks
from neurona.display.numbers import figure, in_brackets, latex_figure
from neurona.errors import ArgumentError
from neurona.explain.symbols import Written, plus

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue

DIGITS = 6
SHOWN = 6  # terms of a long sum that are written out
Ask = tuple[str, tuple[int, ...]]  # what to ask for: a number's name and index


class Factor(float):
    """A number in a product: a float that knows its symbol and where it comes from.

    Args:
        value: the number.
        text, latex: its symbol.
        sources: the numbers that it depends on, to ask for next.
        figures: how it is written with the figures put in, as text and as LaTeX,
            where that is more than the number itself: ``tanh(0.5)``.
    """

    text: str
    latex: str
    sources: tuple[Ask, ...]
    _figures: Written | None

    def __new__(
        cls,
        value: float,
        text: str,
        latex: str,
        sources: Sequence[Ask] = (),
        figures: Written | None = None,
    ) -> Self:
        """A float with more to it."""
        self = super().__new__(cls, value)
        self.text, self.latex, self.sources = text, latex, tuple(sources)
        self._figures = figures
        return self

    @property
    def figures(self) -> Written:
        """With the figures put in."""
        return self._figures or bracketed(self)

    @property
    def plain(self) -> bool:
        """Whether its figures are the number itself."""
        return self._figures is None

    @property
    def symbol(self) -> Written:
        """As it is written."""
        return Written(self.text, self.latex)

    def __repr__(self) -> str:
        return f"{self.text} = {figure(self, DIGITS)}"


class Term(float):
    """A product in a sum: a float that knows its factors."""

    factors: tuple[Factor, ...]

    def __new__(cls, *factors: Factor) -> Self:
        """The product of the factors."""
        self = super().__new__(cls, math.prod(map(float, factors)))
        self.factors = factors
        return self

    @property
    def symbol(self) -> Written:
        """As it is written, in symbols."""
        return self._signed(lambda factor: factor.symbol, " ")

    @property
    def figures(self) -> Written:
        """With the figures put in."""
        if len(self.factors) == 1 and self.factors[0].plain:
            return _written(self)
        return self._signed(lambda factor: factor.figures, r" \cdot ")

    def _signed(self, write: Callable[[Factor], Written], dot: str) -> Written:
        """The product; a factor of −1 in front is written as a minus."""
        minus = len(self.factors) > 1 and self.factors[0].text == "−1"
        parts = [write(factor) for factor in self.factors[minus:]]
        text, latex = "·".join(p.text for p in parts), dot.join(p.latex for p in parts)
        return Written(f"−{text}", f"-{latex}") if minus else Written(text, latex)

    def __repr__(self) -> str:
        return f"{self.symbol.text} = {figure(self, DIGITS)}"


class Sum(NamedTuple):
    """What a rule finds: the terms of a number, and the formula that they follow.

    Attributes:
        terms: whose sum is the number; none for a number that is given.
        rule: the formula in general; None where the terms' own symbols say it.
        note: what else there is to say.
    """

    terms: Sequence[Term]
    rule: Written | None = None
    note: str = ""


class Why:
    """Which numbers made a number.

    Attributes:
        what, index: the number that was asked for.
        symbol: its symbol.
        value: the number itself, as training has it.
        rule: the formula in general, or None.
        terms: floats whose sum is the number; each knows its ``factors``, floats
            too, whose product it is. A given number is its own only term.
        note: a remark, or "".
    """

    def __init__(self, asked: Factor, found: Sum, catalogue: Catalogue) -> None:
        (self.what, self.index), self.value = asked.sources[0], float(asked)
        self.symbol, self.rule, self.note = asked.symbol, found.rule, found.note
        self.given = not found.terms
        self.terms = (Term(asked),) if self.given else tuple(found.terms)
        self._catalogue = catalogue

    @property
    def total(self) -> float:
        """The sum of the terms, in float64: :attr:`value`, but for rounding."""
        return math.fsum(self.terms)

    @property
    def sources(self) -> list[Ask]:
        """The numbers that made this one, each once: name and index."""
        if self.given:
            return []
        asked = (ask for term in self.terms for f in term.factors for ask in f.sources)
        return list(dict.fromkeys(asked))

    def expand(self, which: int = 0) -> Why:
        """The explanation of one of the :attr:`sources`: one level further down.

        Args:
            which: its place among them, counted from 0.

        Raises:
            ArgumentError: there are not so many; a given number has none.
        """
        sources = self.sources
        if not sources:
            raise ArgumentError(f"{self.symbol.text} has no sources: {self.note}.")
        name, index = sources[checks.integer("which", which, 0, len(sources) - 1)]
        return self.of(name, *index)

    def of(self, name: str, *index: int) -> Why:
        """The explanation of another number of the same step."""
        return self._catalogue.why(name, *index)

    # --- as it is written ------------------------------------------------------------

    def sides(self) -> list[Written]:
        """The right-hand sides: the rule, the symbols, the figures, the products, the number."""
        number = _written(self.value)
        if self.given:
            return [number]
        parts = [] if self.rule is None else [self.rule]
        parts += [self._joined(lambda t: t.symbol), self._joined(lambda t: t.figures)]
        if len(self.terms) > 1:
            parts.append(self._joined(_written))
        parts.append(number)
        return [p for i, p in enumerate(parts) if i == 0 or p.text != parts[i - 1].text]

    def _joined(self, write: Callable[[Term], Written]) -> Written:
        """The terms as ``write`` writes them, with plus signs between; of many, the largest."""
        count = len(self.terms)
        if count <= SHOWN:
            return plus(*map(write, self.terms))
        by_size = sorted(range(count), key=lambda i: -abs(self.terms[i]))
        shown, hidden = sorted(by_size[: SHOWN - 1]), by_size[SHOWN - 1 :]
        rest = figure(math.fsum(self.terms[i] for i in hidden), DIGITS)
        words = f"{len(hidden)} more: {rest}"
        gap = Written(f"({words})", rf"(\text{{{words}}})")
        return plus(*(write(self.terms[i]) for i in shown), gap)

    @property
    def text(self) -> str:
        """The derivation as plain text, and what to ask next."""
        left, indent = self.symbol.text, " " * len(self.symbol.text)
        sides = [side.text for side in self.sides()]
        out = [f"{left} = {sides[0]}", *(f"{indent} = {side}" for side in sides[1:])]
        if self.note:
            out.append(self.note)
        made = self.made_of()
        if made:
            width = max(len(repr(factor)) for factor in made)
            out += ["where", *(f"  {f!r:<{width}}   {question(f.sources[0])}" for f in made)]
        return "\n".join(out)

    def made_of(self) -> list[Factor]:
        """The :attr:`sources` with their values; of many, those of the largest terms."""
        by_size = sorted(self.terms, key=lambda term: -abs(term))
        shown = by_size[: SHOWN if len(by_size) <= SHOWN else SHOWN - 1]
        largest = {ask for term in shown for f in term.factors for ask in f.sources}
        asked = [ask for ask in self.sources if ask in largest][: 2 * SHOWN]
        return [self._catalogue[name].factor(*index) for name, index in asked]

    @property
    def latex(self) -> str:
        """The derivation in LaTeX, for mathematics mode."""
        sides = [side.latex for side in self.sides()]
        if len(sides) == 1:
            return f"{self.symbol.latex} = {sides[0]}"
        rows = " \\\\\n&= ".join(sides)
        return f"\\begin{{aligned}}\n{self.symbol.latex} &= {rows}\n\\end{{aligned}}"

    def _repr_html_(self) -> str:
        from neurona.explain.render_html import why_html

        return why_html(self)

    def __repr__(self) -> str:
        return self.text


def question(ask: Ask) -> str:
    """What to type to ask for a number."""
    name = json.dumps(ask[0], ensure_ascii=False)
    return f"step.why({', '.join([name, *map(str, ask[1])])})"


def _written(value: float) -> Written:
    return Written(figure(value, DIGITS), latex_figure(value, DIGITS))


def bracketed(value: float) -> Written:
    """A number as it stands in a product or sum: a negative one in brackets."""
    text, latex = _written(value)
    return Written(in_brackets(text), in_brackets(latex, r"\left(", r"\right)"))
