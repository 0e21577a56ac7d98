"""What all pictures have in common: data first, axes in and out, themes that leave no trace."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from neurona import Sequential, datasets, layers, perceptron, plots
from neurona.errors import ArgumentError, ArgumentTypeError, MissingExtraError
from neurona.plots import themes
from neurona.plots.canvas import canvas

matplotlib = pytest.importorskip("matplotlib")
plt = pytest.importorskip("matplotlib.pyplot")

X, Y = datasets.xor(60, seed=1)
SCORES = np.linspace(0.01, 0.99, 60)
IMAGES, DIGITS = (a[:60] for a in datasets.digits.load_data()[0])


def small_model() -> Sequential:
    model = Sequential([layers.Dense(3, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.build((2,))
    return model


def trained() -> dict[str, Any]:
    """Everything that some picture needs."""
    model, path, statistics = small_model(), plots.WeightPath(), plots.LayerStatistics(X, Y)
    history = model.fit(
        X, Y, epochs=4, validation_split=0.2, callbacks=[path, statistics], verbose=0
    )
    reader = Sequential([layers.Flatten(input_shape=(8, 8)), layers.Dense(4), layers.Dense(10)])
    return {
        "model": model,
        "path": path,
        "statistics": statistics,
        "history": history,
        "reader": reader,
        "neuron": perceptron.Perceptron().fit([[0, 0], [0, 1], [1, 1]], [0, 0, 1]),
    }


GIVEN = trained()
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "activation_flow": (GIVEN["model"], X[0]),
    "activation_functions": (["relu", "tanh"],),
    "confusion_matrix": (Y, SCORES),
    "decision_boundary": (GIVEN["model"], X, Y),
    "descent": (),
    "hidden_neurons": (GIVEN["model"], X, Y),
    "layer_health": (GIVEN["statistics"],),
    "learning_curves": (GIVEN["history"],),
    "learning_rates": (GIVEN["model"], X, Y, (0.01, 0.1), 2),
    "loss_functions": (["mse", "mae"],),
    "loss_landscape": (GIVEN["model"], X, Y, GIVEN["path"], "auto", None, 4),
    "misclassified": (IMAGES, DIGITS, (DIGITS + DIGITS % 2) % 10),
    "neuron_weights": (GIVEN["reader"],),
    "optimizer_paths": ("saddle",),
    "perceptron_path": (GIVEN["neuron"], [[0, 0], [0, 1], [1, 1]], [0, 0, 1]),
    "precision_recall_curve": (Y, SCORES),
    "regression_fit": (lambda rows: rows.sum(axis=1), X, SCORES),
    "reliability_diagram": (Y, SCORES),
    "residuals": (SCORES, SCORES**2),
    "roc_curve": (Y, SCORES),
    "scatter_matrix": (datasets.iris.load(),),
    "search_results": ([{"units": u, "rate": r, "score": u * r} for u in (2, 4) for r in (1, 9)],),
}
PICTURES = sorted(ARGUMENTS)


def draw(name: str, **settings: Any) -> Any:
    return getattr(plots, name)(*ARGUMENTS[name], **settings)


def first(axes: Any) -> Any:
    return axes[0] if isinstance(axes, list) else axes


def test_every_picture_is_tested_here() -> None:
    functions = {name for name in plots.__all__ if inspect.isfunction(getattr(plots, name))}
    pictures = {name for name in functions if not name.endswith("_data")}
    assert pictures - {"animate", "plot_model"} == set(PICTURES)
    assert functions - pictures == {f"{name}_data" for name in PICTURES}


@pytest.mark.parametrize("name", PICTURES)
def test_the_data_come_without_matplotlib(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [m for m in sys.modules if m.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    data = getattr(plots, f"{name}_data")(*ARGUMENTS[name])
    with pytest.raises(MissingExtraError, match=r"pip install 'neurona\[plots\]'"):
        data.plot()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_themes_reach_every_letter_and_leave_no_trace(name: str, theme: str) -> None:
    before = dict(matplotlib.rcParams)
    figure = first(draw(name, theme=theme)).figure
    assert dict(matplotlib.rcParams) == before
    paper = themes.get(theme).paper
    assert matplotlib.colors.to_hex(figure.get_facecolor()) == paper
    figure.canvas.draw()  # ticks are made only now
    for ax in figure.axes:
        names = [ax.title, ax.xaxis.label, ax.yaxis.label]
        for text in [*names, *ax.get_xticklabels(), *ax.get_yticklabels()]:
            if text.get_text() and text.get_visible() and ax.axison:
                assert contrast(text.get_color(), paper) > 7, text


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_go_into_axes_that_are_given(name: str) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 6), layout="constrained")
    before = left.get_position().bounds
    axes = draw(name, ax=right)
    found = axes if isinstance(axes, list) else [axes]
    assert all(ax.figure is figure for ax in found)
    assert isinstance(axes, list) or axes is right
    assert plt.get_fignums() == [figure.number]  # no other figure was made
    assert left.get_position().bounds == before
    figure.canvas.draw()  # warns if anything leaves no room
    assert all(ax.get_position().x0 > 0.4 for ax in found)


def test_panels_go_into_axes_outside_a_grid() -> None:
    figure = plt.figure()
    ax = figure.add_axes((0.5, 0.5, 0.4, 0.4))
    panels = plots.residuals(SCORES, SCORES**2, ax=ax)
    assert [panel.get_position().x0 >= 0.5 - 1e-9 for panel in panels] == [True] * 3
    assert [panel.get_position().y1 <= 0.9 + 1e-9 for panel in panels] == [True] * 3


@pytest.mark.parametrize("theme", [None, "dark"])
def test_data_can_be_drawn_again_and_again(theme: str | None) -> None:
    data = plots.roc_curve_data(Y, SCORES)
    one, two = data.plot(theme=theme), data.plot(theme=theme)
    assert one is not two
    lines = [ax.get_lines()[1].get_xydata() for ax in (one, two)]
    np.testing.assert_array_equal(*lines)


def test_without_a_theme_the_background_decides() -> None:
    with plt.style.context("dark_background"):
        assert first(draw("roc_curve")).get_facecolor()[:3] == pytest.approx(
            themes.rgb(themes.DARK.paper)
        )
    _, ax = plt.subplots()
    ax.set_facecolor("#101010")
    plots.roc_curve(Y, SCORES, ax=ax)
    assert matplotlib.colors.to_hex(ax.get_lines()[1].get_color()) == themes.DARK.colours[0]
    assert matplotlib.colors.to_hex(ax.get_facecolor()) == "#101010"  # the user's: left alone


def test_settings_come_back_after_an_error() -> None:
    before = dict(matplotlib.rcParams)

    def fail() -> None:
        with canvas(None, "dark"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"theme": "neon"}, ArgumentError, "theme must be one of 'light', 'dark', got 'neon'"),
        ({"ax": "left"}, ArgumentTypeError, "ax must be matplotlib axes.*got str"),
        ({"ax": []}, ArgumentTypeError, "got list"),
    ],
)
def test_wrong_axes_and_themes(settings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        draw("roc_curve", **settings)


def test_every_error_of_a_picture_comes_before_a_figure() -> None:
    with pytest.raises(ArgumentError):
        plots.activation_functions(["softmax"])
    assert plt.get_fignums() == []


# Colours


def linear(colour: Any) -> Any:
    value = np.array(matplotlib.colors.to_rgb(colour))
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: Any, two: Any) -> float:
    """The contrast ratio of WCAG 2.1; 7 is its strictest level for text."""
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, two))
    return (high + 0.05) / (low + 0.05)


# What is seen without long- or medium-wave cones, in linear RGB: Viénot, Brettel & Mollon 1999.
PROTANOPIA = [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]
DEUTERANOPIA = [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("seen", [np.eye(3), PROTANOPIA, DEUTERANOPIA], ids=["all", "p", "d"])
def test_the_first_colours_can_be_told_apart(theme: str, seen: Any) -> None:
    def perceived(colour: str) -> Any:
        return np.cbrt(np.clip(np.array(seen) @ linear(colour), 0, 1))

    chosen = themes.get(theme)
    for one, two in combinations([chosen.paper, *chosen.colours[:4]], 2):
        assert np.linalg.norm(perceived(one) - perceived(two)) > 0.2, (one, two)
    negative, positive = perceived(chosen.negative), perceived(chosen.positive)
    assert np.linalg.norm(negative - positive) > 0.3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_from_paper(theme: str) -> None:
    chosen = themes.get(theme)
    assert contrast(chosen.ink, chosen.paper) > 12
    for colour in (*chosen.colours[:3], chosen.quiet, chosen.negative, chosen.positive):
        assert contrast(colour, chosen.paper) > 3, colour  # WCAG 2.1 for graphics


def test_no_two_of_many_classes_look_alike() -> None:
    looks = {(themes.LIGHT.colour(i), themes.LIGHT.marker(i)) for i in range(42)}
    assert len(looks) == 42


def test_blending_goes_from_paper_to_the_colour() -> None:
    assert themes.LIGHT.blend("#0072b2", 0.0) == themes.rgb("#ffffff")
    assert themes.LIGHT.blend("#0072b2", 1.0) == pytest.approx(themes.rgb("#0072b2"))


# Pictures are made by functions that users find and can read about


@pytest.mark.parametrize("name", PICTURES)
def test_signatures_are_alike(name: str) -> None:
    picture: Callable[..., Any] = getattr(plots, name)
    data: Callable[..., Any] = getattr(plots, f"{name}_data")
    parameters = inspect.signature(picture).parameters
    assert list(parameters) == [*inspect.signature(data).parameters, "ax", "theme"]
    assert parameters["theme"].kind is inspect.Parameter.KEYWORD_ONLY
    for own, shared in inspect.signature(data).parameters.items():
        assert parameters[own].default is shared.default or (
            parameters[own].default == shared.default
        )
    for function in (picture, data):
        assert ">>> " in (function.__doc__ or "")
        assert "Args:" in (function.__doc__ or "")
