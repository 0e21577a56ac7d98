"""The dense layer: sums of products."""

from __future__ import annotations

import numpy as np

from neurona.explain.rules.layer import Index, LayerRules
from neurona.explain.symbols import Written, over, plus, times
from neurona.explain.why import Sum, Term

ROWS = "nstr"  # the indices of samples, and of further axes between them and the features


class DenseRules(LayerRules):
    """``z = x W + b``, so ``∂E/∂W = xᵀ δ``, ``∂E/∂b = Σ δ`` and ``∂E/∂x = δ Wᵀ``."""

    def z(self, index: Index) -> Sum:
        *row, j = index
        x, W = self.x, self.old("kernel")
        inputs = range(x.values.shape[-1])
        terms = [Term(x.factor(*row, i), W.factor(i, j)) for i in inputs]
        rule = over("i", times(x.symbol(*row, "i"), W.symbol("i", j)))
        if "bias" in self.params:
            terms.append(Term(self.old("bias").factor(j)))
            rule = plus(rule, self.old("bias").symbol(j))
        return Sum(terms, rule)

    def dx(self, index: Index) -> Sum:
        *row, i = index
        delta, W = self.delta, self.old("kernel")
        units = range(delta.values.shape[-1])
        terms = [Term(delta.factor(*row, j), W.factor(i, j)) for j in units]
        return Sum(terms, over("j", times(delta.symbol(*row, "j"), W.symbol(i, "j"))))

    def gradient(self, name: str, index: Index) -> Sum:
        x, delta = self.x, self.delta
        rows = list(np.ndindex(delta.values.shape[:-1]))
        letters = ROWS[: delta.values.ndim - 1]
        if name == "bias":
            (j,) = index
            terms = [Term(delta.factor(*row, j)) for row in rows]
            return Sum(terms, over(letters, delta.symbol(*letters, j)))
        i, j = index
        terms = [Term(x.factor(*row, i), delta.factor(*row, j)) for row in rows]
        return Sum(terms, over(letters, times(x.symbol(*letters, i), delta.symbol(*letters, j))))

    def z_formula(self) -> Written:
        x, W = self.x.symbol(), self.old("kernel").symbol()
        product = Written(f"{x.text} {W.text}", f"{x.latex} {W.latex}")
        return plus(product, self.old("bias").symbol()) if "bias" in self.params else product

    def dx_formula(self) -> Written:
        delta, W = self.delta.symbol(), self.old("kernel").symbol()
        return Written(f"{delta.text} {W.text}ᵀ", rf"{delta.latex} {W.latex}^{{\top}}")

    def gradient_formula(self, name: str) -> Written:
        x, delta = self.x.symbol(), self.delta.symbol()
        if name == "bias":
            return over(ROWS[: self.delta.values.ndim - 1], delta)
        return Written(f"{x.text}ᵀ {delta.text}", rf"{x.latex}^{{\top}} {delta.latex}")
