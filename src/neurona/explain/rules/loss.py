"""The loss: of a sample, of the batch, and its gradient by the output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurona.activations import log_softmax, softplus
from neurona.display.numbers import figure, in_brackets, latex_figure
from neurona.explain.rules import loss_formulas
from neurona.explain.rules.layer import Index
from neurona.explain.symbols import Written, over, times, weight_symbol
from neurona.explain.why import DIGITS, Factor, Sum, Term
from neurona.losses import BinaryCrossentropy, CategoricalCrossentropy, Elementwise
from neurona.losses.crossentropy import clipped, row_sums
from neurona.losses.margin import signed

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue, Quantity

MINUS = Factor(-1.0, "−1", "-1")


class LossRules:
    """``E = Σ s ℓ + R``: samples' losses, what each counts, and the regularizers.

    Args:
        catalogue: where the numbers are found.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.step = catalogue, catalogue.step
        self.record, self.loss = catalogue.step.loss, catalogue.step.loss.loss
        self.last = catalogue.step.layers[-1]
        self.z, self.p = (a.astype(np.float64) for a in (self.last.z, self.last.h))
        self.y = self._labels()

    def _labels(self) -> Any:
        """The labels as the formulas use them: rows, smoothed, signs."""
        y = np.asarray(self.record.y, dtype=np.float64)
        if isinstance(self.loss, loss_formulas.SIGNED):
            return signed(y)
        if isinstance(self.loss, BinaryCrossentropy):
            return self.loss.smooth(y)
        if isinstance(self.loss, CategoricalCrossentropy):
            return self.loss.smooth(y, self.p)
        return y

    @property
    def output(self) -> Quantity:
        """The network's output."""
        return self.catalogue[f"{self.last.name}.h"]

    # --- the batch -------------------------------------------------------------------

    def total(self, index: Index) -> Sum:
        """The terms of E."""
        scale, values = self.catalogue["loss.scale"], self.catalogue["loss.values"]
        places = np.ndindex(self.record.values.shape)
        terms = [Term(scale.factor(*place), values.factor(*place)) for place in places]
        letters = "nstr"[: self.record.values.ndim]
        rule = over(letters, times(scale.symbol(*letters), values.symbol(*letters)))
        for key, value in self.record.penalties.items():
            terms.append(Term(self._penalty(key, value)))
        if self.record.penalties:
            rule = Written(f"{rule.text} + Σ R(W)", rf"{rule.latex} + \sum R(W)")
        return Sum(terms, rule)

    def _penalty(self, key: str, value: float) -> Factor:
        name, weight = key.rsplit("/", 1)
        symbol = weight_symbol(weight, self.step[name].number)()
        return Factor(value, f"R({symbol.text})", f"R({symbol.latex})")

    def scale(self, index: Index) -> Sum:
        """The terms of s."""
        loss, weight = self.record, self.step.sample_weight
        n, entries = len(loss.values), loss.values.size
        words = {
            "mean": "a sample counts by its weight: s = w/Σw",
            "sum_over_batch_size": "s = w/n",
            "sum": "the losses are summed: s = w",
        }[self.loss.reduction]
        if weight is None:
            if self.loss.reduction == "sum":
                return Sum([Term(Factor(1.0, "1", "1"))], None, "the losses are summed")
            one = Factor(1.0 / entries, "1/n", r"\frac{1}{n}")
            return Sum([Term(one)], None, f"the mean over n = {entries}")
        own = self.catalogue["sample_weight"].factor(index[0])
        if self.loss.reduction == "sum":
            return Sum([Term(own)], None, words)
        total = float(weight.sum()) if self.loss.reduction == "mean" else float(n)
        share = 0.0 if total == 0.0 else 1.0 / (total * (entries / n))
        sign = Written("1/Σw", r"\frac{1}{\sum w}")
        if self.loss.reduction != "mean":
            sign = Written("1/n", r"\frac{1}{n}")
        sources = [("sample_weight", (i,)) for i in range(n)] if sign.text == "1/Σw" else []
        return Sum([Term(own, Factor(share, *sign, sources))], None, words)

    # --- a sample --------------------------------------------------------------------

    def value(self, index: Index) -> Sum:
        """The terms of one sample's ℓ."""
        k = self.p.shape[-1]
        if isinstance(self.loss, Elementwise):
            template = loss_formulas.POINTS.get(type(self.loss).point, loss_formulas.ANY)
            points = self._points()
            share = [Factor(1.0 / k, "1/k", r"\frac{1}{k}")] if self.loss.mean and k > 1 else []
            terms = [
                Term(*share, self._entry(template, float(points[(*index, i)]), (*index, i)))
                for i in range(k)
            ]
            return Sum(terms, None, self._remark())
        if type(self.loss).values is CategoricalCrossentropy.values:
            return self._crossentropy(index)
        template = loss_formulas.ROWS.get(type(self.loss).values, loss_formulas.ANY_ROW)
        value = float(np.asarray(self.loss.values(self.record.y, self.p))[index])
        return Sum([Term(self._row(template, value, index))], None, repr(self.loss))

    def _points(self) -> Any:
        """The entries' losses, before they are averaged; exact also where p is 0 or 1."""
        assert isinstance(self.loss, Elementwise)
        if self.record.fused:
            return softplus.forward(self.z) - self.y * self.z
        return self.loss.point(np.asarray(self.record.y, dtype=np.float64), self.p, np)

    def _crossentropy(self, index: Index) -> Sum:
        assert isinstance(self.loss, CategoricalCrossentropy)
        if self.record.fused or self.loss.from_logits:
            log_q = log_softmax.forward(self.z if self.record.fused else self.p)
        else:
            log_q = np.log(clipped(self.p / row_sums(self.p, np), np))
        terms = []
        for i in range(self.p.shape[-1]):
            place = (*index, i)
            if self.y[place] == 0.0:
                continue  # what is not true costs nothing
            p = self.output.factor(*place)
            inner = "softmax" if self.loss.from_logits else ""
            logarithm = Factor(
                float(log_q[place]),
                f"ln {inner}({p.text})" if inner else f"ln {p.text}",
                rf"\ln \mathrm{{{inner}}}({p.latex})" if inner else rf"\ln {p.latex}",
                p.sources,
                None
                if inner
                else Written(f"ln {figure(p, DIGITS)}", rf"\ln {latex_figure(p, DIGITS)}"),
            )
            terms.append(Term(MINUS, self._label(place), logarithm))
        letters: tuple[int | str, ...] = (*index, "i")
        y, p_i = self.catalogue["y"].symbol(*letters), self.output.symbol(*letters)
        rule = Written(
            f"−{over('i', y).text}·ln {p_i.text}", rf"-{over('i', y).latex} \ln {p_i.latex}"
        )
        zero = Term(Factor(0.0, "0", "0"))
        return Sum(terms or [zero], rule, self._remark())

    def gradient(self, index: Index) -> Sum:
        """The terms of ∂ℓ/∂h: one sample's, not yet scaled."""
        k = self.p.shape[-1]
        if isinstance(self.loss, Elementwise):
            template = loss_formulas.slope_of(self.loss)
            y = np.asarray(self.record.y, dtype=np.float64)
            slope = float(np.asarray(self.loss.slope(y, self.p, np))[index])
            share = [Factor(1.0 / k, "1/k", r"\frac{1}{k}")] if self.loss.mean and k > 1 else []
            return Sum([Term(*share, self._entry(template, slope, index))], None, self._remark())
        template = loss_formulas.row_slope_of(self.loss)
        value = float(np.asarray(self.loss.gradient(self.record.y, self.p))[index])
        return Sum([Term(self._row(template, value, index[:-1]))], None, repr(self.loss))

    # --- loss and activation together ------------------------------------------------

    def fused_delta(self, index: Index) -> Sum:
        """The terms of δ where softmax or sigmoid and cross-entropy are taken together."""
        k = self.p.shape[-1]
        s, h = self.catalogue["loss.scale"].factor(*index[:-1]), self.output.factor(*index)
        note = "of activation and cross-entropy together: ∂h/∂z cancels what ∂ℓ/∂h divides by"
        share: list[Factor] = []
        if isinstance(self.loss, Elementwise):
            share = [Factor(1.0 / k, "1/k", r"\frac{1}{k}")] if k > 1 else []
        else:
            total = float(self.y[index[:-1]].sum())
            if abs(total - 1.0) > 1e-12:
                sources = [("y", (*index[:-1], i)) for i in range(k)]
                share_y = Factor(total, "Σᵢ yᵢ", r"\sum_i y_i", sources)
                terms = [Term(s, h, share_y), Term(MINUS, s, self._label(index))]
                return Sum(terms, None, note)
        return Sum([Term(s, *share, h), Term(MINUS, s, *share, self._label(index))], None, note)

    def fused_formula(self) -> Written:
        """δ, by the output and the labels."""
        h, k = self.output.symbol(), self.p.shape[-1]
        over_k = isinstance(self.loss, Elementwise) and k > 1
        tail = ("/k", r" \frac{1}{k}") if over_k else ("", "")
        return Written(f"s·({h.text} − y){tail[0]}", f"s ({h.latex} - y){tail[1]}")

    # --- parts -----------------------------------------------------------------------

    def _label(self, place: Index) -> Factor:
        y = self.catalogue["y"]
        text, latex = y.symbol(*place)
        changed = float(self.y[place]) != float(y.values[place])
        mark = ("ỹ", r"\tilde y") if changed else ("y", "y")
        return Factor(
            float(self.y[place]),
            text.replace("y", mark[0], 1),
            latex.replace("y", mark[1], 1),
            [("y", place)],
        )

    def _entry(self, template: Written, value: float, place: Index) -> Factor:
        """An elementwise formula at one entry, with its symbols and its figures."""
        p, y = self.output.factor(*place), self._label(place)
        logits = getattr(self.loss, "from_logits", False)
        m = loss_formulas.number_of(self.loss)
        symbols = Written(
            template.text.format(p=f"σ({p.text})" if logits else p.text, y=y.text, m=figure(m)),
            template.latex.format(
                p=rf"\sigma({p.latex})" if logits else p.latex, y=y.latex, m=latex_figure(m)
            ),
        )
        shown = [in_brackets(figure(v, DIGITS)) for v in (p, y)]
        latex = [in_brackets(latex_figure(v, DIGITS)) for v in (p, y)]
        figures = Written(
            template.text.format(
                p=f"σ({shown[0]})" if logits else shown[0], y=shown[1], m=figure(m)
            ),
            template.latex.format(
                p=rf"\sigma({latex[0]})" if logits else latex[0], y=latex[1], m=latex_figure(m)
            ),
        )
        return Factor(value, *symbols, [*p.sources, *y.sources], figures)

    def _row(self, template: Written, value: float, row: Index) -> Factor:
        """A formula over a whole row."""
        m = loss_formulas.number_of(self.loss)
        if "{m}" in template.text:
            template = Written(
                template.text.format(m=figure(m)), template.latex.format(m=latex_figure(m))
            )
        outputs = [(*row, i) for i in range(self.p.shape[-1])]
        sources = [(self.output.name, place) for place in outputs]
        return Factor(value, *template, [*sources, *(("y", place) for place in outputs)])

    def _remark(self) -> str:
        if isinstance(self.loss, loss_formulas.SIGNED) and (self.y != self.record.y).any():
            return "a label 0 counts as −1: ỹ"
        return "the labels are smoothed: ỹ" if (self.y != self.record.y).any() else ""
