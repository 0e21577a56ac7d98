"""``step.check()`` finds wrong gradients, and is not fooled by corners, dtype or size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.running import rows
from neurona import layers
from neurona.errors import ArgumentError

X, Y = rows((7, 3)), rows((7, 2), 1)


def model_of(*net: Any, dtype: str = "float64") -> nn.Sequential:
    model = nn.Sequential([layers.Input(shape=(3,)), *net], seed=5, dtype=dtype)
    model.compile("sgd", "mse", engine="numpy")
    return model


def test_what_it_reports() -> None:
    report = model_of(layers.Dense(4, "tanh"), layers.Dense(2)).explain_step(X, Y).check()
    assert [w.key for w in report.weights] == [
        "dense/kernel",
        "dense/bias",
        "dense_1/kernel",
        "dense_1/bias",
    ]
    assert [w.entries for w in report.weights] == [w.checked for w in report.weights]
    assert report.largest == max(w.difference for w in report.weights) < 1e-9
    assert report.ok
    assert str(report).startswith("Gradients agree with finite differences")
    assert "dense_1/kernel" in repr(report)
    assert "<td" in report._repr_html_()


@pytest.mark.parametrize("error", [1.00001, 0.0, -1.0, float("nan")])
def test_a_wrong_gradient_is_found(error: float, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(layers.Dense(4, "tanh"), layers.Dense(2))
    step = model.explain_step(X, Y)
    right = layers.Dense.backward

    def wrong(self: Any, params: Any, cache: Any, dz: Any, *rest: Any) -> Any:
        dx, grads = right(self, params, cache, dz, *rest)
        grads["kernel"] = grads["kernel"].copy()
        grads["kernel"][1, 0] *= error
        return dx, grads

    monkeypatch.setattr(layers.Dense, "backward", wrong)
    report = step.check()
    assert not report.ok
    found = {w.key: w for w in report.weights}
    for key in ("dense/kernel", "dense_1/kernel"):
        assert found[key].difference > 1e-6
        assert found[key].index == (1, 0)
    assert found["dense/bias"].difference < 1e-9
    assert "DISAGREE" in str(report)


def test_it_computes_in_float64_whatever_the_dtype() -> None:
    report = (
        model_of(layers.Dense(4, "sigmoid"), layers.Dropout(0.3), layers.Dense(2), dtype="float32")
        .explain_step(X, Y)
        .check()
    )
    assert report.largest < 1e-9
    assert all(0.0 < w.rounding < 1e-5 for w in report.weights)


def test_a_corner_of_the_loss_is_no_mistake() -> None:
    """Rows of zeros and biases of 0 put every ReLU exactly on its corner."""
    model = model_of(layers.Dense(4, "relu"), layers.Dense(2))
    step = model.explain_step(np.zeros((1, 3)), Y[:1])
    assert not step["dense"].z.any()
    assert step.check().largest < 1e-6


def test_near_corners_a_smaller_step_is_taken() -> None:
    model = model_of(layers.Dense(4, "relu"), layers.Dense(2))
    weights = model.get_weights()
    weights[1][:] = -(X[0] @ weights[0]) + 3e-4  # the first row lies just above each corner
    model.set_weights(weights)
    step = model.explain_step(X, Y)
    np.testing.assert_allclose(step["dense"].z[0], 3e-4, rtol=1e-6)
    assert step.check().largest < 1e-6


def test_flat_networks_have_no_gradient_to_be_wrong() -> None:
    report = model_of(layers.Dense(4, "sign"), layers.Dense(2)).explain_step(X, Y).check()
    found = {w.key: w.difference for w in report.weights}
    assert found["dense/kernel"] < 1e-9  # the loss does not change at all: 0 but for rounding


def test_of_large_weights_some_entries_are_drawn() -> None:
    model = nn.Sequential([layers.Input(shape=(60,)), layers.Dense(2)], seed=1)
    model.compile("sgd", "mse", engine="numpy")
    step = model.explain_step(rows((3, 60)), rows((3, 2)))
    kernel, bias = step.check(entries=25).weights
    assert (kernel.checked, kernel.entries) == (25, 120)
    assert (bias.checked, bias.entries) == (2, 2)
    assert "25 of 120" in str(step.check(entries=25))
    assert step.check(entries=None).weights[0].checked == 120
    with pytest.raises(ArgumentError, match="entries must be"):
        step.check(entries=0)


def test_the_mnist_network_is_checked_in_seconds() -> None:
    net = [layers.Dense(64, "relu"), layers.Dense(64, "relu"), layers.Dense(10, "softmax")]
    model = nn.Sequential([layers.Input(shape=(784,)), *net], seed=1)
    model.compile("sgd", "categorical_crossentropy", engine="numpy")
    step = model.explain_step(np.abs(rows((2, 784))) / 3, [3, 7])
    assert step.check(entries=50).largest < 1e-6
