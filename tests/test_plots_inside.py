"""A network from inside: weights, activations, layers' statistics and diagrams."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from neurona import Sequential, datasets, layers, models, plots
from neurona.blas import OneBlasThread
from neurona.callbacks import BackupAndRestore
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    NonFiniteError,
    NotBuiltError,
    ShapeError,
)
from neurona.optimizers import SGD
from neurona.plots.statistics import Pulse

X, Y = datasets.xor(120, seed=1)


def model_of(*activations: str, units: int = 6, seed: int = 1) -> Sequential:
    model = Sequential([layers.Dense(units, name) for name in activations], seed=seed)
    model.add(layers.Dense(1, "sigmoid"))
    model.compile("sgd", "binary_crossentropy")
    model.build((2,))
    return model


# Weights as images


def test_weights_in_the_shape_of_the_input() -> None:
    model = Sequential(
        [layers.Input(shape=(3, 4)), layers.Flatten(), layers.Dense(5, name="a"), layers.Dense(9)],
        seed=1,
    )
    found = plots.neuron_weights_data(model)
    kernel = model.get_layer("a").get_weights()[0]
    assert found.layer == "a"
    assert found.images.shape == (5, 3, 4)
    np.testing.assert_allclose(found.images[2], kernel[:, 2].reshape(3, 4), rtol=1e-6)
    chosen = plots.neuron_weights_data(model, neurons=[4, 0], image_shape=(2, 6))
    assert chosen.neurons == (4, 0)
    np.testing.assert_allclose(chosen.images[0].ravel(), kernel[:, 4], rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({}, ShapeError, "2 numbers make no square image"),
        ({"image_shape": (1, 3)}, ShapeError, "holds 3 numbers, not 2"),
        ({"neurons": [6], "image_shape": (1, 2)}, ArgumentError, "between 0 and 5"),
        ({"neurons": []}, ArgumentError, "neurons is empty"),
        ({"layer": "dence"}, ArgumentError, "Did you mean 'dense'"),
        ({"layer": 1.5}, ArgumentTypeError, "a name or an index"),
    ],
)
def test_weights_that_are_no_image(settings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plots.neuron_weights_data(model_of("tanh"), **settings)


# Activations of one input


def test_activations_flow_as_predicted() -> None:
    model = Sequential(seed=1)
    model.add(layers.Rescaling(0.5, input_shape=(2, 1)))
    model.add(layers.Flatten())
    model.add(layers.Dense(3, "relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(2))
    model.add(layers.Softmax())
    x = np.array([[3.0], [-1.0]])
    flow = plots.activation_flow_data(model, x, output_names=["no", "yes"])
    assert [s.name for s in flow.stages] == ["input", "dense", "dense_1", "softmax"]
    assert flow.output_names == ("no", "yes")
    np.testing.assert_allclose(flow.stages[-1].h, model.predict(x[None])[0], rtol=1e-6)
    hidden, output = flow.stages[1:3]
    kernel, bias = model.layers[2].get_weights()
    assert hidden.parts is not None
    assert output.parts is not None
    np.testing.assert_allclose(hidden.parts, 0.5 * x * kernel, rtol=1e-6)
    z = hidden.parts.sum(axis=0) + bias
    np.testing.assert_allclose(hidden.h, np.maximum(z, 0), rtol=1e-5)
    np.testing.assert_allclose(output.parts.sum(axis=0), output.h, rtol=1e-5)  # biases are 0


def test_one_input_only() -> None:
    model = model_of("tanh")
    one = plots.activation_flow_data(model, X[:1])
    np.testing.assert_array_equal(one.stages[0].h, X[0].astype(np.float64))
    with pytest.raises(ShapeError, match=r"give one input of shape \(2,\)"):
        plots.activation_flow_data(model, X[:3])
    with pytest.raises(ShapeError, match="class_names has 2 names"):
        plots.activation_flow_data(model, X[0], ["a", "b"])


def test_an_image_given_as_a_flat_row() -> None:
    model = model_of("tanh")
    flow = plots.activation_flow_data(model, X[0], image_shape=(1, 2))
    assert flow.stages[0].shape == (1, 2)
    with pytest.raises(ShapeError, match=r"image_shape=\(2, 2\)"):
        plots.activation_flow_data(model, X[0], image_shape=(2, 2))


def test_statistics_leave_the_cores_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """BLAS's threads go on waiting after a product, where the engine would train."""
    inside = []

    class Spy(OneBlasThread):
        def __enter__(self) -> None:
            super().__enter__()
            threads = [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]
            inside.append(set(threads) <= {1})

    monkeypatch.setattr("neurona.plots.statistics.OneBlasThread", Spy)
    statistics = plots.LayerStatistics(X, Y)
    model_of("tanh").fit(X, Y, epochs=2, callbacks=[statistics], verbose=0)
    assert inside == [True] * 3


