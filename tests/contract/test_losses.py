"""Every loss with its settings, on every engine: the textbook engine's values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.running import gradients_by_step, rows, skip_unless_supported
from neurona import layers, losses
from neurona.losses import Loss
from oracle import relative_error

N, K = 9, 5
SGD = nn.optimizers.SGD(learning_rate=1.0)

# By name: the loss, made anew each time, and the activation below it.
LOSSES: dict[str, tuple[Callable[[], Loss], str]] = {
    "bce_smooth": (lambda: losses.BinaryCrossentropy(label_smoothing=0.2), "sigmoid"),
    "bce_logits": (lambda: losses.BinaryCrossentropy(from_logits=True), "linear"),
    "cce_smooth": (lambda: losses.CategoricalCrossentropy(label_smoothing=0.2), "softmax"),
    "cce_logits": (lambda: losses.CategoricalCrossentropy(from_logits=True), "linear"),
    "mse_sparsemax": (lambda: losses.MeanSquaredError(), "sparsemax"),
    "huber": (lambda: losses.Huber(delta=0.3), "linear"),
    "hinge": (lambda: losses.Hinge(margin=0.5), "linear"),
    "max_margin": (lambda: losses.MaxMargin(margin=0.2), "linear"),
    "max_margin_0": (lambda: losses.MaxMargin(margin=0.0), "linear"),
    "categorical_hinge": (lambda: losses.CategoricalHinge(), "tanh"),
    "cosine": (lambda: losses.CosineSimilarity(), "linear"),
    "focal": (lambda: losses.BinaryFocalCrossentropy(), "sigmoid"),
    "focal_balanced": (
        lambda: losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.3, gamma=1.5),
        "sigmoid",
    ),
    "focal_logits": (
        lambda: losses.BinaryFocalCrossentropy(gamma=1.0, from_logits=True, label_smoothing=0.1),
        "linear",
    ),
    "focal_0": (lambda: losses.BinaryFocalCrossentropy(gamma=0.0), "sigmoid"),
    "focal_half": (lambda: losses.BinaryFocalCrossentropy(gamma=0.5), "sigmoid"),
    "categorical_focal": (lambda: losses.CategoricalFocalCrossentropy(), "softmax"),
    "categorical_focal_smooth": (
        lambda: losses.CategoricalFocalCrossentropy(gamma=3.0, label_smoothing=0.2),
        "softmax",
    ),
    "categorical_focal_weights": (
        lambda: losses.CategoricalFocalCrossentropy(alpha=(0.1, 0.2, 0.3, 0.4, 0.5), gamma=0.7),
        "softmax",
    ),
    "categorical_focal_logits": (
        lambda: losses.CategoricalFocalCrossentropy(gamma=2.5, from_logits=True),
        "linear",
    ),
    "categorical_focal_logits_weights": (
        lambda: losses.CategoricalFocalCrossentropy(
            alpha=(0.1, 0.2, 0.3, 0.4, 0.5), gamma=0.0, from_logits=True, label_smoothing=0.1
        ),
        "linear",
    ),
    "reduction_sum": (lambda: losses.MaxMargin(reduction="sum"), "linear"),
    "reduction_n": (lambda: losses.CosineSimilarity(reduction="sum_over_batch_size"), "linear"),
}


def compiled(name: str, engine: str, dtype: str = "float64") -> nn.Sequential:
    make, activation = LOSSES[name]
    net = [layers.Input(shape=(4,)), layers.Dense(6, "tanh"), layers.Dense(K, activation)]
    model = nn.Sequential(net, seed=2, dtype=dtype)
    model.compile(SGD, make(), engine=engine)
    return model


def labels(name: str) -> Any:
    if LOSSES[name][0]().classes:
        return np.arange(N) % K
    if LOSSES[name][0]().takes == "probabilities":
        return (np.arange(N * K) % 3 == 0).reshape(N, K).astype(float)
    return rows((N, K), 1)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("name", LOSSES)
def test_values_and_gradients(name: str, weighted: bool, engine: str) -> None:
    model, textbook = compiled(name, engine), compiled(name, "numpy")
    skip_unless_supported(engine, model)
    x, y = rows((N, 4)), labels(name)
    weight = np.arange(N) / 3.0 if weighted else None
    value = textbook.evaluate(x, y, sample_weight=weight)
    assert compiled(name, engine).train_on_batch(x, y, weight) == pytest.approx(value, rel=1e-9)
    assert compiled(name, engine).evaluate(x, y, sample_weight=weight) == pytest.approx(value)
    found, expected = (gradients_by_step(m, x, y, weight) for m in (model, textbook))
    for key in expected:
        assert relative_error(found[key], expected[key]) < 1e-9, key


@pytest.mark.parametrize("name", LOSSES)
def test_float32(name: str, engine: str) -> None:
    model, exact = compiled(name, engine, "float32"), compiled(name, "numpy")
    skip_unless_supported(engine, model)
    x, y = rows((N, 4)), labels(name)
    found, expected = (gradients_by_step(m, x, y) for m in (model, exact))
    for key in expected:
        assert relative_error(found[key], expected[key]) < 2e-4, key


@pytest.mark.parametrize("name", ["max_margin", "categorical_hinge", "cosine", "mse_sparsemax"])
def test_a_prediction_that_is_no_number_is_noticed(name: str, engine: str) -> None:
    model = compiled(name, engine)
    skip_unless_supported(engine, model)
    x = rows((N, 4))
    x[3, 1] = np.nan
    before = model.get_weights()
    with pytest.raises(nn.errors.NonFiniteError):
        model.train_on_batch(x, labels(name))
    for w, old in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(w, old)
