"""Layers whose outputs each depend on one input: dropout, noise, scaling, PReLU, reshaping."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurona.explain.rules.layer import Extra, Index, LayerRules
from neurona.explain.symbols import Written, layer_symbol, over, plus, times
from neurona.explain.why import Factor, Sum, Term
from neurona.layers import Dropout
from neurona.layers.standardising import along, positive_axes


class IdentityRules(LayerRules):
    """``z = x``: the layer only applies its activation."""

    def z(self, index: Index) -> Sum:
        return Sum([Term(self.x.factor(*index))])

    def dx(self, index: Index) -> Sum:
        return Sum([Term(self.delta.factor(*index))])

    def z_formula(self) -> Written:
        return self.x.symbol()

    def dx_formula(self) -> Written:
        return self.delta.symbol()


class ReshapingRules(LayerRules):
    """The same numbers in another shape."""

    def z(self, index: Index) -> Sum:
        place = _moved(index, self.layer.z.shape, self.layer.x.shape)
        return Sum([Term(self.x.factor(*place))], None, "the same number, in another shape")

    def dx(self, index: Index) -> Sum:
        place = _moved(index, self.layer.x.shape, self.layer.z.shape)
        return Sum([Term(self.delta.factor(*place))], None, "the same number, in another shape")

    def z_formula(self) -> Written:
        return _reshaped(self.x.symbol())

    def dx_formula(self) -> Written:
        return _reshaped(self.delta.symbol())


class ScalingRules(LayerRules):
    """``z = s x + o`` with given s and o: :meth:`slope` and :meth:`offset`."""

    words = "what the input is multiplied by"

    def slope(self) -> Any:
        """s, of x's shape or one that is broadcast to it."""
        raise NotImplementedError

    def offset(self) -> Any:
        """o likewise, or None."""
        return None

    def note(self) -> str:
        """Where s and o come from."""
        return ""

    def extras(self) -> Iterator[Extra]:
        shape, number = self.layer.x.shape, self.layer.number
        note = f"given: {self.note()}"
        parts = [("scale", "s", self.words, self.slope())]
        parts += [("offset", "o", "what is added", self.offset())]
        for name, letter, words, values in parts:
            if values is not None:
                full = np.broadcast_to(np.asarray(values, self.layer.x.dtype), shape)
                symbol = layer_symbol(letter, letter, number)
                yield (
                    f"{self.layer.name}.{name}",
                    symbol,
                    words,
                    full,
                    lambda i: Sum((), None, note),
                )

    def z(self, index: Index) -> Sum:
        terms = [Term(self._extra("scale").factor(*index), self.x.factor(*index))]
        if self._has_offset:
            terms.append(Term(self._extra("offset").factor(*index)))
        return Sum(terms, None, self.note())

    def dx(self, index: Index) -> Sum:
        return Sum([Term(self.delta.factor(*index), self._extra("scale").factor(*index))])

    def z_formula(self) -> Written:
        product = times(self._extra("scale").symbol(), self.x.symbol())
        return plus(product, self._extra("offset").symbol()) if self._has_offset else product

    def dx_formula(self) -> Written:
        return times(self.delta.symbol(), self._extra("scale").symbol())

    def _extra(self, name: str) -> Any:
        return self.catalogue[f"{self.layer.name}.{name}"]

    @property
    def _has_offset(self) -> bool:
        return f"{self.layer.name}.offset" in self.catalogue


class RescalingRules(ScalingRules):
    """Rescaling: the layer's own numbers."""

    def slope(self) -> Any:
        layer: Any = self.layer.layer
        return layer.scale

    def offset(self) -> Any:
        layer: Any = self.layer.layer
        return None if layer.offset == 0.0 else layer.offset

    def note(self) -> str:
        return "the layer's scale and offset"


class NormalizationRules(ScalingRules):
    """Normalization: the training data's deviation and mean."""

    def slope(self) -> Any:
        return self.layer.cache

    def offset(self) -> Any:
        layer: Any = self.layer.layer
        ndim = self.layer.x.ndim
        axes = () if layer.axis is None else positive_axes(layer, layer.axis, ndim)
        mean = self.params["mean"].reshape(along(self.layer.x.shape, axes))
        return mean if layer.invert else -mean * self.layer.cache

    def note(self) -> str:
        layer: Any = self.layer.layer
        which = "s = σ and o = μ" if layer.invert else "s = 1/σ and o = −μ/σ"
        return f"{which}, of the training data"


