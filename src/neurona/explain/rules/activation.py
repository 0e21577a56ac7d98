"""What an activation makes of z on the way forward, and of ∂E/∂h on the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurona.activations import (
    Activation,
    Identity,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
    Sparsemax,
    Tanh,
)
from neurona.activations.softmaxes import RowActivation
from neurona.display.numbers import figure, latex_figure
from neurona.explain.records import Array, LayerStep
from neurona.explain.rules.layer import Index
from neurona.explain.rules.softmaxes import log_softmax, softmax, sparsemax
from neurona.explain.symbols import Written, over, partial, roman, times
from neurona.explain.why import DIGITS, Ask, Factor, Sum, Term

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue, Quantity

LETTERS = {
    "Sigmoid": Written("σ", r"\sigma"),
    "Tanh": Written("tanh", r"\tanh"),
    "Arctan": Written("arctan", r"\arctan"),
    "Exponential": Written("exp", r"\exp"),
}
ROWS: dict[type[Activation], Callable[..., Sum]] = {
    Softmax: softmax,
    LogSoftmax: log_softmax,
    Sparsemax: sparsemax,
}


class ActivationRules:
    """``h = g(z)`` and ``δ = ∂E/∂h · g'(z)``, or with a Jacobian where h needs several z.

    Args:
        catalogue: where the numbers are found.
        layer: the layer that the activation is of.
    """

    def __init__(self, catalogue: Catalogue, layer: LayerStep) -> None:
        self.catalogue, self.layer, self.g = catalogue, layer, layer.activation
        kind = type(self.g).__name__
        self.name = LETTERS.get(kind, Written(kind.lower(), roman(kind.lower())))

    def of(self, what: str) -> Quantity:
        """One of the layer's own quantities."""
        return self.catalogue[f"{self.layer.name}.{what}"]

    # --- forward ---------------------------------------------------------------------

    def h(self, index: Index) -> Sum:
        """The terms of h."""
        z = self.of("z").factor(*index)
        if isinstance(self.g, Identity):
            return Sum([Term(z)])
        if type(self.g) in ROWS:
            each = self.of("z").symbol(*self._lettered(index, "j"))
            row = [float(self.layer.z[place]) for place in self._along(index)]
            return ROWS[type(self.g)](z, each, row, self._same_row(index))
        value = float(self.g.forward(self._wide(self.layer.z))[index])
        sources = z.sources if self.layer.elementwise else self._same_row(index)
        return Sum([Term(_called(self.name, z, value, sources))])

    def derivative(self, index: Index) -> Sum:
        """The terms of g'(z)."""
        z, h = self.of("z").factor(*index), self.of("h").factor(*index)
        one = Factor(1.0, "1", "1")
        kind = type(self.g)
        if kind is Identity:
            return Sum([Term(one)], None, "g is the identity")
        if kind is Sigmoid:
            figures = Written(f"(1 − {figure(h, DIGITS)})", rf"(1 - {latex_figure(h, DIGITS)})")
            rest = Factor(1.0 - h, f"(1 − {h.text})", f"(1 - {h.latex})", h.sources, figures)
            return Sum([Term(h, rest)])
        if kind is Tanh:
            return Sum([Term(one), Term(Factor(-1.0, "−1", "-1"), h, h)])
        if kind is ReLU and self.g == ReLU():
            side = "above 0" if z > 0 else "not above 0"
            step = Factor(float(z > 0), f"[{z.text} > 0]", f"[{z.latex} > 0]", z.sources)
            return Sum([Term(step)], None, f"z is {side}")
        wide = self._wide(self.layer.z)
        slope = self.g.derivative(wide, self.g.forward(wide))
        value = float(np.broadcast_to(np.asarray(slope), wide.shape)[index])
        name = Written(f"{self.name.text}′", f"{self.name.latex}'")
        return Sum([Term(_called(name, z, value, z.sources))])

    # --- backward --------------------------------------------------------------------

    def dh(self, index: Index) -> Sum:
        """The terms of ∂E/∂h: from the loss, or from the layer above."""
        above = self.layer.number
        if above < len(self.catalogue.rules):
            return self.catalogue.rules[above].dx(index)
        scale = self.catalogue["loss.scale"].factor(*index[:-1])
        note = ""
        if self.catalogue.step.loss.fused:
            note = "training does not use it: it takes ∂E/∂z of loss and activation at once"
        return Sum([Term(scale, self.catalogue["loss.gradient"].factor(*index))], None, note)

    def delta(self, index: Index) -> Sum:
        """The terms of δ."""
        step = self.catalogue.step
        if step.loss.fused and self.layer is step.layers[-1]:
            return self.catalogue.loss_rules.fused_delta(index)
        if isinstance(self.g, Identity):
            return Sum([Term(self.of("dh").factor(*index))])
        if self.layer.elementwise:
            return Sum([Term(self.of("dh").factor(*index), self.of("derivative").factor(*index))])
        return self._through_jacobian(index)

    def _through_jacobian(self, index: Index) -> Sum:
        z, h, dh = self.of("z").symbol, self.of("h").symbol, self.of("dh")
        terms = []
        unit = np.zeros_like(self.layer.z)
        for place in self._along(index):
            unit[place] = 1
            part = float(self.g.backward(unit, self.layer.z, self.layer.h)[index])
            unit[place] = 0
            local = partial(h(*place), z(*index))
            terms.append(Term(dh.factor(*place), Factor(part, *local)))
        letters = self._lettered(index, "j")
        rule = over("j", times(dh.symbol(*letters), partial(h(*letters), z(*index))))
        return Sum(terms, rule, self._jacobian_note())

    def _jacobian_note(self) -> str:
        return "∂hⱼ/∂zᵢ = hⱼ([i = j] − hᵢ)" if type(self.g) is Softmax else ""

    # --- the formulas, for whole arrays ----------------------------------------------

    def h_formula(self) -> Written:
        """h, by z."""
        z = self.of("z").symbol()
        if isinstance(self.g, Identity):
            return z
        return Written(f"{self.name.text}({z.text})", f"{self.name.latex}({z.latex})")

    def derivative_formula(self) -> Written:
        """g'(z)."""
        z, h = self.of("z").symbol(), self.of("h").symbol()
        kind = type(self.g)
        if kind is Identity:
            return Written("1", "1")
        if kind is Sigmoid:
            return Written(f"{h.text}·(1 − {h.text})", f"{h.latex} (1 - {h.latex})")
        if kind is Tanh:
            return Written(f"1 − {h.text}²", f"1 - {h.latex}^2")
        if kind is ReLU and self.g == ReLU():
            return Written(f"1 where {z.text} > 0, else 0", rf"[{z.latex} > 0]")
        return Written(f"{self.name.text}′({z.text})", f"{self.name.latex}'({z.latex})")

    def dh_formula(self) -> Written:
        """∂E/∂h."""
        above = self.layer.number
        if above < len(self.catalogue.rules):
            return self.catalogue.rules[above].dx_formula()
        gradient, scale = self.catalogue["loss.gradient"].symbol(), Written("s", "s")
        return times(scale, gradient)

    def delta_formula(self) -> Written:
        """δ."""
        step = self.catalogue.step
        if step.loss.fused and self.layer is step.layers[-1]:
            return self.catalogue.loss_rules.fused_formula()
        dh = self.of("dh").symbol()
        if self.layer.elementwise:
            return times(dh, self.of("derivative").symbol())
        return times(dh, partial(self.of("h").symbol(), self.of("z").symbol()))

    # --- places ----------------------------------------------------------------------

    def _along(self, index: Index) -> list[Index]:
        """The entries that a row activation takes together with this one."""
        if not isinstance(self.g, RowActivation):
            return [(index[0], *place) for place in np.ndindex(self.layer.z.shape[1:])]
        axis = self.g.axis % len(index)
        size = self.layer.z.shape[axis]
        return [(*index[:axis], j, *index[axis + 1 :]) for j in range(size)]

    def _lettered(self, index: Index, letter: str) -> tuple[int | str, ...]:
        if not isinstance(self.g, RowActivation):
            return (index[0], *("jkl"[: len(index) - 1]))
        axis = self.g.axis % len(index)
        return (*index[:axis], letter, *index[axis + 1 :])

    def _same_row(self, index: Index) -> list[Ask]:
        return [(self.of("z").name, place) for place in self._along(index)]

    @staticmethod
    def _wide(array: Array) -> Array:
        return array.astype(np.float64)


def _called(name: Written, z: Factor, value: float, sources: Sequence[Ask]) -> Factor:
    """A function of z, as a factor."""
    figures = Written(
        f"{name.text}({figure(z, DIGITS)})", f"{name.latex}({latex_figure(z, DIGITS)})"
    )
    text, latex = f"{name.text}({z.text})", f"{name.latex}({z.latex})"
    return Factor(value, text, latex, sources, figures)
