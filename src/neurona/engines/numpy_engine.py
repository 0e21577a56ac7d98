"""The textbook engine: backprop.py on NumPy. The oracle for the others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from neurona import optimizers
from neurona.backprop import add_penalties, backward, forward, loss_gradient, next_states
from neurona.blas import OneBlasThread
from neurona.data.arrays import NUMERIC
from neurona.engines.engine import Array, Engine, Report, Steps
from neurona.network import Program, State, Weights

MOST_CLASSES = 1000  # labels of more are made one-hot row by row, not from a table


class NumpyEngine(Engine):
    """Runs every network, a batch at a time.

    On one thread, whatever number is asked for: the bits must not depend on it.
    """

    name = "numpy"

    def __init__(self, program: Program, state: State, threads: int | None = None) -> None:
        super().__init__(program, state, threads)
        self._state = state
        specs, trainable = program.network.specs, program.network.trainable
        k = program.network.output_shape[-1] if program.network.output_shape else 1
        self._one_hot = np.eye(k, dtype=program.storage) if k <= MOST_CLASSES else None
        self._constraints = {
            key: constraint for key in trainable if (constraint := specs[key].constraint)
        }

    @classmethod
    def why_not(cls, program: Program) -> str | None:
        if program.dtype == "bfloat16":
            return 'NumPy cannot multiply in bfloat16: compile with dtype="float32".'
        return None

    @property
    def state(self) -> State:
        return replace(self._state, epoch=self.epoch)

    def load(self, state: State) -> None:
        self._state, self.epoch = state, state.epoch

    def run_steps(self, steps: Steps) -> Report:
        outputs: list[Array] = []
        losses: list[float] = []
        rows = 0
        with OneBlasThread(), np.errstate(all="ignore"):  # checked, not warned of
            for step in range(steps.first, steps.last):
                value, output, state = self._step(*steps.batches.take(step, step + 1))
                if state is None:
                    return Report(rows, np.array(losses), _joined(outputs), failed_step=step)
                self._state = state
                rows += len(output)
                losses.append(len(output) * value)
                if steps.want_outputs:
                    outputs.append(output)
        return Report(rows, np.array(losses), _joined(outputs))

    def _step(
        self, x: Array, y: Array | None, sample_weight: Array | None
    ) -> tuple[float, Array, State | None]:
        """One training step; no state where it would hold NaN or infinity."""
        program, old = self.program, self._state
        network, weights = program.network, old.weights
        assert y is not None
        assert program.optimizer is not None  # compiled programs have one

        x = x.astype(program.storage, copy=False)
        if self._one_hot is not None and y.dtype.kind == "i":  # class indices
            y = self._one_hot[y]
        traces = forward(network, weights, x, True, program.seed, old.iteration)
        value, dh = loss_gradient(program, traces[-1], y, sample_weight)
        grads, _ = backward(program, weights, traces, dh)
        value = float(value + add_penalties(network, weights, grads))
        params = {key: weights[key] for key in network.trainable}
        new, slots = optimizers.step(
            program.optimizer, params, grads, old.slots, self._constraints, old.iteration
        )
        new.update(next_states(network, weights, traces))

        output = traces[-1].h
        if not (math.isfinite(value) and all_finite(new)):
            return value, output, None
        return value, output, State({**weights, **new}, slots, old.iteration + 1)

    def forward(self, x: Array) -> tuple[Array, Array]:
        x = x.astype(self.program.storage, copy=False)
        with OneBlasThread(), np.errstate(all="ignore"):
            last = forward(self.program.network, self._state.weights, x)[-1]
        return last.z, last.h

    def predictor(self) -> Callable[[Array, Array], bool]:
        fixed = NumpyEngine(self.program, self._state, self.threads)
        row = self.program.network.input_shape

        def run(x: Array, out: Array) -> bool:
            if not isinstance(x, np.ndarray) or x.dtype.kind not in NUMERIC:
                return False
            out[...] = fixed.forward(x.reshape(-1, *row))[1].reshape(out.shape)
            return True

        return run


def all_finite(weights: Weights) -> bool:
    """Whether every entry is finite: a dot product finds out fastest, and rarely errs."""
    for w in weights.values():
        flat = w.reshape(-1)
        if not math.isfinite(np.dot(flat, flat)) and not np.isfinite(flat).all():
            return False
    return True


def _joined(outputs: list[Any]) -> Array | None:
    return np.concatenate(outputs) if outputs else None
