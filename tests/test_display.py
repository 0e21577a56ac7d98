"""What notebooks and prompts show of models, layers and histories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.callbacks import History
from neurona.display.numbers import figure, latex_figure, places, some
from notebook_html import shown

EVIL = "<script>alert(1)</script>\"'&"


def classifier(**layer: Any) -> nn.Sequential:
    net = [layers.Input(shape=(4,)), layers.Dense(3, "relu", **layer), layers.Dense(2, "softmax")]
    return nn.Sequential(net, name="iris", seed=1)


def test_a_model_in_a_line() -> None:
    model = classifier()
    assert repr(model) == (
        "<Sequential 'iris': 4 → Dense 3 relu → Dense 2 softmax, 23 parameters, not compiled>"
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(np.zeros((2, 4)), [0, 1])
    assert repr(model).endswith("SparseCategoricalCrossentropy(), Adam(), 1 steps taken>")
    assert repr(nn.Sequential(name="empty")) == (
        "<Sequential 'empty': no layers, not built, not compiled>"
    )
    deep = nn.Sequential([layers.Dense(2, name=f"d{i}") for i in range(30)])
    assert "… 22 more …" in repr(deep)


def test_showing_a_model_makes_no_weights() -> None:
    model = classifier()
    repr(model), model._repr_html_()
    assert model._state is None


@pytest.mark.parametrize("built", [True, False])
def test_a_model_in_a_notebook(built: bool) -> None:
    model = classifier() if built else nn.Sequential([layers.Dense(3, "relu")], name="iris")
    text = shown(model)
    assert "iris" in text
    assert "Dense(units=3" in text
    assert ("15 parameters" in text) == built


def test_a_layer_in_a_notebook() -> None:
    model = classifier()
    text = shown(model.layers[0])
    assert "kernel" in text
    assert "4 × 3" in text
    assert "no weights" in shown(layers.Dropout(0.5))
    model.layers[0].trainable = False
    assert "frozen" in shown(model.layers[0])
    model.add(layers.Dropout(0.5))
    assert "no weights" in shown(model.layers[-1])


def test_a_history_in_a_notebook() -> None:
    model = classifier()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 2
    history = model.fit(x, y, epochs=4, validation_split=0.2, verbose=0)
    html = history._repr_html_()
    text = shown(html)
    for name in ("loss", "accuracy", "val_loss", "val_accuracy", "4 epochs"):
        assert name in text
    assert html.count("<path") == 4
    assert "nothing was measured" in shown(History())


def test_a_history_with_gaps() -> None:
    record = History()
    for epoch, value in enumerate([1.0, float("nan"), 0.5, float("inf"), 0.25, 0.25]):
        record.on_epoch_end(epoch, {"loss": value, EVIL: 1.0, "words": "not a number"})
    html = record._repr_html_()
    assert "0.25 (epoch 5)" in shown(html)
    assert html.count("M") >= 3
    assert "nan" not in html.split("<path", 1)[1].split("/>")[0]


def test_names_run_no_script() -> None:
    model = nn.Sequential(
        [layers.Input(shape=(2,)), layers.Dense(2, name=EVIL.replace("/", ""))],
        name=EVIL,
        dtype="float64",
    )
    model.compile("sgd", "mse", engine="numpy")
    step = model.explain_step([[1.0, 2.0]], [[0.0, 1.0]])
    layer = model.layers[0]
    name = str(layer.name)
    for thing in (model, layer, step, step.why(f"{name}.kernel", 0, 0), step.check()):
        assert EVIL.replace("/", "")[:8] in shown(thing)
    for text in (step.to_markdown(), step.to_latex()):
        assert "<script>" not in text


@pytest.mark.parametrize("most", [2, 3, 5, 10])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 11, 1000])
def test_some_of_a_long_list(count: int, most: int) -> None:
    found = some(count, most)
    assert found == sorted(set(range(count)))[: len(found)] or None in found
    assert len(found) <= max(most, 3)
    assert [i for i in found if i is not None][:1] == list(range(min(count, 1)))
    assert found[-1:] == ([count - 1] if count else [])
    assert places((count,), most) == [None if i is None else (i,) for i in found]


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, -2e-9, 3e300, float("nan"), float("inf")])
def test_figures_read_back(value: float) -> None:
    np.testing.assert_equal(float(figure(value, 17)), value + 0.0)
    assert "e" not in latex_figure(value).replace(r"\times", "").replace(r"\infty", "")
