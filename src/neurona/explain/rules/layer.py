"""Layers in general: the chain rule with any layer's own partial derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.explain.records import Array, LayerStep
from neurona.explain.symbols import Symbol, Written, over, partial, times
from neurona.explain.why import Factor, Sum, Term

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue, Quantity

Index = tuple[int, ...]
Extra = tuple[str, Symbol, str, Array, Callable[[Index], Sum]]
MOST = 4096  # entries of z whose partial derivatives are asked for one by one


class LayerRules:
    """How a layer's numbers come about; here, for a layer of which nothing more is known.

    What comes forward is the layer's own computation. What goes back is linear
    in δ: ``∂E/∂x = Σ δ ∂z/∂x``, and each ``∂z/∂x`` is what the layer's ``backward``
    makes of a δ that is 1 at that z and 0 elsewhere.

    Args:
        catalogue: where the numbers are found.
        layer: the layer's part of the step.
    """

    def __init__(self, catalogue: Catalogue, layer: LayerStep) -> None:
        self.catalogue, self.layer = catalogue, layer
        self.params = {name: w.before for name, w in layer.weights.items()}

    # --- the numbers -----------------------------------------------------------------

    @property
    def x(self) -> Quantity:
        """The input."""
        return self.catalogue.input_of(self.layer)

    @property
    def delta(self) -> Quantity:
        """δ."""
        return self.catalogue[f"{self.layer.name}.delta"]

    def old(self, name: str) -> Quantity:
        """A weight, before the step."""
        return self.catalogue[f"{self.layer.name}.{name}.old"]

    def extras(self) -> Iterator[Extra]:
        """Quantities of this kind of layer: name, symbol, words, values, rule."""
        return iter(())

    # --- the rules -------------------------------------------------------------------

    def z(self, index: Index) -> Sum:
        """The terms of ``z[index]``."""
        kind = type(self.layer.layer).__name__
        x, z = self.x, float(self.layer.z[index])
        sources = [(x.name, (index[0], *place)) for place in np.ndindex(x.values.shape[1:])]
        text, latex = self.z_formula()
        return Sum([Term(Factor(z, text, latex, sources))], None, f"computed by {kind}.forward")

    def dx(self, index: Index) -> Sum:
        """The terms of ``∂E/∂x[index]``."""
        by = self.x.symbol
        return self._chain(lambda grads: grads[0], by, index, f"∂E/∂{by().text}")

    def gradient(self, name: str, index: Index) -> Sum:
        """The terms of the samples' part of a weight's gradient."""
        by = self.old(name).symbol
        return self._chain(lambda grads: grads[1][name], by, index, f"the gradient of {name}")

    def _chain(self, pick: Callable[[Any], Array], by: Symbol, index: Index, words: str) -> Sum:
        layer, delta = self.layer, self.delta
        z = self.catalogue[f"{layer.name}.z"].symbol
        if layer.z.size > MOST:
            value = float(pick(layer.layer.backward(self.params, layer.cache, layer.delta))[index])
            note = f"{words} comes from {type(layer.layer).__name__}.backward"
            return Sum(
                [Term(Factor(value, "backward(δ)", r"\mathrm{backward}(\delta)"))], None, note
            )
        terms = []
        unit = np.zeros_like(layer.z)
        for place in np.ndindex(unit.shape):
            unit[place] = 1
            part = float(pick(layer.layer.backward(self.params, layer.cache, unit))[index])
            unit[place] = 0
            if part:
                local = partial(z(*place), by(*index))
                terms.append(Term(delta.factor(*place), Factor(part, *local)))
        letters = "nijk"[: layer.z.ndim]
        rule = over(letters, times(delta.symbol(*letters), partial(z(*letters), by(*index))))
        zero = Term(Factor(0.0, "0", "0"))
        return Sum(terms or [zero], rule)

    # --- the formulas, for whole arrays ----------------------------------------------

    def z_formula(self) -> Written:
        """z, by x and the weights."""
        x = self.x.symbol()
        return Written(f"f({x.text})", f"f({x.latex})")

    def dx_formula(self) -> Written:
        """∂E/∂x, by δ."""
        by = partial(self.catalogue[f"{self.layer.name}.z"].symbol(), self.x.symbol())
        return times(self.delta.symbol(), by)

    def gradient_formula(self, name: str) -> Written:
        """The samples' part of a weight's gradient, by δ."""
        z = self.catalogue[f"{self.layer.name}.z"].symbol()
        return times(self.delta.symbol(), partial(z, self.old(name).symbol()))