def test_statistics_of_a_resumed_run_go_on(tmp_path: Path) -> None:
    def trained(epochs: int, folder: Path) -> plots.LayerStatistics:
        model, statistics = model_of("tanh"), plots.LayerStatistics(X, Y)
        backup = BackupAndRestore(folder, verbose=0)
        model.fit(X, Y, epochs=epochs, callbacks=[statistics, backup], verbose=0)
        return statistics

    trained(2, tmp_path / "a")
    resumed, whole = trained(5, tmp_path / "a"), trained(5, tmp_path / "b")
    assert resumed.epochs == whole.epochs == [0, 1, 2, 3, 4, 5]
    assert resumed.layers == whole.layers
    np.testing.assert_array_equal(resumed.series("weight_std"), whole.series("weight_std"))


@pytest.mark.parametrize("units", [5, 17, 64, 100])
def test_layers_of_every_size_are_drawn(units: int) -> None:
    pytest.importorskip("matplotlib")
    ax = plots.activation_flow(model_of("tanh", units=units), X[0])
    ax.figure.canvas.draw()
    assert len(ax.images) == (units > 16)
    if units > 16:
        shown = np.ma.masked_invalid(ax.images[0].get_array())
        assert shown.count() == units


# Statistics by layer


def test_statistics_are_those_of_training() -> None:
    model = model_of("tanh", "relu")
    statistics = plots.LayerStatistics(X, Y, rows=120)
    model.fit(X, Y, epochs=2, callbacks=[statistics], verbose=0)
    assert statistics.epochs == [0, 1, 2]
    last = statistics.records[-1]
    before = [w.copy() for w in model.get_weights()]
    rate = model.optimizer.rate(0)  # type: ignore[union-attr]
    hidden = np.tanh(X @ before[0] + before[1])
    model.train_on_batch(X, Y)
    after = model.get_weights()
    for i, pulse in enumerate(last):
        kernel, bias = before[2 * i : 2 * i + 2]
        both = np.concatenate([kernel.ravel(), bias])
        step = [(b - a) / rate for b, a in zip(before, after, strict=True)][2 * i : 2 * i + 2]
        gradient = np.concatenate([part.ravel() for part in step])
        assert pulse.weight_mean == pytest.approx(both.mean(), abs=1e-6)
        assert pulse.weight_std == pytest.approx(both.std(), rel=1e-5)
        assert pulse.weight_norm == pytest.approx(np.linalg.norm(both), rel=1e-5)
        # Differences of float32 weights hold few digits of the gradient.
        assert pulse.gradient_mean == pytest.approx(gradient.mean(), rel=0.02, abs=1e-5)
        assert pulse.gradient_std == pytest.approx(gradient.std(), rel=0.02)
        assert pulse.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=0.02)
        size = pulse.gradient_norm / np.sqrt(gradient.size)
        assert pulse.gradient_rms == pytest.approx(size)
    assert last[0].activation_mean == pytest.approx(hidden.mean(), abs=1e-6)
    assert last[0].activation_std == pytest.approx(hidden.std(), rel=1e-5)
    lengths = np.linalg.norm(hidden, axis=1)
    assert last[0].activation_norm == pytest.approx(lengths.mean(), rel=1e-5)
    assert last[0].saturated == pytest.approx((np.abs(hidden) > 0.9).mean(), abs=1e-6)


def test_training_is_the_same_with_and_without_statistics() -> None:
    ends = []
    for callbacks in ([], [plots.LayerStatistics(X, Y), plots.WeightPath()]):
        model = model_of("relu")
        model.fit(X, Y, epochs=3, callbacks=callbacks, verbose=0)
        ends.append(model.get_weights())
    for one, two in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, two)


def test_dead_and_saturated_neurons_are_found() -> None:
    model = model_of("relu", units=4)
    kernel = model.layers[0].get_weights()[0]
    model.layers[0].set_weights([kernel, np.array([-1e3, -1e3, 1e3, 0.0])])
    statistics = plots.LayerStatistics(X, Y)
    model.fit(X, Y, epochs=1, callbacks=[statistics], verbose=0)
    assert statistics.records[0][0].dead == 0.5
    assert np.isnan(statistics.records[0][0].saturated)  # ReLU has one bound
    assert "'dense': 50% of its neurons are dead" in plots.layer_health_data(statistics).findings
    model = model_of("tanh", units=4)
    model.layers[0].set_weights([np.zeros((2, 4)), np.array([9.0, -9.0, 9.0, 0.0])])
    statistics = plots.LayerStatistics(X, Y)
    model.fit(X, Y, epochs=1, batch_size=120, callbacks=[statistics], verbose=0)
    assert statistics.records[0][0].saturated == 0.75
    assert "'dense': 75% of its outputs are saturated" in (
        plots.layer_health_data(statistics).findings
    )


