"""One training step with all its numbers, taken without training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import optimizers
from neurona.backprop import (
    Trace,
    add_penalties,
    backward,
    forward,
    loss_gradient,
    next_states,
)
from neurona.blas import OneBlasThread
from neurona.data.arrays import Samples
from neurona.display.numbers import counted
from neurona.engines.numpy_engine import all_finite
from neurona.errors import ArgumentError, suggestion
from neurona.explain.records import LayerStep, LossStep, WeightStep
from neurona.losses.loss import one_hot_as, sample_scale
from neurona.network import Node, Program, State, Weights
from neurona.optimizers.optimizer import Optimizer, Slots

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue
    from neurona.explain.check import CheckReport
    from neurona.explain.why import Why

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Step:
    """A training step with all its numbers; ``model.explain_step`` makes it.

    The numbers are those that the NumPy engine trains with: the same functions
    compute them, with the same random numbers for dropout at that iteration.

    Attributes:
        name: the model's.
        program: what the step depends on besides data and weights.
        x: the features (n, *input_shape), in the model's dtype.
        sample_weight: (n,) or None.
        iteration: steps taken before this one.
        rate: the learning rate η of this step.
        loss: the loss, for each sample and together.
        layers: the layers, first to last; ``step["dense"]`` is one of them.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(1, "sigmoid", input_dim=1)], seed=1)
    >>> model.compile(optimizer="sgd", loss="half_squared_error")
    >>> step = model.explain_step([[1.0]], [1.0])
    >>> step["dense"]["kernel"].gradient.shape
    (1, 1)
    """

    name: str
    program: Program
    x: Array
    sample_weight: Array | None
    iteration: int
    rate: float
    loss: LossStep
    layers: tuple[LayerStep, ...]

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer that the update is of."""
        optimizer = self.program.optimizer
        assert optimizer is not None
        return optimizer

    @property
    def new_weights(self) -> Weights:
        """Every weight after the step, by key: what ``train_on_batch`` would leave."""
        return {w.key: w.after for layer in self.layers for w in layer.weights.values()}

    @property
    def new_slots(self) -> dict[str, Slots]:
        """The optimizer's memory after the step, by the weight's key."""
        trained = (w for layer in self.layers for w in layer.weights.values() if w.trained)
        return {w.key: w.slots_after for w in trained}

    @property
    def gradients(self) -> Weights:
        """``∂E/∂w`` of every weight that is trained, by key."""
        weights = (w for layer in self.layers for w in layer.weights.values())
        return {w.key: w.gradient for w in weights if w.gradient is not None}

    @property
    def finite(self) -> bool:
        """Whether loss and new weights are finite; a step where they are not is never taken."""
        return math.isfinite(self.loss.value) and all_finite(self.new_weights)

    def __getitem__(self, name: str) -> LayerStep:
        """The layer of that name."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise ArgumentError(f"No layer {name!r}.{suggestion(str(name), names)} There are: {names}.")

    # --- questions -------------------------------------------------------------------

    def why(self, what: str, *index: int) -> Why:
        """Which numbers made a number: the chain rule, in symbols and in figures.

        Args:
            what: the number's name. Of a layer: ``"dense.z"``, ``"dense.h"``,
                ``"dense.derivative"`` (g'(z)), ``"dense.dh"`` (∂E/∂h),
                ``"dense.delta"`` (δ). Of a weight: ``"dense.kernel"`` (its
                gradient) and with ``.penalty`` (the regularizer's part),
                ``.clipped``, ``.updated`` (before a constraint), ``.new``,
                ``.update`` or a slot's name, such as ``.velocity``, behind it;
                ``.old`` for what was there before the step. ``"loss"``, and
                ``"loss.values"``, ``"loss.scale"``, ``"loss.gradient"``;
                ``"x"`` and ``"y"``.
            index: the entry's place, counted from 0; rows first. It may be left
                out where there is one entry alone.

        Raises:
            ArgumentError: there is no such number; suggests the nearest name.

        >>> from neurona import Sequential, layers
        >>> model = Sequential([layers.Dense(1, "sigmoid", input_dim=1)], dtype="float64")
        >>> model.compile(optimizer="sgd", loss="half_squared_error")
        >>> model.set_weights([[[0.5]], [0.0]])
        >>> step = model.explain_step([[2.0]], [1.0])
        >>> step.why("dense.kernel", 0, 0)
        ∂E/∂W₁[0,0] = Σₙ x[n,0]·δ₁[n,0]
                    = x[0,0]·δ₁[0,0]
                    = 2·(-0.0528771)
                    = -0.105754
        where
          x[0,0] = 2             step.why("x", 0, 0)
          δ₁[0,0] = -0.0528771   step.why("dense.delta", 0, 0)
        """
        return self.catalogue.why(what, *index)

    def check(self, entries: int | None = 200) -> CheckReport:
        """Compare each gradient with float64 central finite differences.

        Everything is computed in float64, whatever the model's dtype, with the
        same random numbers.

        Args:
            entries: how many of a weight's entries to check at most, drawn at
                random; None for all.

        Returns:
            The largest relative difference for each weight, and of them all
            (``.largest``).
        """
        from neurona.explain.check import check_step

        return check_step(self, entries)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All numbers that :meth:`why` knows, by name."""
        from neurona.explain.catalogue import Catalogue

        return Catalogue(self)

    # --- to look at ------------------------------------------------------------------

    def show(self, width: int | None = None) -> None:
        """Print everything, in colour where the output is a terminal.

        Args:
            width: in columns; by default the terminal's.
        """
        from neurona.explain.render_terminal import show

        show(self, width)

    def to_text(self, width: int = 100) -> str:
        """Everything as plain text, in so many columns."""
        from neurona.explain.render_text import step_text

        return step_text(self, width)

    def to_markdown(self) -> str:
        """Everything as Markdown, with the derivation in LaTeX."""
        from neurona.explain.render_markdown import step_markdown

        return step_markdown(self)

    def to_latex(self, document: bool = False) -> str:
        """Everything as LaTeX, with the derivation.

        Args:
            document: make it a document of its own, in place of a part of one.
        """
        from neurona.explain.render_latex import step_latex

        return step_latex(self, document)

    def to_html(self) -> str:
        """Everything as a self-contained piece of HTML: no script, nothing fetched."""
        from neurona.explain.render_html import step_html

        return step_html(self)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __rich_console__(self, console: Any, options: Any) -> Any:
        from neurona.explain.render_terminal import rich_parts

        yield from rich_parts(self, options.max_width)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        rows = counted(len(self.x), "row")
        return (
            f"<Step {self.iteration + 1} of {self.name!r}: {rows}, loss {self.loss.value:.6g}, "
            f"{len(self.layers)} layers, {self.optimizer!r}; see show(), why(…), check()>"
        )


def explain_step(program: Program, state: State, samples: Samples, name: str = "") -> Step:
    """The step that training would take on a batch, all its numbers kept.

    Args:
        program: with a loss and an optimizer.
        state: weights, slots and iteration; it is not changed.
        samples: aligned to the program.
        name: the model's.
    """
    with OneBlasThread(), np.errstate(all="ignore"):  # non-finite numbers are shown
        return _take(program, state, samples, name)


def _take(program: Program, state: State, samples: Samples, name: str) -> Step:
    network, optimizer = program.network, program.optimizer
    assert optimizer is not None
    assert samples.y is not None
    weights = {key: np.array(w) for key, w in state.weights.items()}  # the engine may reuse its own
    x = np.array(samples.x, dtype=program.storage)

    traces = forward(network, weights, x, True, program.seed, state.iteration)
    output = traces[-1].h
    y = one_hot_as(samples.y, output) if samples.y.dtype.kind == "i" else samples.y
    value, dh = loss_gradient(program, traces[-1], y, samples.sample_weight)
    grads, deltas = backward(program, weights, traces, dh)
    with_penalties = dict(grads)
    total = value + add_penalties(network, weights, with_penalties)

    record = _Record(program, state, weights, grads, with_penalties)
    record.update(traces)
    loss = _loss_step(program, traces[-1], y, samples.sample_weight, weights, float(total))
    layers = _layer_steps(record, traces, [None] * (len(traces) - len(deltas)) + deltas[::-1], loss)
    rate = optimizer.rate(state.iteration)
    return Step(name, program, x, samples.sample_weight, state.iteration, rate, loss, layers)


class _Record:
    """The step's gradients, and what the optimizer makes of them."""

    def __init__(
        self, program: Program, state: State, weights: Weights, data: Weights, grads: Weights
    ) -> None:
        assert program.optimizer is not None
        self.program, self.optimizer, self.state = program, program.optimizer, state
        self.weights, self.data, self.grads = weights, data, grads
        specs = program.network.specs
        self.constraints = {
            key: constraint
            for key in program.network.trainable
            if (constraint := specs[key].constraint)
        }
        self.clipped = optimizers.clip(program.optimizer, grads)

    def update(self, traces: list[Trace]) -> None:
        """Move the weights; ``free`` are those that the constraints have not touched yet."""
        network, state = self.program.network, self.state
        params = {key: self.weights[key] for key in network.trainable}
        move = (self.optimizer, params, self.grads, state.slots)
        self.after, self.slots = optimizers.step(*move, self.constraints, state.iteration)
        self.free = self.after
        if self.constraints:
            self.free, _ = optimizers.step(*move, {}, state.iteration)
        self.after = {**self.after, **next_states(network, self.weights, traces)}

    def weight(self, name: str, key: str) -> WeightStep:
        """All about one weight."""
        spec, before = self.program.network.specs[key], self.weights[key]
        after = self.after.get(key, before)
        if key not in self.program.network.trainable:
            return WeightStep(name, key, spec, before, np.asarray(after))
        penalised = spec.regularizer
        return WeightStep(
            name,
            key,
            spec,
            before,
            np.asarray(after),
            data_gradient=self.data[key],
            penalty_gradient=None if penalised is None else penalised.gradient(before),
            gradient=self.grads[key],
            clipped=self.clipped[key],
            slots_before={slot: np.array(v) for slot, v in self.state.slots[key].items()},
            slots_after=self.slots[key],
            updated=self.free[key],
        )


def _loss_step(
    program: Program, last: Trace, y: Array, weight: Array | None, weights: Weights, total: float
) -> LossStep:
    loss, pair, network = program.loss, program.fused, program.network
    assert loss is not None
    values = np.asarray(pair.values(y, last.z, last.h) if pair else loss.values(y, last.h))
    scale = sample_scale(values, weight, loss.reduction)
    penalties = {}
    for key in network.regularized:
        regularizer = network.specs[key].regularizer
        assert regularizer is not None
        penalties[key] = float(regularizer.value(weights[key]))
    return LossStep(
        loss,
        y,
        values,
        np.broadcast_to(np.asarray(scale, values.dtype), values.shape),
        total,
        float((values * scale).sum()),
        penalties,
        np.asarray(loss.gradient(y, last.h)),
        pair is not None,
    )


def _layer_steps(
    record: _Record, traces: list[Trace], deltas: list[Any], loss: LossStep
) -> tuple[LayerStep, ...]:
    network = record.program.network
    steps: list[LayerStep] = []
    above: tuple[Node, LayerStep] | None = None
    for node, trace, delta in reversed(list(zip(network.nodes, traces, deltas, strict=True))):
        dh = None
        if delta is not None:
            dh = loss.gradient * loss.scale[..., None] if above is None else _dx(record, *above)
        weights = {name: record.weight(name, key) for name, key in node.keys}
        number = node.index + 1
        x, z, h, cache = trace
        layer = LayerStep(node.name, number, node.layer, x, z, h, cache, dh, delta, weights)
        steps.append(layer)
        above = node, layer
    return tuple(reversed(steps))


def _dx(record: _Record, node: Node, step: LayerStep) -> Array:
    """``∂E/∂x`` of a layer, which is ``∂E/∂h`` of the one below, as training computes it."""
    params = record.program.network.params_of(node, record.weights)
    dx, _ = node.layer.backward(params, step.cache, step.delta)
    return np.asarray(dx)
