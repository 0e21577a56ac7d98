"""Back-propagation: the forward loop, and the same loop reversed.

Forward, for each layer: ``z = f(h)``, ``h = g(z)``. Backward, from the last to
the first: the sensitivity ``δ = ∂E/∂z = ∂E/∂h · g'(z)``, then the layer's own
gradients and ``∂E/∂h`` of the layer below (Rumelhart, Hinton & Williams 1986).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from neurona.layers.layer import Context
from neurona.losses.loss import sample_scale
from neurona.network import Array, Network, Program, Weights
from neurona.random import Purpose, Stream


class Trace(NamedTuple):
    """What one layer computed going forward, kept for the way back."""

    x: Array
    z: Array
    h: Array
    cache: Any


def forward(
    network: Network,
    weights: Weights,
    x: Array,
    training: bool = False,
    seed: int = 0,
    iteration: int = 0,
    xp: Any = np,
) -> list[Trace]:
    """Run a batch through the network.

    Args:
        x: (n, *input_shape), of the weights' dtype.
        training: whether dropout drops and batch statistics are used.
        seed, iteration: what the layers' random numbers depend on.

    Returns:
        One trace a layer; the last one's ``h`` is the output.
    """
    traces, h = [], x
    for node in network.nodes:
        stream = Stream(seed, Purpose.LAYER, iteration, node.index)
        params = network.params_of(node, weights)
        z, cache = node.layer.forward(params, h, Context(training, stream, xp))
        below, h = h, node.layer.activation.forward(z, xp)
        traces.append(Trace(below, z, h, cache))
    return traces


def loss_gradient(
    program: Program, last: Trace, y: Array, sample_weight: Array | None = None, xp: Any = np
) -> tuple[Array, Array]:
    """The loss of the batch, and ``∂E/∂h`` of the output (``∂E/∂z`` if fused)."""
    loss, pair = program.loss, program.fused
    assert loss is not None  # a program without a loss only predicts
    if pair is not None:
        values = pair.values(y, last.z, last.h, xp)
        gradient = pair.gradient(y, last.z, last.h, xp)
    else:
        values = loss.values(y, last.h, xp)
        gradient = loss.gradient(y, last.h, xp)
    scale = sample_scale(values, sample_weight, loss.reduction, xp)
    return (values * scale).sum(), gradient * _per_output(scale)


def _per_output(scale: Any) -> Any:
    return scale[..., None] if getattr(scale, "ndim", 0) else scale


def backward(
    program: Program, weights: Weights, traces: Sequence[Trace], dh: Array, xp: Any = np
) -> tuple[Weights, list[Array]]:
    """Walk back from the output.

    Args:
        dh: what :func:`loss_gradient` returned.

    Returns:
        The gradient of every trainable weight by key, and the sensitivities δ
        of the layers, last first.
    """
    network, grads, deltas = program.network, {}, []
    fused = program.fused is not None
    for node, trace in zip(reversed(network.nodes), reversed(traces), strict=True):
        if node.index < network.first_learning:
            break  # nothing at or below this layer learns
        dz = dh if fused else node.layer.activation.backward(dh, trace.z, trace.h, xp)
        fused = False  # only the output layer's activation is part of the loss
        params = network.params_of(node, weights)
        need_dx = node.index > network.first_learning
        dh, own = node.layer.backward(params, trace.cache, dz, xp, need_dx)
        if node.trainable:
            grads.update(
                {key: own[name] for name, key in network.params[node.index] if name in own}
            )
        deltas.append(dz)
    return grads, deltas


def add_penalties(network: Network, weights: Weights, grads: Weights, xp: Any = np) -> Array:
    """Add the regularizers' gradients to ``grads`` and return their sum of values."""
    total = 0.0
    for key in network.regularized:
        regularizer = network.specs[key].regularizer
        assert regularizer is not None
        total = total + regularizer.value(weights[key], xp)
        grads[key] = grads[key] + regularizer.gradient(weights[key], xp)
    return total


def next_states(
    network: Network, weights: Weights, traces: Sequence[Trace], xp: Any = np
) -> Weights:
    """New values of the weights that follow the data (running means), by key."""
    changed = {}
    for node in network.stateful:
        params = network.params_of(node, weights)
        new = node.layer.next_state(params, traces[node.index].cache, xp)
        changed.update({f"{node.name}/{name}": value for name, value in new.items()})
    return changed
