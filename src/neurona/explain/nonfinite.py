"""Where a NaN or an infinity first appeared in a training step, and the likely cause."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.backprop import add_penalties, backward, forward, loss_gradient
from neurona.blas import OneBlasThread
from neurona.data.batches import Batches
from neurona.engines.engine import Engine
from neurona.errors import NonFiniteError

LARGE = 1e3  # weights or activations beyond this are on their way out


def explain_nonfinite(engine: Engine, batches: Batches, step: int, epoch: int) -> str:
    """Repeat the failed step in the open, and say what went wrong, where and why.

    Args:
        engine: as the failure left it, with the weights before the step.
        step, epoch: of the failure, counted from 0.

    Returns:
        Such as "epoch 1, step 4: the loss is not finite, first in … Likely cause: …".
    """
    where, what = _locate(engine, batches, step)
    state, optimizer = engine.state, engine.program.optimizer
    rate = optimizer.rate(state.iteration) if optimizer else 0.0
    largest = max((float(np.abs(w).max()) for w in state.weights.values() if w.size), default=0.0)
    return (
        f"epoch {epoch + 1}, step {step + 1}: {what}, first in {where}. "
        f"{_cause(batches, step, rate, largest)}"
    )


def stopped_by(what: str) -> NonFiniteError:
    """The error of a training that ends so; ``what`` as :func:`explain_nonfinite` says it."""
    kept = "The model keeps the last finite weights, those before this step."
    return NonFiniteError(f"Training stopped at {what} {kept}", what)


def _locate(engine: Engine, batches: Batches, step: int) -> tuple[str, str]:
    program, state = engine.program, engine.state
    network, weights = program.network, state.weights
    x, y, sample_weight = batches.take(step, step + 1)
    assert y is not None
    with np.errstate(over="ignore"):
        x = x.astype(program.storage)
    if not np.isfinite(x).all():
        row, *_ = np.argwhere(~np.isfinite(x.reshape(len(x), -1)))[0]
        place = batches.span(step, step + 1).start + row
        source = place if batches.order is None else batches.order[place]
        return f"row {source} of x", "the input is not finite"
    with OneBlasThread(), np.errstate(all="ignore"):
        traces = forward(network, weights, x, True, program.seed, state.iteration)
        for node, trace in zip(network.nodes, traces, strict=True):
            if not np.isfinite(trace.z).all() or not np.isfinite(trace.h).all():
                return f"layer {node.name!r}", "its outputs are not finite"
        value, dh = loss_gradient(program, traces[-1], y, sample_weight)
        if not np.isfinite(value):
            return f"the loss {type(program.loss).__name__}", "the loss is not finite"
        grads, _ = backward(program, weights, traces, dh)
        add_penalties(network, weights, grads)
    for node in reversed(network.nodes):
        for name, key in node.keys:
            if key in grads and not np.isfinite(grads[key]).all():
                return f"layer {node.name!r}", f"the gradient of its {name} is not finite"
    return _largest_update(network, grads), "a weight became too large for its dtype"


def _largest_update(network: Any, grads: dict[str, Any]) -> str:
    key = max(grads, key=lambda name: float(np.abs(grads[name]).max()))
    layer, name = key.split("/")
    return f"layer {layer!r} ({name})"


def _cause(batches: Batches, step: int, rate: float, largest: float) -> str:
    x = batches.take(step, step + 1)[0]
    reach = float(np.abs(x.astype(np.float64)).max()) if np.isfinite(x).all() else np.inf
    if not np.isfinite(reach):
        return "Likely cause: NaN or infinity in the data; remove or fill those rows."
    if reach > LARGE:
        return (
            f"Likely cause: inputs are not scaled (the largest here is {reach:.3g}); begin the "
            f"model with layers.Normalization() or layers.Rescaling(), or lower the learning rate."
        )
    return (
        f"Likely cause: the learning rate {rate:g} is too large (the largest weight is "
        f"{largest:.3g}); lower it tenfold, or give the optimizer clipnorm=1.0."
    )
