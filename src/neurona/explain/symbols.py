"""The letters of the subject — z, h, δ, W, b — in text and in LaTeX, with indices."""

from __future__ import annotations

from typing import NamedTuple

from neurona.display.numbers import subscript

PLACE = "\ue000"  # where an index goes; a private character, in no name
LETTERS = {
    "kernel": ("W", "W"),
    "bias": ("b", "b"),
    "gamma": ("γ", r"\gamma"),
    "beta": ("β", r"\beta"),
    "alpha": ("α", r"\alpha"),
    "mean": ("μ", r"\mu"),
    "variance": ("σ²", r"\sigma^2"),
    "moving_mean": ("μ̄", r"\bar\mu"),
    "moving_variance": ("σ̄²", r"\bar\sigma^2"),
}


class Written(NamedTuple):
    """A formula or a symbol, as it is written.

    Attributes:
        text: in Unicode.
        latex: in LaTeX, for mathematics mode.
    """

    text: str
    latex: str


class Symbol(NamedTuple):
    """A symbol that takes an index: ``symbol(2, 0)`` writes ``W₁[2,0]``.

    >>> layer_symbol("h", "h", 1)("n", 2)
    Written(text='h₁[n,2]', latex='h_{1}[n,2]')
    """

    text: str
    latex: str

    def __call__(self, *index: int | str) -> Written:
        """The symbol with that index; without one, the symbol of the whole array."""
        shown = f"[{','.join(map(str, index))}]" if index else ""
        return Written(self.text.replace(PLACE, shown), self.latex.replace(PLACE, shown))


def layer_symbol(text: str, latex: str, number: int) -> Symbol:
    """A letter with a layer's number, which stands before a square: ``σ₁²``."""
    lowered, square = subscript(str(number)), latex.endswith("^2")
    text, latex = text.removesuffix("²"), latex.removesuffix("^2")
    raised = ("²", "^2") if square else ("", "")
    return Symbol(f"{text}{lowered}{raised[0]}{PLACE}", f"{latex}_{{{number}}}{raised[1]}{PLACE}")


def weight_symbol(name: str, number: int) -> Symbol:
    """The letter of a layer's weight: W for a kernel, b for a bias, else its name."""
    text, latex = LETTERS.get(name, (name, roman(name)))
    return layer_symbol(text, latex, number)


def derivative(symbol: Symbol) -> Symbol:
    """∂E by what the symbol stands for."""
    return Symbol(f"∂E/∂{symbol.text}", rf"\frac{{\partial E}}{{\partial {symbol.latex}}}")


def marked(symbol: Symbol, text: str, latex: str) -> Symbol:
    """The symbol with a mark behind it, before its index: ``W₁′``."""
    return Symbol(
        symbol.text.replace(PLACE, text + PLACE), symbol.latex.replace(PLACE, latex + PLACE)
    )


def roman(name: str) -> str:
    r"""A word in mathematics mode.

    >>> print(roman("leaky_relu"))
    \mathrm{leaky\_relu}
    """
    return rf"\mathrm{{{latex_text(name)}}}"


def latex_text(text: str) -> str:
    """Any text, made harmless in LaTeX."""
    special = {
        "\\": r"\backslash{}",
        "~": r"\sim{}",
        "^": r"\wedge{}",
        **{c: f"\\{c}" for c in "{}_#$%&"},
    }
    return "".join(special.get(c, c) for c in text)


def times(*parts: Written) -> Written:
    """A product, as it is written."""
    return Written("·".join(p.text for p in parts), " ".join(p.latex for p in parts))


def plus(*parts: Written) -> Written:
    """A sum, as it is written: what begins with a minus is taken off.

    >>> plus(Written("a", "a"), Written("−b", "-b")).text
    'a − b'
    """
    text, latex = parts[0]
    for part in parts[1:]:
        if part.text.startswith(("−", "-")):
            text, latex = f"{text} − {part.text[1:]}", f"{latex} - {part.latex[1:]}"
        else:
            text, latex = f"{text} + {part.text}", f"{latex} + {part.latex}"
    return Written(text, latex)


def over(letters: str, part: Written) -> Written:
    """The sum of ``part`` over those indices.

    >>> over("n", Written("x[n]", "x[n]"))
    Written(text='Σₙ x[n]', latex='\\\\sum_{n} x[n]')
    """
    lowered = ",".join(map(subscript, letters))
    return Written(f"Σ{lowered} {part.text}", rf"\sum_{{{','.join(letters)}}} {part.latex}")


def partial(of: Written, by: Written) -> Written:
    """A partial derivative, as it is written."""
    return Written(
        f"∂{of.text}/∂{by.text}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}"
    )
