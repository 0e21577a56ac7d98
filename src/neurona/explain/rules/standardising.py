"""Batch and layer normalization: mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from neurona.explain.records import Array
from neurona.explain.rules.layer import Extra, Index, LayerRules
from neurona.explain.symbols import Written, layer_symbol, over, plus, times
from neurona.explain.why import Ask, Factor, Sum, Term
from neurona.layers.standardising import Axes, along, positive_axes


class StandardisingRules(LayerRules):
    """``z = γ x̂ + β`` with ``x̂ = (x − μ) s`` and ``s = 1/√(σ² + ϵ)``."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        layer: Any = self.layer.layer
        ndim = self.layer.x.ndim
        self.own: Axes = positive_axes(layer, layer.axis, ndim)  # those that have a γ each
        self.inverse: Array = np.broadcast_to(self._inverse(), self.layer.x.shape)

    def _inverse(self) -> Array:
        return np.asarray(self.layer.cache[1])

    def _xhat(self) -> Array:
        return np.asarray(self.layer.cache[0])

    def _averaged(self) -> Axes:
        """The axes that μ and σ² are taken along; none where they are not the batch's."""
        return self.own

    def extras(self) -> Iterator[Extra]:
        symbol = layer_symbol("x̂", r"\hat x", self.layer.number)
        words = "the input at mean 0 and variance 1"
        yield f"{self.layer.name}.xhat", symbol, words, self._xhat(), self.xhat

    def xhat(self, index: Index) -> Sum:
        """The terms of x̂."""
        x, s = self.x.factor(*index), self._s(index)
        mu = Factor(-self._mean(index), "−μ", r"-\mu", self._group(index, self.x.name))
        note = "μ and s = 1/√(σ² + ϵ): " + (
            f"of the {self._members(index)} numbers in x that are standardised together"
            if self._averaged()
            else "the layer's moving averages"
        )
        return Sum([Term(x, s), Term(mu, s)], None, note)

    def z(self, index: Index) -> Sum:
        factors = [self._weight("gamma", index)] if "gamma" in self.params else []
        terms = [Term(*factors, self._hat.factor(*index))]
        if "beta" in self.params:
            terms.append(Term(self._weight("beta", index)))
        return Sum(terms)

    def dx(self, index: Index) -> Sum:
        s, gamma = self._s(index), self._gamma(index)
        direct = Term(s, *gamma, self.delta.factor(*index))
        axes = self._averaged()
        if not axes:
            return Sum([direct])
        dxhat = self._dxhat()
        mean = float(dxhat.mean(axis=axes, keepdims=True)[_kept(index, axes)])
        slope = float((self._xhat() * dxhat).mean(axis=axes, keepdims=True)[_kept(index, axes)])
        sources = self._group(index, self.delta.name)
        minus = Factor(-1.0, "−1", "-1")
        d = self._scaled_delta()
        both = times(self._hat.symbol(), d)
        average = Factor(mean, f"mean({d.text})", rf"\overline{{{d.latex}}}", sources)
        along_x = Factor(slope, f"mean({both.text})", rf"\overline{{{both.latex}}}", sources)
        note = "s = 1/√(σ² + ϵ); μ and σ² depend on x too: hence the two means"
        terms = [direct, Term(minus, s, average), Term(minus, s, self._hat.factor(*index), along_x)]
        return Sum(terms, None, note)

    def gradient(self, name: str, index: Index) -> Sum:
        terms = []
        for place in np.ndindex(self.layer.z.shape):
            if tuple(place[axis] for axis in self.own) == index:
                delta = self.delta.factor(*place)
                hat = [self._hat.factor(*place)] if name == "gamma" else []
                terms.append(Term(*hat, delta))
        return Sum(terms, over("n", self.gradient_formula(name)))

    # --- parts -----------------------------------------------------------------------

    @property
    def _hat(self) -> Any:
        return self.catalogue[f"{self.layer.name}.xhat"]

    def _s(self, index: Index) -> Factor:
        return Factor(float(self.inverse[index]), "s", "s")

    def _mean(self, index: Index) -> float:
        axes = self._averaged()
        if not axes:
            return float(self.params["moving_mean"][index[self.own[0]]])
        means = self.layer.x.mean(axis=axes, keepdims=True, dtype=np.float64)
        return float(means[_kept(index, axes)])

    def _weight(self, name: str, index: Index) -> Factor:
        return self.old(name).factor(*(index[axis] for axis in self.own))

    def _gamma(self, index: Index) -> list[Factor]:
        return [self._weight("gamma", index)] if "gamma" in self.params else []

    def _dxhat(self) -> Array:
        delta = np.asarray(self.layer.delta, dtype=np.float64)
        if "gamma" not in self.params:
            return delta
        return np.asarray(delta * self.params["gamma"].reshape(along(delta.shape, self.own)))

    def _group(self, index: Index, name: str) -> list[Ask]:
        """The entries that are standardised together with this one."""
        axes = self._averaged()
        shape = [n if axis in axes else 1 for axis, n in enumerate(self.layer.x.shape)]
        start = _kept(index, axes)
        return [
            (name, tuple(i + o for i, o in zip(start, offset, strict=True)))
            for offset in np.ndindex(*shape)
        ]

    def _members(self, index: Index) -> int:
        return len(self._group(index, self.x.name))

    # --- formulas --------------------------------------------------------------------

    def z_formula(self) -> Written:
        hat = self._hat.symbol()
        scaled = times(self.old("gamma").symbol(), hat) if "gamma" in self.params else hat
        return plus(scaled, self.old("beta").symbol()) if "beta" in self.params else scaled

    def _scaled_delta(self) -> Written:
        gamma = [self.old("gamma").symbol()] if "gamma" in self.params else []
        return times(*gamma, self.delta.symbol())

    def dx_formula(self) -> Written:
        hat, d = self._hat.symbol(), self._scaled_delta()
        if not self._averaged():
            return times(Written("s", "s"), d)
        return Written(
            f"s·({d.text} − mean({d.text}) − {hat.text}·mean({hat.text}·{d.text}))",
            rf"s \left({d.latex} - \overline{{{d.latex}}}"
            rf" - {hat.latex}\, \overline{{{hat.latex} {d.latex}}}\right)",
        )

    def gradient_formula(self, name: str) -> Written:
        delta = self.delta.symbol()
        return times(self._hat.symbol(), delta) if name == "gamma" else delta


class BatchNormalizationRules(StandardisingRules):
    """Over the batch: every axis but the features'."""

    def _inverse(self) -> Array:
        return np.asarray(self.layer.cache.inverse)

    def _xhat(self) -> Array:
        return np.asarray(self.layer.cache.xhat)

    def _averaged(self) -> Axes:
        if self.layer.cache.mean is None:
            return ()
        return tuple(axis for axis in range(self.layer.x.ndim) if axis not in self.own)


def _kept(index: Index, axes: Axes) -> Index:
    """The index where those axes have size 1."""
    return tuple(0 if axis in axes else i for axis, i in enumerate(index))
