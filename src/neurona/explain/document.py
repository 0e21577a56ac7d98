"""A step as a document: sections with formulas and tables, whatever they are shown in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurona.activations import Identity
from neurona.display.numbers import counted, figure, shape_text
from neurona.explain.symbols import Written, plus
from neurona.explain.why import Why

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue, Quantity
    from neurona.explain.records import LayerStep, WeightStep
    from neurona.explain.step import Step

Index = tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """Arrays of one shape, side by side, and the formulas that they follow.

    Attributes:
        title: what they belong to.
        formulas: a left and a right side each.
        columns: the arrays; an entry of the block is a row of its table.
        examples: the quantities to derive at one entry.
    """

    title: str
    formulas: list[tuple[Written, Written]]
    columns: list[Quantity]
    examples: list[Quantity]

    @property
    def shape(self) -> tuple[int, ...]:
        """The columns' shape."""
        return self.columns[0].values.shape

    def derivations(self, catalogue: Catalogue) -> Iterator[Why]:
        """Each example worked out, at its largest entry."""
        for quantity in self.examples:
            if quantity.values.size:
                size = np.nan_to_num(np.abs(quantity.values), nan=-1.0)
                place = np.unravel_index(int(np.argmax(size)), quantity.values.shape)
                yield catalogue.why(quantity.name, *map(int, place))


@dataclass(frozen=True)
class Section:
    """The loss, or a layer.

    Attributes:
        title: its name.
        about: what it is, in a few words.
        notes: remarks.
    """

    title: str
    about: str
    blocks: list[Block]
    notes: list[str]


def heading(step: Step) -> str:
    """The step in a line."""
    rows = counted(len(step.x), "row")
    return (
        f"Step {step.iteration + 1} of {step.name!r}: {rows}, loss {figure(step.loss.value, 6)}, "
        f"{type(step.optimizer).__name__} at learning rate {figure(step.rate, 6)}"
    )


def remarks(step: Step) -> list[str]:
    """What is to be said of the whole step."""
    found = [] if step.catalogue.trained is None else [step.catalogue.trained.constants()]
    if not step.finite:
        found.append("This step would not be taken: its loss or a new weight is not finite.")
    return found


def sections(step: Step) -> list[Section]:
    """The layers, first to last, and the loss."""
    return [*(_layer(step, layer) for layer in step.layers), _loss(step)]


def _loss(step: Step) -> Section:
    catalogue, loss = step.catalogue, step.loss
    E, scale, values = (catalogue[n] for n in ("loss", "loss.scale", "loss.values"))
    rule = catalogue.loss_rules.total(()).rule
    assert rule is not None
    columns = [values, scale]
    if "sample_weight" in catalogue and loss.values.ndim == 1:
        columns.append(catalogue["sample_weight"])
    notes = [f"R({key}) = {figure(value, 6)}" for key, value in loss.penalties.items()]
    if loss.fused:
        notes.append(
            "Loss and last activation are differentiated together: ∂E/∂z comes first, and ∂E/∂h "
            "is shown for reading alone."
        )
    total = (E.symbol(), rule)
    block = Block("samples", [total], columns, [E, values])
    return Section("loss", f"{loss.loss!r}, E = {figure(loss.value, 6)}", [block], notes)


def _layer(step: Step, layer: LayerStep) -> Section:
    shapes = f"{shape_text(layer.x.shape)} → {shape_text(layer.h.shape)}"
    notes = []
    if layer.delta is None:
        notes.append("Nothing at or below this layer learns: training computes no δ for it.")
    elif not layer.elementwise and not (step.loss.fused and layer is step.layers[-1]):
        notes.append(
            f"The activation is not elementwise: δ takes its Jacobian, "
            f"step[{layer.name!r}].jacobian(row)."
        )
    blocks = [_units(step, layer)]
    for weight in layer.weights.values():
        blocks.append(_weight(step, layer, weight))
        for slot, values in weight.slots_after.items():
            if not values.shape and weight.before.shape:
                old = figure(float(weight.slots_before[slot]), 6)
                notes.append(f"{weight.name}: {slot} {old} → {figure(float(values), 6)}")
    return Section(layer.name, f"{type(layer.layer).__name__}, {shapes}", blocks, notes)


def _units(step: Step, layer: LayerStep) -> Block:
    catalogue, number = step.catalogue, layer.number - 1
    rules, activation = catalogue.rules[number], catalogue.activation_rules[number]
    plain = isinstance(layer.activation, Identity)  # z and h, ∂E/∂h and δ are the same then
    z, h = (catalogue[f"{layer.name}.{what}"] for what in "zh")
    extras = [catalogue[name] for name, *_ in rules.extras()]
    columns = [*(e for e in extras if e.values.shape == layer.z.shape), z]
    formulas = [(z.symbol(), rules.z_formula()), (h.symbol(), activation.h_formula())]
    examples = [z] if plain else [z, h]
    if not plain:
        columns.append(h)
    if layer is step.layers[-1] and step.loss.y.shape == layer.h.shape:
        columns.append(catalogue["y"])
    if layer.derivative is not None and not plain:
        slope = catalogue[f"{layer.name}.derivative"]
        columns.append(slope)
        formulas.append((slope.symbol(), activation.derivative_formula()))
    if layer.delta is not None:
        dh, delta = (catalogue[f"{layer.name}.{what}"] for what in ("dh", "delta"))
        columns += [delta] if plain else [dh, delta]
        formulas.append((dh.symbol(), activation.dh_formula()))
        formulas.append((delta.symbol(), activation.delta_formula()))
        examples += [dh] if plain else [dh, delta]
    return Block("units", formulas, columns, examples)


def _weight(step: Step, layer: LayerStep, weight: WeightStep) -> Block:
    catalogue, name = step.catalogue, f"{layer.name}.{weight.name}"
    own = [q for q in catalogue if q.name == name or q.name.startswith(f"{name}.")]
    columns = [q for q in own if q.values.shape == weight.before.shape]
    new = catalogue[f"{name}.new"]
    if not weight.trained:
        moved = weight.after is not weight.before
        return Block(weight.name, [_in_general(new)] if moved else [], columns, [new])
    gradient = catalogue[name]
    rule = catalogue.rules[layer.number - 1].gradient_formula(weight.name)
    if weight.penalty_gradient is not None:
        rule = plus(rule, catalogue[f"{name}.penalty"].symbol())
    formulas = [(gradient.symbol(), rule)]
    said = (f"{name}.old", name, f"{name}.update")
    derived = [q for q in columns if q.name not in said and not q.name.endswith(".old")]
    formulas += [_in_general(q) for q in derived if q.values.size]
    return Block(weight.name, formulas, columns, [gradient, new])


def _in_general(quantity: Quantity) -> tuple[Written, Written]:
    """The rule of an entry whose sources all stand at the same place, without that place."""
    index = (0,) * quantity.values.ndim
    shown = f"[{','.join(map(str, index))}]"
    text, latex = plus(*(term.symbol for term in quantity.rule(index).terms))
    return quantity.symbol(), Written(text.replace(shown, ""), latex.replace(shown, ""))
