"""A step as LaTeX, with the derivation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from neurona.display.numbers import latex_figure, places
from neurona.explain.document import Block, heading, remarks, sections
from neurona.explain.symbols import Written, latex_text

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue
    from neurona.explain.step import Step

ROWS = 12
COLUMNS = 7  # of a table; more stand in another one below
HEAD = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{amssymb}
\usepackage[margin=2cm]{geometry}
\begin{document}
"""


def step_latex(step: Step, document: bool = False) -> str:
    """Everything about a step; with ``document``, a file to compile."""
    parts = [rf"\section*{{{words(heading(step))}}}", *map(words, remarks(step))]
    for number, section in enumerate(sections(step), 1):
        label = "" if number > len(step.layers) else f"{number} "
        parts.append(rf"\subsection*{{{label}{words(section.title)}}}")
        parts += map(words, [section.about, *section.notes])
        for block in section.blocks:
            parts += _block(block, step.catalogue)
    text = "\n\n".join(parts) + "\n"
    return f"{HEAD}{text}\\end{{document}}\n" if document else text


def _block(block: Block, catalogue: Catalogue) -> Iterator[str]:
    if block.formulas:
        yield f"\\[\n{aligned(block.formulas)}\n\\]"
    for start in range(0, len(block.columns), COLUMNS):
        yield _table(block, slice(start, start + COLUMNS))
    for why in block.derivations(catalogue):
        if not why.given:
            yield f"\\[\n{why.latex}\n\\]"
        if why.note:
            yield words(why.note)


def _table(block: Block, which: slice) -> str:
    columns = block.columns[which]
    head = " & ".join(f"${q.symbol().latex}$" for q in columns)
    lines = [rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", rf" & {head} \\ \hline"]
    for place in places(block.shape, ROWS):
        cells = [r"\dots"] * (len(columns) + 1)
        if place is not None:
            numbers = (f"${latex_figure(float(q.values[place]))}$" for q in columns)
            cells = [f"$[{','.join(map(str, place))}]$", *numbers]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\end{tabular}"])


def aligned(formulas: Sequence[tuple[Written, Written]]) -> str:
    """Equations below each other."""
    lines = " \\\\\n".join(f"{left.latex} &= {right.latex}" for left, right in formulas)
    return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"


SIGNS = {
    "∂": r"$\partial$",
    "ℓ": r"$\ell$",
    "·": r"$\cdot$",
    "δ": r"$\delta$",
    "η": r"$\eta$",
    "μ": r"$\mu$",
    "λ": r"$\lambda$",
    "ε": r"$\varepsilon$",
    "ϵ": r"$\epsilon$",
    "ρ": r"$\rho$",
    "γ": r"$\gamma$",
    "τ": r"$\tau$",
    "σ": r"$\sigma$",
    "β": r"$\beta$",
    "α": r"$\alpha$",
    "₁": r"$_1$",
    "₂": r"$_2$",
    "²": r"$^2$",
    "′": r"$'$",
    "→": r"$\to$",
    "×": r"$\times$",
    "−": r"$-$",
    "√": r"$\surd$",
    "‖": r"$\Vert$",
    "ⱼ": r"$_j$",
    "ᵢ": r"$_i$",
    "Σ": r"$\Sigma$",
    "ỹ": r"$\tilde y$",
    "ŷ": r"$\hat y$",
    "…": r"\dots{}",
}


def words(text: str) -> str:
    r"""Any text as LaTeX that shows it.

    >>> print(words("50 % of σ_1"))
    50 \% of $\sigma$\_1
    """
    return "".join(SIGNS.get(c, _character(c)) for c in text)


def _character(c: str) -> str:
    mathematical = {"\\": r"$\backslash$", "~": r"$\sim$", "^": r"$\wedge$", "<": "$<$", ">": "$>$"}
    return mathematical.get(c, latex_text(c))
