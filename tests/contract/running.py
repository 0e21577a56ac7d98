"""What the contract tests do with a model: read its gradients off one step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import backprop
from neurona.engines import ENGINES
from neurona.network import Program, Weights
from oracle import numerical_gradient


def rows(shape: tuple[int, ...], seed: int = 0) -> Any:
    """Numbers away from the kinks of activations and losses."""
    x = np.random.default_rng(seed).normal(size=shape)
    return np.where(np.abs(x) < 0.05, 0.1, x)


def program(model: nn.Sequential) -> Program:
    return Program(model.network, model.loss, model.optimizer, model.seed, model.dtype)


def skip_unless_supported(engine: str, model: nn.Sequential) -> None:
    """Skip a case that the engine says it cannot run; its reason names the layer."""
    reason = ENGINES[engine].why_not(program(model))
    if reason:
        pytest.skip(f"the {engine} engine says: {reason}")


def gradients_by_step(model: nn.Sequential, x: Any, y: Any, weight: Any = None) -> Weights:
    """The gradients that a step took: with SGD at rate 1, ``w_before − w_after``."""
    before = dict(model.state.weights)
    model.train_on_batch(x, y, sample_weight=weight)
    after = model.state.weights
    return {key: before[key] - after[key] for key in model.network.trainable}


def gradients_by_differences(model: nn.Sequential, x: Any, y: Any, weight: Any = None) -> Weights:
    """The gradients of the loss by central differences, in float64."""
    plan = program(model)
    weights = {key: w.astype(np.float64) for key, w in model.state.weights.items()}
    x64 = np.asarray(x, dtype=np.float64)
    targets = nn.data.targets.align(np.asarray(y), plan)

    def loss_with(key: str, w: Any) -> float:
        changed = {**weights, key: w}
        last = backprop.forward(plan.network, changed, x64, True, plan.seed, 0)[-1]
        value, _ = backprop.loss_gradient(plan, last, targets, weight)
        return float(value + backprop.add_penalties(plan.network, changed, dict(changed)))

    return {
        key: numerical_gradient(lambda w, key=key: loss_with(key, w), weights[key])  # type: ignore[misc]
        for key in plan.network.trainable
    }