def test_vanishing_gradients_are_named() -> None:
    vanishing = plots.LayerStatistics(X, Y)
    model_of(*["sigmoid"] * 8).fit(X, Y, callbacks=[vanishing], verbose=0)
    found = plots.layer_health_data(vanishing)
    assert "gradients vanish: at the first layer" in found.findings[0]
    assert found.gradients[-1, 0] < 1e-3 * found.gradients[-1, -1]
    healthy = plots.LayerStatistics(0.3 * X, Y)
    model_of("tanh").fit(0.3 * X, Y, callbacks=[healthy], verbose=0)
    assert plots.layer_health_data(healthy).findings == ()


def test_exploding_gradients_are_named() -> None:
    model = Sequential([layers.Dense(1, "linear", input_shape=(2,)), layers.Dense(1)], seed=1)
    model.compile(SGD(0.5), "mse")
    model.layers[0].set_weights([np.full((2, 1), 1e-3), np.zeros(1)])
    model.layers[1].set_weights([np.full((1, 1), 1e3), np.zeros(1)])
    steep = plots.LayerStatistics(X, Y)
    with pytest.raises(NonFiniteError):
        model.fit(X, Y, epochs=50, batch_size=120, callbacks=[steep], verbose=0)
    first, last = steep.series("gradient_rms")[0]
    assert first > 1e3 * last
    steep.records = steep.records[:1]
    assert "at the first layer" in plots.layer_health_data(steep).findings[0]

    growing = plots.LayerStatistics(X, Y)
    line = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    line.compile(SGD(0.2), "mse")
    line.fit(X, Y, epochs=8, batch_size=120, callbacks=[growing], verbose=0)
    rise = np.divide(*growing.series("gradient_rms")[[-1, 0], 0])
    assert rise > 1e3
    (finding,) = plots.layer_health_data(growing).findings
    assert finding == f"gradients explode: {rise:,.0f} times as large as at the start"


