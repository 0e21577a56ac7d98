"""A weight: its gradient, the regularizer's part, clipping, the update, the constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurona import constraints, regularizers
from neurona.constraints import norms
from neurona.display.numbers import figure
from neurona.explain.records import Array, LayerStep, WeightStep
from neurona.explain.rules.layer import Index
from neurona.explain.rules.optimizers import Entry, constant, optimizer_rules, through
from neurona.explain.symbols import Written
from neurona.explain.why import Factor, Sum, Term
from neurona.layers import BatchNormalization

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue, Quantity


class WeightRules:
    """How one weight came to change.

    Args:
        catalogue: where the numbers are found.
        layer, weight: whose weight, and which.
    """

    def __init__(self, catalogue: Catalogue, layer: LayerStep, weight: WeightStep) -> None:
        self.catalogue, self.layer, self.weight = catalogue, layer, weight
        self.step, self.optimizer = catalogue.step, catalogue.step.optimizer
        self.name = f"{layer.name}.{weight.name}"

    def of(self, what: str = "") -> Quantity:
        """One of the weight's own quantities; by default its gradient."""
        return self.catalogue[f"{self.name}.{what}" if what else self.name]

    @property
    def used(self) -> Quantity:
        """The gradient as the optimizer gets it."""
        return self.of("clipped") if f"{self.name}.clipped" in self.catalogue else self.of()

    # --- the gradient ----------------------------------------------------------------

    def gradient(self, index: Index) -> Sum:
        """The terms of ∂E/∂w."""
        rules = self.catalogue.rules[self.layer.number - 1]
        terms, rule, note = rules.gradient(self.weight.name, index)
        if self.weight.penalty_gradient is None:
            return Sum(terms, rule, note)
        penalty = self.of("penalty").factor(*index)
        if rule is not None:
            rule = Written(f"{rule.text} + {penalty.text}", f"{rule.latex} + {penalty.latex}")
        return Sum([*terms, Term(penalty)], rule, note)

    def penalty(self, index: Index) -> Sum:
        """The terms of the regularizer's part."""
        regularizer, w = self.weight.spec.regularizer, self.of("old").factor(*index)
        assert regularizer is not None
        kind = type(regularizer).gradient
        terms = []
        if kind in (regularizers.L1.gradient, regularizers.L1L2.gradient):
            sign = Factor(
                float(np.sign(w)), f"sign({w.text})", rf"\mathrm{{sign}}({w.latex})", w.sources
            )
            terms.append(Term(constant(regularizer.l1, "λ₁", r"\lambda_1"), sign))  # type: ignore[attr-defined]
        if kind in (regularizers.L2.gradient, regularizers.L1L2.gradient):
            terms.append(Term(constant(2.0 * regularizer.l2, "2λ₂", r"2 \lambda_2"), w))  # type: ignore[attr-defined]
        if not terms:
            value = float(np.asarray(self.weight.penalty_gradient)[index])
            own = Factor(value, f"R′({w.text})", f"R'({w.latex})", w.sources)
            terms = [Term(own)]
        return Sum(terms, None, repr(regularizer))

    def clipped(self, index: Index) -> Sum:
        """The terms of the clipped gradient."""
        o, g = self.optimizer, self.of().factor(*index)
        if o.clipvalue is not None:
            c = o.clipvalue
            template = (
                f"clip({{0}}, ±{figure(c)})",
                rf"\mathrm{{{{clip}}}}({{0}}, \pm {figure(c)})",
            )
            return Sum([Term(through(min(max(g, -c), c), template, g))], None, "clipvalue")
        if o.clipnorm is not None:
            limit, words = o.clipnorm, "the norm of this weight's gradient"
            norm = float(norms(np.asarray(self.weight.gradient)).reshape(()))
        else:
            assert o.global_clipnorm is not None
            limit, words = o.global_clipnorm, "the norm of all gradients together"
            each = [float(norms(g).reshape(())) for g in self.step.gradients.values()]
            norm = float(np.linalg.norm(each))
        scale = constant(
            limit / max(norm, limit), "c/max(‖g‖, c)", r"\frac{c}{\max(\lVert g \rVert, c)}"
        )
        note = f"c = {figure(limit)}; ‖g‖ = {figure(norm, 6)}, {words}"
        return Sum([Term(g, scale)], None, note)

    # --- the update ------------------------------------------------------------------

    def _entry(self, index: Index) -> Entry:
        before, after = {}, {}
        for slot, values in self.weight.slots_after.items():
            place = index if values.shape else ()
            before[slot] = self.of(f"{slot}.old").factor(*place)
            after[slot] = self.of(slot).factor(*place)
        t = self.step.iteration + 1
        g = self.used.factor(*index)
        return Entry(self.optimizer, self.step.rate, t, g, before, after)

    def updated(self, index: Index) -> Sum:
        """The terms of what the optimizer made of the weight."""
        o, w = self.optimizer, self.of("old").factor(*index)
        rules = optimizer_rules(o)
        if rules is None:
            value = float(np.asarray(self.weight.updated)[index])
            entry = self._entry(index)
            sources = [a for f in (w, entry.g, *entry.old.values()) for a in f.sources]
            own = Factor(value, "update(w, g)", r"\mathrm{update}(w, g)", sources)
            return Sum([Term(own)], None, f"computed by {type(o).__name__}.update")
        terms = [Term(w)]
        if o.weight_decay:
            decay = constant(-self.step.rate * o.weight_decay, "−ηλ", r"-\eta \lambda")
            terms.append(Term(decay, w))
        terms += rules.step(self._entry(index))
        return Sum(terms, None, self.constants())

    def constants(self) -> str:
        """The optimizer's own numbers, in this step."""
        parts = [f"η = {figure(self.step.rate, 6)}"]
        named = {"momentum": "μ", "weight_decay": "λ", "beta_1": "β₁", "beta_2": "β₂", "rho": "ρ"}
        for name, letter in named.items():
            value = getattr(self.optimizer, name, None)
            if value:
                parts.append(f"{letter} = {figure(value)}")
        if hasattr(self.optimizer, "epsilon"):
            parts.append(f"ε = {figure(self.optimizer.epsilon)}")
            parts.append(f"t = {self.step.iteration + 1}")
        return f"{type(self.optimizer).__name__}: {', '.join(parts)}"

    def slot(self, name: str, index: Index) -> Sum:
        """The terms of a slot's new value."""
        rules = optimizer_rules(self.optimizer)
        if rules is None:
            value = float(self.weight.slots_after[name][index])
            own = Factor(value, "update(w, g)", r"\mathrm{update}(w, g)", self._sources(index))
            return Sum([Term(own)], None, f"computed by {type(self.optimizer).__name__}.update")
        place = index if self.weight.slots_after[name].shape else (0,) * self.weight.before.ndim
        return Sum(rules.slots(self._entry(place))[name], None, self.constants())

    def _sources(self, index: Index) -> list[tuple[str, Index]]:
        same = index if len(index) == self.weight.before.ndim else None
        return [] if same is None else [(self.of("old").name, same), (self.used.name, same)]

    def new(self, index: Index) -> Sum:
        """The terms of the new value."""
        if self.weight.spec.constraint is not None and self.weight.trained:
            return self._constrained(index)
        if self.weight.trained:
            return self.updated(index)
        return self._untrained(index)

    def _untrained(self, index: Index) -> Sum:
        layer, old = self.layer.layer, self.of("old").factor(*index)
        moved = self.weight.after is not self.weight.before
        if moved and type(layer).next_state is BatchNormalization.next_state:
            assert isinstance(layer, BatchNormalization)
            what = self.weight.name.removeprefix("moving_")
            batch = float(np.asarray(getattr(self.layer.cache, what)).reshape(-1)[index[0]])
            m, rest = constant(layer.momentum, "m", "m"), 1.0 - layer.momentum
            own = constant(batch, f"batch's {what}", rf"\text{{batch's {what}}}")
            terms = [Term(m, old), Term(constant(rest, "(1 − m)", "(1 - m)"), own)]
            return Sum(terms, None, "a moving average: no gradient moves it")
        if moved:
            value = float(self.weight.after[index])
            own = constant(value, "next_state", r"\mathrm{next\_state}")
            return Sum([Term(own)], None, f"computed by {type(layer).__name__}.next_state")
        return Sum([Term(old)], None, "not trained: it stays as it is")

    def _constrained(self, index: Index) -> Sum:
        constraint, w = self.weight.spec.constraint, self.of("updated").factor(*index)
        note = f"{constraint!r} brings it back"
        if isinstance(constraint, constraints.NonNeg):
            return Sum(
                [Term(through(max(w, 0.0), ("max(0, {0})", r"\max(0, {0})"), w))], None, note
            )
        value = float(self.weight.after[index])
        scaling = (constraints.MaxNorm, constraints.UnitNorm, constraints.MinMaxNorm)
        if type(constraint) in scaling and w:
            scale = constant(value / w, "k", "k")
            norm = _norm_at(np.asarray(self.weight.updated), constraint.axis, index)  # type: ignore[union-attr]
            return Sum([Term(w, scale)], None, f"{note}: k scales ‖w‖ = {figure(norm, 6)}")
        own = Factor(
            value, f"constraint({w.text})", rf"\mathrm{{constraint}}({w.latex})", w.sources
        )
        return Sum([Term(own)], None, note)

    def update(self, index: Index) -> Sum:
        """The terms of the change."""
        minus = constant(-1.0, "−1", "-1")
        new, old = self.of("new").factor(*index), self.of("old").factor(*index)
        return Sum([Term(new), Term(minus, old)])


def _norm_at(w: Array, axis: int | tuple[int, ...], index: Index) -> float:
    axes = {a % w.ndim for a in (axis if isinstance(axis, tuple) else (axis,))}
    place = tuple(0 if i in axes else n for i, n in enumerate(index))
    return float(norms(w, axis)[place])
