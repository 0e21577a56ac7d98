"""The compiled engine: whole chunks of steps in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neurona.data.batches import Batches
from neurona.engines.engine import Array, Engine, Report, Steps
from neurona.engines.native_plan import UnsupportedError, describe
from neurona.engines.threads import MAKING
from neurona.errors import DataError
from neurona.finite import nonfinite
from neurona.native_module import MISSING, check_settings, native
from neurona.network import Program, State, Weights
from neurona.optimizers.optimizer import Optimizer, Slots
from neurona.schedules import Schedule

IN_PLACE = (np.uint8, np.float32, np.float64)  # inputs that are read where they lie


WORTH_WATCHING = 2**22  # numbers: fewer are looked at in no time before training


@dataclass
class Watched:
    """Inputs that are looked at for NaN and infinity as they are first read.

    Attributes:
        before: the state when that was asked for.
        seen: steps of the epoch, from its first one on, that have read them.
    """

    x: Array
    before: State
    seen: int = 0


class NativeEngine(Engine):
    """Runs dense networks of neurona's own parts, in float32, float64 or bfloat16.

    With bfloat16, training multiplies large matrices in it and sums in float32;
    small matrices, where that would save nothing, and predictions stay float32.
    """

    name = "native"
    side_by_side = True

    def __init__(self, program: Program, state: State, threads: int | None = None) -> None:
        super().__init__(program, state, threads)
        self._runner: Any = None  # made when the batch size is known
        self._start = state  # what the runner was made from, or is to be
        self._inputs: tuple[Any, Array] | None = None
        self._targets: tuple[Any, Array] | None = None
        self._weights: tuple[Any, Array] | None = None
        self._outputs = program.network.output_size
        self._watched: Watched | None = None

    @classmethod
    def installed(cls) -> bool:
        return native is not None

    @classmethod
    def why_not(cls, program: Program) -> str | None:
        if native is None:
            return f"its compiled module is not installed ({MISSING})."
        check_settings()
        if program.dtype == "bfloat16" and native.isa() != "avx512_bf16":
            return (
                f'this machine has no AVX512-BF16, which dtype="bfloat16" needs (it runs '
                f'{native.isa()}): compile with dtype="float32".'
            )
        try:
            describe(program)
        except UnsupportedError as error:
            return str(error)
        return None

    # --- state in and out --------------------------------------------------------------

    def load(self, state: State) -> None:
        self._runner, self._start, self.epoch = None, state, state.epoch

    @property
    def state(self) -> State:
        if self._runner is None:
            return replace(self._start, epoch=self.epoch)
        self._start = self._copied(self._start.slots)
        return self._start

    @property
    def weights(self) -> Weights:
        return self._start.weights if self._runner is None else self._copied({}).weights

    def _copied(self, like: Mapping[str, Slots]) -> State:
        """Weights, slots like these and the iteration, of one moment, whatever other threads do."""
        weights, slots = dict(self._start.weights), dict(like)
        wanted: list[tuple[int, int, Array]] = []

        def place_for(index: int, slot: int, shape: tuple[int, ...]) -> Array:
            values = np.empty(shape, self.program.storage)
            wanted.append((index, slot, values.reshape(-1)))
            return values

        for index, key in enumerate(self._keys):
            shape, slot = weights[key].shape, 0
            weights[key] = place_for(index, -1, shape)
            if key in slots:
                slots[key] = dict(slots[key])
                for name, old in slots[key].items():
                    if np.shape(old) == shape:
                        slots[key][name], slot = place_for(index, slot, shape), slot + 1
        iteration = self._runner.get_tensors(wanted)
        self._derive(slots, iteration)
        return State(weights, slots, iteration, self.epoch)

    def _derive(self, slots: Mapping[str, Slots], iteration: int) -> None:
        """Nadam's running product: a slot that depends on the iteration alone."""
        optimizer: Any = self.program.optimizer
        for key in slots.keys() & set(self._keys):
            for name, old in slots[key].items():
                if np.shape(old) != self._start.weights[key].shape:
                    slots[key][name] = optimizer.momentum_product(iteration, np.asarray(old).dtype)

    @property
    def _keys(self) -> list[str]:
        """The weights that the runner holds, in its order."""
        network = self.program.network
        return [
            key
            for node in network.nodes
            for _, key in node.keys
            if type(node.layer).__name__ != "Normalization"  # constants of the plan
        ]

    def _runner_for(self, rows: int) -> Any:
        """The runner, made anew if it was planned for batches of another size."""
        with MAKING:
            return self._serving(rows)

    def _serving(self, rows: int) -> Any:
        if self._runner is None or not self._runner.serves(rows):
            state = self.state
            plan = describe(self.program, state.weights)
            double = self.program.dtype == "float64"
            kind = native.Runner64 if double else native.Runner32
            runner = kind(plan, rows, self.threads or 0)
            self._fill(runner, state)
            self._runner = runner  # only now: another thread may ask it at once
        return self._runner

    def _fill(self, runner: Any, state: State) -> None:
        for index, key in enumerate(self._keys):
            w = state.weights[key]
            runner.set_tensor(index, -1, np.ravel(w))
            arrays = [s for s in state.slots.get(key, {}).values() if np.shape(s) == w.shape]
            for slot, values in enumerate(arrays):
                runner.set_tensor(index, slot, np.ravel(values))
        runner.iteration = state.iteration

    def release(self) -> None:
        self._inputs = self._targets = self._weights = self._watched = None

    # --- work --------------------------------------------------------------------------

    def run_steps(self, steps: Steps) -> Report:
        runner, *arguments = self._call(steps)
        return self._report(steps, arguments, runner.run_steps(*arguments))

    @classmethod
    def run_together(cls, asked: Sequence[Steps], threads: int | None = None) -> list[Report]:
        engines: list[Any] = [steps.engine for steps in asked]
        calls = [e._call(steps) for e, steps in zip(engines, asked, strict=True)]
        results = native.run_together(calls, threads or 0)
        return [
            e._report(steps, call[1:], result)
            for e, steps, call, result in zip(engines, asked, calls, results, strict=True)
        ]

    def counts_right(self, batches: Batches) -> bool:
        no_weights = batches.sample_weight is None  # a count knows of none
        return no_weights and self._outputs > 1 and self._targets_of(batches)[1] is not None

    def watch(self, x: Array) -> bool:
        if x.dtype.kind != "f" or x.size < WORTH_WATCHING:
            return False
        self._watched = Watched(x, self.state)
        return True

    def _call(self, steps: Steps) -> tuple[Any, ...]:
        """The runner, and what its ``run_steps`` is to be called with."""
        _, batches, first, last, want_outputs, count_right = steps
        optimizer = self.program.optimizer
        assert optimizer is not None
        runner = self._runner_for(batches.batch_size)
        span = batches.span(first, last)
        count = span.stop - span.start
        outputs = np.empty((count, self._outputs), self.program.storage) if want_outputs else None
        return (
            runner,
            self._inputs_of(batches.x),
            *self._targets_of(batches),
            self._weights_of(batches.sample_weight),
            self._order_of(batches),
            batches.rows_per_epoch,
            batches.batch_size,
            first,
            last,
            _rates(optimizer, runner.iteration, last - first),
            np.empty(last - first),
            outputs,
            np.empty(last - first, np.int64) if count_right else None,
            self._watched is not None and self._watched.x is batches.x,
        )

    def _report(self, steps: Steps, arguments: Sequence[Any], result: Any) -> Report:
        rows, failed, finite = result
        losses, outputs, right, looked = arguments[-4:]
        done = (failed if failed >= 0 else steps.last) - steps.first
        return Report(
            rows,
            losses[:done],
            None if outputs is None else outputs[:rows].reshape(-1, *self._shape),
            None if failed < 0 else failed,
            None if right is None else right[:done],
            self._looked_at(steps, finite) if looked else None,
        )

    def _looked_at(self, steps: Steps, finite: bool) -> DataError | None:
        """What is wrong with the inputs that were watched in these steps."""
        watched = self._watched
        assert watched is not None
        if not finite:  # or too large for the dtype computed with: then training says so
            refused = nonfinite("x", watched.x)
            if refused is not None:
                self.load(watched.before)
                return refused
        if steps.first in (0, watched.seen):
            watched.seen = steps.last
        if watched.seen >= steps.batches.steps_per_epoch:  # all rows, the first time
            self._watched = None
        return None

    @property
    def _shape(self) -> tuple[int, ...]:
        return self.program.network.output_shape

    def forward(self, x: Array) -> tuple[Array, Array]:
        with MAKING:
            runner = self._runner or self._serving(1)
        h = np.empty((len(x), *self.program.network.output_shape), self.program.storage)
        z = h if self.program.fused is None else np.empty_like(h)
        flat = (len(x), -1)
        runner.predict(
            _readable(x, self.program.storage),
            h.reshape(flat),
            None if z is h else z.reshape(flat),
        )
        return z, h

    def predictor(self) -> Callable[[Array, Array], bool]:
        weights = self.state.weights
        kind = native.Predictor64 if self.program.dtype == "float64" else native.Predictor32
        plan = describe(self.program, weights)
        run: Callable[[Array, Array], bool]
        run = kind(plan, [np.ravel(weights[key]) for key in self._keys]).run
        return run

    # --- arrays as the runner reads them; each is converted once, not every chunk --------

    def _inputs_of(self, x: Array) -> Array:
        if self._inputs is None or self._inputs[0] is not x:
            self._inputs = (x, _readable(x, self.program.storage))
        return self._inputs[1]

    def _targets_of(self, batches: Batches) -> tuple[Array | None, Array | None]:
        y, loss = batches.y, self.program.loss
        assert y is not None
        assert loss is not None
        if self._targets is None or self._targets[0] is not y:
            indices = y.ndim == 1 and y.dtype.kind == "i" and loss.classes
            kind = np.int64 if indices else self.program.storage
            flat = y if indices else y.reshape(len(y), -1)
            self._targets = (y, np.ascontiguousarray(flat, kind))
        found = self._targets[1]
        return (None, found) if found.ndim == 1 else (found, None)

    def _weights_of(self, weight: Array | None) -> Array | None:
        if weight is None:
            return None
        if self._weights is None or self._weights[0] is not weight:
            self._weights = (weight, np.ascontiguousarray(weight, self.program.storage))
        return self._weights[1]

    def _order_of(self, batches: Batches) -> Array:
        if batches.order is not None:
            return np.ascontiguousarray(batches.order, np.int64)
        return np.arange(len(batches.x))


def _rates(optimizer: Optimizer, begun: int, steps: int) -> Array:
    """The learning rates of so many steps."""
    if isinstance(optimizer.learning_rate, Schedule):
        return np.array([optimizer.rate(begun + step) for step in range(steps)])
    return np.full(steps, optimizer.rate(begun))


def _readable(x: Array, dtype: str) -> Array:
    """Rows of x that lie one after another, in a dtype that the runner reads."""
    kind = x.dtype if x.dtype in IN_PLACE else dtype
    return np.ascontiguousarray(x, kind).reshape(len(x), -1)