def test_layers_without_weights_and_frozen_ones() -> None:
    model = Sequential(seed=1)
    model.add(layers.Dense(4, trainable=False, input_shape=(2,)))
    model.add(layers.LeakyReLU())
    model.add(layers.Dropout(0.3))
    model.add(layers.BatchNormalization())
    model.add(layers.Dense(3, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy")
    statistics = plots.LayerStatistics(X, Y, rows=30, every=2)
    with pytest.warns(UserWarning, match="class 2"):
        model.fit(X, Y, epochs=4, callbacks=[statistics], verbose=0)
    assert statistics.epochs == [0, 2, 4]
    assert statistics.layers == ("dense", "leaky_relu", "batch_normalization", "dense_1")
    frozen, activation, norm, last = statistics.records[-1]
    assert np.isnan(frozen.gradient_rms)
    assert np.isfinite(frozen.weight_std)
    assert np.isnan(activation.weight_std)
    assert np.isfinite([norm.gradient_rms, last.gradient_rms, activation.activation_std]).all()
    assert np.isnan(last.saturated)  # a softmax's outputs near 0 are as they should be
    pytest.importorskip("matplotlib")
    plots.layer_health(statistics)[0].figure.canvas.draw()


def test_what_statistics_refuse() -> None:
    statistics = plots.LayerStatistics(X, Y)
    with pytest.raises(ArgumentError, match="recorded nothing"):
        plots.layer_health_data(statistics)
    with pytest.raises(ArgumentTypeError, match=r"plots\.LayerStatistics"):
        plots.layer_health_data([1.0])  # type: ignore[arg-type]
    model_of("tanh").fit(X, Y, callbacks=[statistics], verbose=0)
    with pytest.raises(ArgumentError, match="another model"):
        model_of("tanh", "tanh").fit(X, Y, callbacks=[statistics], verbose=0)
    with pytest.raises(ArgumentError, match="'dead'"):
        statistics.series("death")
    assert statistics.series("dead").shape == (2, 2)
    assert set(Pulse.__dataclass_fields__) >= {"weight_mean", "gradient_std", "activation_norm"}


# Diagrams


def parsed(diagram: plots.ModelDiagram) -> Any:
    return ElementTree.fromstring(diagram.svg)


SVG = "{http://www.w3.org/2000/svg}"


def test_a_small_network_is_drawn_neuron_by_neuron() -> None:
    model = model_of("tanh", units=3)
    kernel = np.array([[1.0, -2.0, 0.0], [0.5, 0.0, 4.0]])
    model.layers[0].set_weights([kernel, np.array([0.5, -1.0, 0.0])])
    diagram = plots.plot_model(model, input_names=["x₁", "x₂"], output_names=["<risk>"])
    assert diagram.neurons
    root = parsed(diagram)
    lines = [p for p in root.iter(f"{SVG}path") if p.find(f"{SVG}title") is not None]
    assert len(lines) == 2 * 3 + 3 * 1
    by_title = {line.find(f"{SVG}title").text: line for line in lines}
    strong = by_title["input 1 → dense 2: 4"]
    negative = by_title["input 0 → dense 1: -2"]
    zero = by_title["input 1 → dense 1: 0"]
    widths = [float(line.get("stroke-width")) for line in (strong, negative, zero)]
    assert widths == sorted(widths, reverse=True)
    assert widths[1] - widths[2] == pytest.approx((widths[0] - widths[2]) / 2, abs=0.01)
    assert (strong.get("class"), negative.get("class")) == ("line-positive", "line-negative")
    hovers = {t.text for t in root.iter(f"{SVG}title")}
    assert {"dense 1, bias -1", "input 0"} <= hovers
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert {"x₁", "x₂", "<risk>", "dense", "Dense · Tanh", "9 parameters"} <= set(texts)
    assert root.get("aria-label") == "sequential: 2 → 3 → 1"


def test_a_large_network_is_a_stack_of_boxes() -> None:
    model = Sequential([layers.Input(shape=(28, 28)), layers.Flatten()], seed=1, name="digits & co")
    model.add(layers.Dense(64, "relu", name="a" * 60))
    model.add(layers.Dense(10, "softmax"))
    diagram = plots.plot_model(model)
    assert not diagram.neurons
    assert repr(diagram) == "<ModelDiagram of 784 → 784 → 64 → 10>"
    root = parsed(diagram)
    texts = [t.text for t in root.iter(f"{SVG}text")]
    assert {"28 × 28", "784", "50,240 parameters", "Dense · Softmax"} <= set(texts)
    assert max(map(len, texts)) <= 30
    bars = [float(r.get("width")) for r in root.iter(f"{SVG}rect") if r.get("class") == "bar"]
    assert bars[0] == bars[1] > bars[2] > bars[3]
    assert root.get("aria-label", "").startswith("digits & co")


def test_diagrams_make_no_request_and_keep_their_style_to_themselves() -> None:
    svg = plots.plot_model(model_of("tanh")).svg
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in svg
    assert "@import" not in svg
    style = svg[svg.index("<style>") + 7 : svg.index("</style>")]
    rules = re.sub(r"@media\([^)]*\)", "", style)
    for selector in re.findall(r"([^{}]+)\{", rules):
        assert selector.startswith(".neurona-diagram "), selector


def test_themes_of_diagrams() -> None:
    model = model_of("tanh")
    light, dark = (plots.plot_model(model, theme=t).svg for t in ("light", "dark"))
    auto = plots.plot_model(model).svg
    assert "#1b1b1f}" in dark.split("</style>")[0]
    assert "prefers-color-scheme" in auto
    assert "prefers-color-scheme" not in light + dark
    body = [text.split("</style>")[1] for text in (light, dark, auto)]
    assert body[0] == body[1] == body[2]


def test_diagrams_in_files_and_notebooks(tmp_path: Path) -> None:
    target = tmp_path / "net.svg"
    diagram = plots.plot_model(model_of("tanh"), target)
    assert target.read_text(encoding="utf-8") == diagram.svg == diagram._repr_svg_()
    with pytest.raises(ArgumentError, match=r"end in \.svg"):
        diagram.save(tmp_path / "net.png")


def test_diagrams_need_no_weights_and_no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    huge = Sequential([layers.Input(shape=(10**7,)), layers.Dense(10**7)])
    assert "100,000,010,000,000 parameters" in plots.plot_model(huge).svg
    plain = plots.plot_model(model_of("tanh"), show_weights=False)
    assert plain.columns[1].kernel is None
    assert 'class="soft"' in plain.svg


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"theme": "blue"}, ArgumentError, "theme"),
        ({"input_names": ["a"]}, ShapeError, "1 names, but there are 2"),
        ({"to_file": "net.jpg"}, ArgumentError, r"\.svg"),
    ],
)
def test_wrong_diagrams(settings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plots.plot_model(model_of("tanh"), **settings)


def test_networks_that_cannot_be_drawn() -> None:
    with pytest.raises(NotBuiltError):
        plots.plot_model(Sequential([layers.Dense(3)]))
    with pytest.raises(ArgumentError, match="would draw"):
        plots.plot_model(Sequential([layers.Dense(900, input_shape=(900,))]), neurons_drawn=True)
    with pytest.raises(ArgumentTypeError, match="Sequential"):
        plots.plot_model(plots)  # type: ignore[arg-type]


def test_a_loaded_model_is_drawn_alike(tmp_path: Path) -> None:
    model = model_of("tanh")
    model.save(tmp_path / "m.safetensors")
    again = models.load_model(tmp_path / "m.safetensors")
    assert plots.plot_model(again).svg == plots.plot_model(model).svg
