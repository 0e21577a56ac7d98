"""All numbers of a step that can be asked about, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentError, ArgumentTypeError, suggestion
from neurona.explain.records import LayerStep, WeightStep
from neurona.explain.rules.activation import ActivationRules
from neurona.explain.rules.find import rules_for
from neurona.explain.rules.layer import LayerRules
from neurona.explain.rules.loss import LossRules
from neurona.explain.rules.weight import WeightRules
from neurona.explain.symbols import (
    PLACE,
    Symbol,
    derivative,
    layer_symbol,
    marked,
    roman,
    weight_symbol,
)
from neurona.explain.why import Factor, Sum, Why

if TYPE_CHECKING:
    from neurona.explain.step import Step

Array = NDArray[Any]
Index = tuple[int, ...]
Rule = Callable[[Index], Sum]

SLOTS = {  # letters for the optimizers' memory
    "velocity": ("v", "v"),
    "m": ("m", "m"),
    "v": ("v", "v"),
    "v_max": ("v̂", r"\hat v"),
    "u": ("u", "u"),
    "mean_square": ("s", "s"),
    "mean": ("a", "a"),
    "accumulator": ("s", "s"),
    "mean_square_step": ("u", "u"),
    "mu_product": ("Π", r"\Pi"),
}
TOLERANCE = 1e-3  # a derivation that is further off than rounding in float32 says so


@dataclass(frozen=True, eq=False)
class Quantity:
    """An array of the step.

    Attributes:
        name: what :meth:`Step.why` calls it.
        symbol: its symbol.
        words: what it is.
        values: the array.
        rule: finds the terms of an entry.
    """

    name: str
    symbol: Symbol
    words: str
    values: Array
    rule: Rule

    def factor(self, *index: int) -> Factor:
        """One entry, to stand in a product."""
        return Factor(float(self.values[index]), *self.symbol(*index), [(self.name, index)])


class Catalogue:
    """The quantities of a step by name, and the answers to questions about their entries.

    Args:
        step: whose numbers they are.

    Attributes:
        rules: those of the layers, first to last.
        activation_rules: those of their activations.
        loss_rules: those of the loss.
        trained: those of some weight that is trained; None if none is.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self._quantities: dict[str, Quantity] = {}
        self._given("x", "x", "the features", step.x)
        self._given("y", "y", "the targets", step.loss.y)
        if step.sample_weight is not None:
            self._given("sample_weight", "w", "the weights of the samples", step.sample_weight)
        self.loss_rules = LossRules(self)
        self._loss()
        self.rules: list[LayerRules] = []
        self.activation_rules: list[ActivationRules] = []
        self.trained: WeightRules | None = None
        for layer in step.layers:
            self.rules.append(rules_for(self, layer))
            self.activation_rules.append(ActivationRules(self, layer))
            self._layer(layer)

    # --- what there is ---------------------------------------------------------------

    def _add(self, name: str, symbol: Symbol, words: str, values: Any, rule: Rule) -> None:
        self._quantities.setdefault(name, Quantity(name, symbol, words, np.asarray(values), rule))

    def _given(self, name: str, letter: str, words: str, values: Array) -> None:
        symbol = Symbol(letter + PLACE, letter + PLACE)
        self._add(name, symbol, words, values, partial(_as_given, words))

    def _loss(self) -> None:
        loss, rules = self.step.loss, self.loss_rules
        plain = {letter: Symbol(letter + PLACE, letter + PLACE) for letter in ("E", "s")}
        self._add("loss", plain["E"], "the loss of the batch", loss.value, rules.total)
        each = Symbol(f"ℓ{PLACE}", rf"\ell{PLACE}")
        self._add("loss.values", each, "each sample's loss", loss.values, rules.value)
        self._add("loss.scale", plain["s"], "what each sample counts", loss.scale, rules.scale)
        by = Symbol(f"∂ℓ/∂h{PLACE}", rf"\frac{{\partial \ell}}{{\partial h{PLACE}}}")
        words = "each sample's loss by the output"
        self._add("loss.gradient", by, words, loss.gradient, rules.gradient)

    def _layer(self, layer: LayerStep) -> None:
        name, number = layer.name, layer.number
        rules, activation = self.rules[-1], self.activation_rules[-1]
        z, h = (layer_symbol(letter, letter, number) for letter in "zh")
        for extra, symbol, words, values, rule in rules.extras():
            self._add(extra, symbol, words, values, rule)
        self._add(f"{name}.z", z, "before the activation", layer.z, rules.z)
        self._add(f"{name}.h", h, "the output", layer.h, activation.h)
        if layer.derivative is not None:
            slope = Symbol(f"g′({z.text})", f"g'({z.latex})")
            words = "the activation's slope"
            self._add(f"{name}.derivative", slope, words, layer.derivative, activation.derivative)
        if layer.delta is not None:
            self._add(f"{name}.dh", derivative(h), "the loss by h", layer.dh, activation.dh)
            delta = layer_symbol("δ", r"\delta", number)
            self._add(f"{name}.delta", delta, "the loss by z", layer.delta, activation.delta)
        for weight in layer.weights.values():
            self._weight(layer, weight)

    def _weight(self, layer: LayerStep, weight: WeightStep) -> None:
        name, rules = f"{layer.name}.{weight.name}", WeightRules(self, layer, weight)
        w = weight_symbol(weight.name, layer.number)
        old = partial(_as_given, "the weight before the step")
        self._add(f"{name}.old", w, "before", weight.before, old)
        if weight.trained:
            self.trained = rules
            self._add(
                name, derivative(w), "the loss by the weight", weight.gradient, rules.gradient
            )
        if weight.penalty_gradient is not None:
            by = Symbol(f"∂R/∂{w.text}", rf"\frac{{\partial R}}{{\partial {w.latex}}}")
            words = "the regularizer's part"
            self._add(f"{name}.penalty", by, words, weight.penalty_gradient, rules.penalty)
        if weight.clipped is not weight.gradient:
            g = Symbol(f"g({w.text})", f"g({w.latex})")
            self._add(f"{name}.clipped", g, "the gradient, clipped", weight.clipped, rules.clipped)
        for slot, values in weight.slots_after.items():
            self._slot(name, w, slot, weight.slots_before[slot], values, rules)
        if weight.trained and weight.spec.constraint is not None:
            free = marked(w, "*", "^{*}")
            self._add(f"{name}.updated", free, "not yet constrained", weight.updated, rules.updated)
        change = Symbol(f"Δ{w.text}", rf"\Delta {w.latex}")
        self._add(f"{name}.update", change, "the change", weight.update, rules.update)
        self._add(f"{name}.new", marked(w, "′", "'"), "after", weight.after, rules.new)

    def _slot(
        self, name: str, w: Symbol, slot: str, before: Array, after: Array, rules: WeightRules
    ) -> None:
        text, latex = SLOTS.get(slot, (slot, roman(slot)))
        old = Symbol(f"{text}({w.text})", f"{latex}({w.latex})")
        new = Symbol(f"{text}′({w.text})", f"{latex}'({w.latex})")
        given = partial(_as_given, f"the optimizer's {slot} before the step")
        self._add(f"{name}.{slot}.old", old, f"{slot} before", before, given)
        self._add(f"{name}.{slot}", new, f"{slot} after", after, partial(rules.slot, slot))

    # --- answers ---------------------------------------------------------------------

    def __contains__(self, name: str) -> bool:
        return name in self._quantities

    def __iter__(self) -> Iterator[Quantity]:
        return iter(self._quantities.values())

    def __getitem__(self, name: str) -> Quantity:
        """The quantity of that name.

        Raises:
            ArgumentError: there is none.
        """
        if not isinstance(name, str):
            raise ArgumentTypeError(
                f'The name of a number is a string such as "loss", got {type(name).__name__}.'
            )
        plain = name.replace("/", ".")  # the network's key for a weight will do as well
        for ending, usual in ((".gradient", ""), (".dz", ".delta")):
            if plain not in self._quantities and plain.endswith(ending):
                plain = plain.removesuffix(ending) + usual
        if plain in self._quantities:
            return self._quantities[plain]
        for layer in self.step.layers:
            if plain == f"{layer.name}.x":  # it has a name already
                return self.input_of(layer)
        raise ArgumentError(
            f"The step has no numbers named {name!r}.{suggestion(plain, self._quantities)} "
            f"There are: {', '.join(self._quantities)}."
        )

    def input_of(self, layer: LayerStep) -> Quantity:
        """What goes into a layer: the output of the one below, or x."""
        below = layer.number - 2
        return self["x"] if below < 0 else self[f"{self.step.layers[below].name}.h"]

    def why(self, name: str, *index: int) -> Why:
        """The explanation of one entry."""
        quantity = self[name]
        place = _checked(quantity, index)
        with np.errstate(all="ignore"):
            found = quantity.rule(place)
        answer = Why(quantity.factor(*place), found, self)
        reach = sum(map(abs, answer.terms)) + abs(answer.value)
        if abs(answer.total - answer.value) > TOLERANCE * reach:
            answer.note = (
                f"{answer.note} These terms come to {answer.total:g}: the part computes this "
                f"number in a way that they do not show."
            ).strip()
        return answer


def _as_given(words: str, index: Index) -> Sum:
    return Sum((), None, f"given: {words}")


def _checked(quantity: Quantity, index: tuple[Any, ...]) -> Index:
    """The index, counted from 0 and checked against the array's shape."""
    shape = quantity.values.shape
    if not index and quantity.values.size == 1:
        return (0,) * len(shape)
    if len(index) != len(shape):
        raise ArgumentError(
            f"{quantity.name!r} has shape {shape}: give {len(shape)} whole numbers to say which "
            f"entry, got {len(index)}."
        )
    return tuple(
        checks.integer(f"index {i} of {quantity.name!r}", n, -size, size - 1) % size
        for i, (n, size) in enumerate(zip(index, shape, strict=True))
    )
