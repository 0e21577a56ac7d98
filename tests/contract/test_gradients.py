"""Every layer, activation and loss, on every engine: the step's gradients are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.cases import ACTIVATIONS, LAYERS, LOSSES, LayerCase
from contract.running import (
    gradients_by_differences,
    gradients_by_step,
    rows,
    skip_unless_supported,
)
from neurona import layers
from oracle import relative_error

TOLERANCE = 1e-6
SGD = nn.optimizers.SGD(learning_rate=1.0)
N = 7
# Step functions: their derivative is 0 wherever it exists, so no gradient passes.
FLAT = {"Step", "Sign", "ZeroOne"}


def test_every_layer_has_a_case() -> None:
    missing = set(layers.registry) - {type(case.make()) for case in LAYERS} - {layers.Input}
    assert not missing


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_layer(case: LayerCase, engine: str) -> None:
    model = nn.Sequential(
        [
            layers.Input(shape=case.shape),
            layers.Dense(case.shape[-1], activation="tanh"),  # so that ∂E/∂x is needed
            case.make(),
            *([layers.Flatten()] if len(case.make().output_shape(case.shape)) > 1 else []),
            layers.Dense(2),
        ],
        seed=3,
        dtype="float64",
    )
    model.compile(optimizer=SGD, loss="mse", engine=engine)
    skip_unless_supported(engine, model)
    x, y = rows((N, *case.shape)), rows((N, 2), 1)
    expected = gradients_by_differences(model, x, y)
    found = gradients_by_step(model, x, y)
    assert expected.keys() == found.keys()
    for key in expected:
        assert relative_error(found[key], expected[key]) < TOLERANCE, key


@pytest.mark.parametrize("cls", ACTIVATIONS, ids=lambda cls: cls.__name__)
def test_activation(cls: Any, engine: str) -> None:
    net = [layers.Input(shape=(3,)), layers.Dense(4, activation=cls()), layers.Dense(2)]
    model = nn.Sequential(net, seed=5, dtype="float64")
    model.compile(optimizer=SGD, loss="mse", engine=engine)
    skip_unless_supported(engine, model)
    x, y = rows((N, 3)), rows((N, 2), 1)
    expected = gradients_by_differences(model, x, y)
    found = gradients_by_step(model, x, y)
    for key in expected:
        assert relative_error(found[key], expected[key]) < TOLERANCE, key
    flat = not found["dense/kernel"].any()
    assert flat == (cls.__name__ in FLAT)


def targets(loss: Any, k: int) -> Any:
    """Labels that the loss takes, for k outputs."""
    if loss.classes or loss.takes == "distribution":
        return np.eye(k)[np.arange(N) % k]
    if loss.takes == "probabilities":
        return (np.arange(N * k) % 2).reshape(N, k)
    return np.abs(rows((N, k), 2))


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("activation", ["linear", "sigmoid", "softmax"])
@pytest.mark.parametrize("cls", LOSSES, ids=lambda cls: cls.__name__)
def test_loss(cls: Any, activation: str, weighted: bool, engine: str) -> None:
    loss = cls()
    # Some losses take the logarithm of the output: keep it positive.
    kernel = nn.initializers.RandomUniform(0.1, 0.9, seed=1)
    dense = layers.Dense(3, activation=activation, kernel_initializer=kernel)
    model = nn.Sequential([layers.Input(shape=(3,)), dense], seed=2, dtype="float64")
    model.compile(optimizer=SGD, loss=loss, engine=engine)
    try:
        skip_unless_supported(engine, model)
        x = np.abs(rows((N, 3)))
        y = targets(loss, 3)
        found = gradients_by_step(model, x, y, w := weights(weighted))
    except nn.errors.ArgumentError:
        assert loss.takes != "values"  # pre-flight refuses the pair, and says so
        return
    fresh = nn.Sequential.from_config(model.get_config())
    fresh.compile(optimizer=SGD, loss=loss)
    expected = gradients_by_differences(fresh, x, y, w)
    for key in expected:
        assert relative_error(found[key], expected[key]) < TOLERANCE, key


def weights(weighted: bool) -> Any:
    return np.arange(N) / 3.0 if weighted else None


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("form", ["indices", "column", "one_hot"])
def test_labels_in_every_form_give_one_gradient(form: str, k: int, engine: str) -> None:
    labels = np.arange(N) % max(k, 2)
    y: Any = {
        "indices": labels,
        "column": labels[:, None],
        "one_hot": np.eye(k)[labels] if k > 1 else labels[:, None],
    }[form]
    activation, loss = ("softmax", "categorical_crossentropy") if k > 1 else ("sigmoid", "bce")
    net = [layers.Input(shape=(3,)), layers.Dense(k, activation=activation)]
    model = nn.Sequential(net, seed=2, dtype="float64")
    model.compile(optimizer=SGD, loss=loss, engine=engine)
    x = rows((N, 3))
    expected = gradients_by_differences(model, x, y)
    found = gradients_by_step(model, x, y)
    for key in expected:
        assert relative_error(found[key], expected[key]) < TOLERANCE, key