class NoiseRules(ScalingRules):
    """Dropout and its kin: random factors."""

    words = "this step's random factors"

    def slope(self) -> Any:
        return self.layer.cache

    def note(self) -> str:
        layer = self.layer.layer
        if isinstance(layer, Dropout):
            return f"s: 0 where the input is dropped, else 1/(1 − {layer.rate:g}); drawn at random"
        return f"s: drawn at random by {layer!r}"


class AlphaDropoutRules(ScalingRules):
    """Alpha dropout: what is dropped becomes a constant."""

    def slope(self) -> Any:
        return self.layer.cache

    def offset(self) -> Any:
        layer: Any = self.layer.layer
        r, limit = layer.rate, layer.LIMIT
        a = ((1.0 - r) * (1.0 + r * limit**2)) ** -0.5
        kept = self.layer.cache != 0
        return np.where(kept, -a * r * limit, a * limit - a * r * limit)

    def note(self) -> str:
        return "s = 0 where the input is dropped, else a; o brings mean and variance back"


class GaussianNoiseRules(IdentityRules):
    """``z = x + ε``."""

    def extras(self) -> Iterator[Extra]:
        noise = self.layer.z - self.layer.x
        note = f"given: drawn at random by {self.layer.layer!r}"
        symbol = layer_symbol("ε", r"\varepsilon", self.layer.number)
        words = "this step's noise"
        yield f"{self.layer.name}.noise", symbol, words, noise, lambda i: Sum((), None, note)

    def z(self, index: Index) -> Sum:
        noise = self.catalogue[f"{self.layer.name}.noise"]
        return Sum([Term(self.x.factor(*index)), Term(noise.factor(*index))])

    def z_formula(self) -> Written:
        return plus(self.x.symbol(), self.catalogue[f"{self.layer.name}.noise"].symbol())


class PReLURules(LayerRules):
    """``z = max(0, x) + α min(0, x)``."""

    def _place(self, index: Index) -> Index:
        """Which α serves an entry of x."""
        shape = self.params["alpha"].shape
        return tuple(0 if n == 1 else i for i, n in zip(index[1:], shape, strict=True))

    def _alpha(self, index: Index) -> Factor:
        return self.old("alpha").factor(*self._place(index))

    def z(self, index: Index) -> Sum:
        x = self.x.factor(*index)
        if x > 0:
            return Sum([Term(x)], None, "x is above 0")
        return Sum([Term(self._alpha(index), x)], None, "x is not above 0")

    def dx(self, index: Index) -> Sum:
        delta = self.delta.factor(*index)
        if self.x.factor(*index) > 0:
            return Sum([Term(delta)], None, "x is above 0: the slope is 1")
        return Sum([Term(delta, self._alpha(index))], None, "x is not above 0: the slope is α")

    def gradient(self, name: str, index: Index) -> Sum:
        terms = []
        for place in np.ndindex(self.layer.x.shape):
            if self._place(place) == index:
                x, delta = self.x.factor(*place), self.delta.factor(*place)
                low = Factor(min(0.0, x), f"min(0, {x.text})", rf"\min(0, {x.latex})", x.sources)
                terms.append(Term(delta, low))
        return Sum(terms, over("n", self.gradient_formula(name)))

    def z_formula(self) -> Written:
        x, alpha = self.x.symbol(), self.old("alpha").symbol()
        return Written(
            f"max(0, {x.text}) + {alpha.text}·min(0, {x.text})",
            rf"\max(0, {x.latex}) + {alpha.latex} \min(0, {x.latex})",
        )

    def dx_formula(self) -> Written:
        delta, alpha = self.delta.symbol(), self.old("alpha").symbol()
        return Written(
            f"{delta.text}·(1 or {alpha.text})",
            rf"{delta.latex} \cdot (1 \text{{ or }} {alpha.latex})",
        )

    def gradient_formula(self, name: str) -> Written:
        x, delta = self.x.symbol(), self.delta.symbol()
        low = Written(f"min(0, {x.text})", rf"\min(0, {x.latex})")
        return times(delta, low)


def _moved(index: Index, shape: Any, other: Any) -> Index:
    """Where an entry of an array lies in its other shape."""
    place = np.unravel_index(int(np.ravel_multi_index(index, shape)), other)
    return tuple(int(i) for i in place)


def _reshaped(symbol: Written) -> Written:
    return Written(f"reshape({symbol.text})", rf"\mathrm{{reshape}}({symbol.latex})")
