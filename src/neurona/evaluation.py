"""Predictions and measures of a model that is not being changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from neurona.backprop import add_penalties
from neurona.data.arrays import Array, Samples
from neurona.data.batches import Batches
from neurona.engines.engine import Engine
from neurona.losses.loss import Loss
from neurona.metrics.metric import Metric
from neurona.tally import Tally

BATCH_SIZE = 1024  # rows a forward pass: enough to be fast, few enough to stay in cache


def predict(engine: Engine, x: Array, batch_size: int | None = None) -> Array:
    """The outputs for all rows of x."""
    size = batch_size or BATCH_SIZE
    if len(x) <= size:
        return engine.forward(x)[1]
    outputs = [engine.forward(x[i : i + size])[1] for i in range(0, len(x), size)]
    return np.concatenate(outputs)


def evaluate(
    engine: Engine,
    sources: Iterable[Samples],
    metrics: Mapping[str, Metric],
    batch_size: int | None = None,
    between: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Loss and metrics over ``sources``, the regularizers' penalties included.

    ``between`` is called after every batch.
    """
    tally = Tally(metrics)
    loss = engine.program.loss
    assert loss is not None
    for batch in _batches(sources, batch_size or BATCH_SIZE):
        assert batch.y is not None
        z, h = engine.forward(batch.x)
        fused = engine.program.fused
        values = fused.values(batch.y, z, h) if fused else loss.values(batch.y, h)
        tally.add_loss(*_sums(loss, values, batch.sample_weight))
        tally.add_outputs(batch.y, h, batch.sample_weight)
        between()
    if loss.reduction == "sum":
        tally.count = 1.0
    results = tally.results()
    results["loss"] += penalty(engine)
    return results


def penalty(engine: Engine) -> float:
    """The regularizers' part of the loss."""
    network = engine.program.network
    if not network.regularized:
        return 0.0
    weights = engine.state.weights
    return float(
        add_penalties(network, weights, {key: weights[key] for key in network.regularized})
    )


def _batches(sources: Iterable[Samples], size: int) -> Iterator[Samples]:
    for samples in sources:
        batches = Batches(samples.x, samples.y, samples.sample_weight, size)
        for step in range(batches.steps):
            yield Samples(*batches.take(step, step + 1))


def _sums(loss: Loss, values: Array, weight: Array | None) -> tuple[float, float]:
    """Weighted sum of the samples' losses, and what it is divided by."""
    per_sample = values.reshape(len(values), -1).astype(np.float64)
    if loss.reduction != "sum":
        per_sample = per_sample.mean(axis=1, keepdims=True)
    w = np.ones(len(values)) if weight is None else weight
    total = float((per_sample.sum(axis=1) * w).sum())
    return total, float(w.sum()) if loss.reduction == "mean" else float(len(values))
