"""The numbers behind the curves, each against a second way to get them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurona import Sequential, activations, datasets, layers, losses, metrics, plots
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    NonFiniteError,
    NotBuiltError,
    ShapeError,
    UnknownNameError,
)
from neurona.optimizers import SGD, Adam
from neurona.plots import surfaces

# Activations and losses


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "gelu", "arctan"])
def test_activation_curves_and_their_slopes(name: str) -> None:
    curves = plots.activation_functions_data([name], -3, 3)
    np.testing.assert_array_equal(curves.values[0], activations.get(name)(curves.x))
    np.testing.assert_allclose(
        curves.slopes[0][1:-1], np.gradient(curves.values[0], curves.x)[1:-1], atol=1e-3
    )
    assert (curves.x[0], curves.x[-1]) == (-3, 3)


def test_several_activations_keep_their_order_and_arguments() -> None:
    curves = plots.activation_functions_data(["relu", activations.ELU(alpha=0.5)])
    assert curves.names == ("ReLU", "ELU(alpha=0.5)")
    assert curves.values[1, 0] == pytest.approx(0.5 * np.expm1(-4.0))


@pytest.mark.parametrize(
    ("name", "y", "p", "value", "slope"),
    [
        ("hinge", 1.0, -3.0, 4.0, -1.0),
        ("perceptron", 1.0, -3.0, 3.0, -1.0),
        ("logistic", 1.0, -3.0, np.log1p(np.exp(3.0)), -1 / (1 + np.exp(-3.0))),
        ("mse", 1.0, 3.0, 4.0, 4.0),
        ("mse", 0.0, 3.0, 9.0, 6.0),
        ("binary_crossentropy", 1.0, 0.01, -np.log(0.01), -100.0),
        ("categorical_crossentropy", 1.0, 0.01, -np.log(0.01), -100.0),
        ("sparse_categorical_crossentropy", 1.0, 0.01, -np.log(0.01), -100.0),
        ("kl_divergence", 1.0, 0.01, -np.log(0.01), -100.0),
        ("categorical_hinge", 1.0, -3.0, 4.0, -1.0),
        ("max_margin", 1.0, -3.0, 4.0, -1.0),
    ],
)
def test_loss_curves_at_a_point(name: str, y: float, p: float, value: float, slope: float) -> None:
    curves = plots.loss_functions_data([name], y=y)
    at = int(np.abs(curves.x - p).argmin())
    assert curves.x[at] == pytest.approx(p)
    assert curves.values[0, at] == pytest.approx(value, rel=1e-4)
    assert curves.slopes[0, at] == pytest.approx(slope, rel=1e-4)


def test_every_loss_can_be_drawn() -> None:
    for loss in losses.registry:
        curves = plots.loss_functions_data(loss)
        values, slopes = curves.values[0], curves.slopes[0]
        assert np.isfinite(values).sum() > 100, loss
        measured = np.gradient(values, curves.x)
        # Corners and jumps aside, the drawn slope is that of the drawn curve.
        close = np.isclose(slopes, measured, rtol=0.05, atol=0.02)
        assert close[np.isfinite(values)].mean() > 0.97, loss


def test_scores_and_probabilities_are_not_mixed() -> None:
    with pytest.raises(ArgumentError, match="BinaryCrossentropy: probabilities, Hinge: any value"):
        plots.loss_functions_data(["binary_crossentropy", "hinge"])
    logits = losses.BinaryCrossentropy(from_logits=True)
    both = plots.loss_functions_data([logits, "logistic"])
    np.testing.assert_allclose(both.values[0], both.values[1], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plots.activation_functions_data("softmax"), ArgumentError, "not elementwise"),
        (lambda: plots.activation_functions_data([]), ArgumentError, "functions is empty"),
        (
            lambda: plots.activation_functions_data("tanh", 2, 1),
            ArgumentError,
            "high must be above",
        ),
        (lambda: plots.activation_functions_data("rleu"), UnknownNameError, "relu"),
        (lambda: plots.loss_functions_data("mse", y=np.nan), ArgumentError, "y must be"),
    ],
)
def test_functions_that_cannot_be_drawn(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# Learning curves


def test_learning_curves_say_what_was_measured_when() -> None:
    x, y = datasets.xor(80, seed=1)
    model = Sequential([layers.Dense(3, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x, y, epochs=6, validation_split=0.25, evaluate_training=True, verbose=0, initial_epoch=2
    )
    curves = plots.learning_curves_data(history)
    running, training, validation = curves.panels["loss"]
    assert [c.label for c in curves.panels["loss"]] == [
        "running mean",
        "training set",
        "validation set",
    ]
    assert running.epochs.tolist() == [2.5, 3.5, 4.5, 5.5]  # the middle of each epoch
    assert validation.epochs.tolist() == training.epochs.tolist() == [3, 4, 5, 6]
    assert running.values.tolist() == history.history["loss"]
    assert validation.values.tolist() == history.history["val_loss"]
    epoch, best = curves.best["loss"]
    assert best == min(history.history["val_loss"])
    assert epoch == 3 + history.history["val_loss"].index(best)
    assert curves.best["accuracy"][1] == max(history.history["val_accuracy"])


def test_learning_curves_of_a_dict_leave_matrices_out() -> None:
    found = {"loss": [2.0, 1.0], "confusion_matrix": [np.eye(2)] * 2, "val_odd": [1.0, np.nan]}
    curves = plots.learning_curves_data(found)
    assert list(curves.panels) == ["loss", "odd"]
    assert curves.panels["loss"][0].label == "loss"
    assert curves.best == {}  # nobody knows which way "odd" is better
    assert list(plots.learning_curves_data(found, "odd").panels) == ["odd"]


@pytest.mark.parametrize(
    ("history", "measures", "error", "message"),
    [
        ({}, None, ArgumentError, "no epochs"),
        ([1.0], None, ArgumentTypeError, "what fit returned"),
        ({"loss": [1.0]}, ["los"], ArgumentError, "Did you mean 'loss'"),
    ],
)
def test_histories_without_curves(
    history: Any, measures: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plots.learning_curves_data(history, measures)


# ROC, precision and recall, reliability

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 8), st.integers(0, 3)), min_size=2, max_size=40
).filter(lambda rows: {truth for truth, _, weight in rows if weight} == {True, False})


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_curves_are_those_of_every_threshold(rows: list[tuple[bool, int, int]]) -> None:
    y, p, w = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    roc = plots.roc_curve_data(y, p, sample_weight=w)
    pr = plots.precision_recall_curve_data(y, p, sample_weight=w)
    assert roc.thresholds[1:].tolist() == pr.thresholds.tolist() == sorted(set(p[w > 0]))[::-1]
    for i, threshold in enumerate(pr.thresholds):
        said = p >= threshold
        tp, fp = float((w * y * said).sum()), float((w * (1 - y) * said).sum())
        assert roc.recall[i + 1] == pr.recall[i] == pytest.approx(tp / (w * y).sum())
        assert roc.false_positive_rate[i + 1] == pytest.approx(fp / (w * (1 - y)).sum())
        assert pr.precision[i] == pytest.approx(tp / (tp + fp))
    exact = metrics.AUC(num_thresholds=None)
    assert roc.area == pytest.approx(exact(y, p, sample_weight=w))
    average = metrics.AUC(num_thresholds=None, curve="PR")
    assert pr.average_precision == pytest.approx(average(y, p, sample_weight=w))
    assert pr.positives == pytest.approx((w * y).sum() / w.sum())


def test_the_area_is_the_chance_of_the_right_order() -> None:
    random = np.random.default_rng(1)
    y, p = random.integers(0, 2, 80), random.integers(0, 20, 80)
    wins = [np.sign(a - b) * 0.5 + 0.5 for a in p[y == 1] for b in p[y == 0]]
    assert plots.roc_curve_data(y, p).area == pytest.approx(np.mean(wins))


def test_curves_take_labels_and_scores_in_any_usual_form() -> None:
    y, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    wanted = plots.roc_curve_data(y, p)
    two = np.stack([1 - p, p], axis=1)
    for labels, scores in (
        (y.tolist(), p[:, None]),
        (2 * y - 1, p),
        (y == 1, p),
        (y[:, None], two),
        (np.eye(2)[y], two),
    ):
        found = plots.roc_curve_data(labels, scores)
        np.testing.assert_array_equal(found.recall, wanted.recall)
        np.testing.assert_array_equal(found.false_positive_rate, wanted.false_positive_rate)


@pytest.mark.parametrize(
    ("y", "p", "error", "message"),
    [
        ([1, 1], [0.1, 0.2], DataError, "one class alone"),
        ([0, 2], [0.1, 0.2], DataError, "neither 0 nor 1"),
        ([0, 1, 1], [0.1, 0.2], ShapeError, r"\(3,\).*\(2,"),
        ([0, 1], [0.1, np.nan], NonFiniteError, "row 1"),
        ([0, 1], np.eye(2, 3), ShapeError, r"y == c and p\[:, c\]"),
    ],
)
def test_what_no_curve_can_be_made_of(y: Any, p: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plots.roc_curve_data(y, p)


def test_reliability_bin_by_bin() -> None:
    random = np.random.default_rng(3)
    p = random.uniform(size=400)
    y = random.uniform(size=400) < p
    found = plots.reliability_diagram_data(y, p, bins=5)
    for i in range(5):
        inside = (p >= i / 5) & (p < (i + 1) / 5)
        assert found.counts[i] == inside.sum()
        assert found.predicted[i] == pytest.approx(p[inside].mean())
        assert found.observed[i] == pytest.approx(y[inside].mean())
    gaps = found.counts * np.abs(found.observed - found.predicted)
    assert found.calibration_error == pytest.approx(gaps.sum() / 400)
    assert found.brier == pytest.approx(((p - y) ** 2).mean())


def test_reliability_of_many_classes_is_of_the_estimated_one() -> None:
    p = [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]]
    found = plots.reliability_diagram_data([0, 2, 2], p, bins=2)
    assert found.classes
    assert found.counts.tolist() == [1, 2]
    assert found.observed.tolist() == [1.0, 0.5]
    assert found.predicted.tolist() == pytest.approx([0.4, 0.75])


def test_reliability_at_the_very_ends_and_of_no_probabilities() -> None:
    found = plots.reliability_diagram_data([0, 1], [0.0, 1.0], bins=4)
    assert found.counts.tolist() == [1, 0, 0, 1]
    assert np.isnan(found.observed[1])
    assert found.calibration_error == 0.0
    for p in ([0, 1], [-0.5, 1.5]):
        with pytest.raises(ArgumentError, match="probabilities"):
            plots.reliability_diagram_data([0, 1], p)


# Regression


def test_regression_fit_is_the_model_along_one_feature() -> None:
    x = np.array([[0.0, 10.0], [2.0, 30.0]])
    found = plots.regression_fit_data(lambda rows: rows[:, 0] + rows[:, 1], x, [1.0, 2.0])
    np.testing.assert_allclose(found.fit, found.line + 20.0)  # the other feature at its mean
    assert found.others
    assert found.line[0] == pytest.approx(-0.1)
    at = plots.regression_fit_data(lambda rows: rows, x, x, feature=1, output=1, at=[7, 0])
    np.testing.assert_allclose(at.fit, at.line)
    assert at.y.tolist() == [10.0, 30.0]


def test_residuals_and_what_sums_them_up() -> None:
    y, p = np.array([1.0, 2.0, 4.0]), np.array([[1.5], [2.0], [3.0]])
    found = plots.residuals_data(y, p)
    assert found.residual.tolist() == [-0.5, 0.0, 1.0]
    assert found.rmse == pytest.approx(metrics.RootMeanSquaredError()(y, p))
    assert found.r2 == pytest.approx(metrics.R2Score()(y, p))
    assert found.bias == pytest.approx(0.5 / 3)
    assert np.isnan(plots.residuals_data([1, 1], [1, 2]).r2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plots.residuals_data([1.0], [[1.0, 2.0]]), ShapeError, "one output at a time"),
        (lambda: plots.residuals_data([1.0], [np.inf]), NonFiniteError, "Row 0"),
        (lambda: plots.regression_fit_data(3, [1.0], [1.0]), ArgumentTypeError, "function of rows"),
        (
            lambda: plots.regression_fit_data(lambda rows: rows * np.nan, [1.0, 2.0], [1.0, 2.0]),
            NonFiniteError,
            "along the feature",
        ),
        (lambda: plots.regression_fit_data(abs, [1.0], [1.0], at=[1, 2]), ShapeError, "at must be"),
        (lambda: plots.regression_fit_data(abs, [1.0, 2.0], [1.0]), ShapeError, "a row for each"),
    ],
)
def test_regressions_that_cannot_be_drawn(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# Optimizers and learning rates


def test_optimizer_paths_follow_the_formula() -> None:
    found = plots.optimizer_paths_data(
        "valley", {"plain": SGD(0.3), "heavy": SGD(0.1, momentum=0.9)}, start=(-9, 2.5), steps=4
    )
    steps = np.arange(5)
    plain = np.stack([-9 * (1 - 0.3 * 0.1) ** steps, 2.5 * (1 - 0.3 * 2.0) ** steps], axis=1)
    np.testing.assert_allclose(found.paths["plain"], plain, rtol=1e-6)
    w, v = np.array([-9.0, 2.5]), np.zeros(2)
    for point in found.paths["heavy"]:
        np.testing.assert_allclose(point, w, rtol=1e-6)
        v = 0.9 * v - 0.1 * np.array([0.1 * w[0], 2 * w[1]])
        w = w + v
    np.testing.assert_allclose(
        found.losses["plain"], 0.05 * plain[:, 0] ** 2 + plain[:, 1] ** 2, rtol=1e-5
    )


def test_a_path_that_diverges_ends_out_there() -> None:
    found = plots.optimizer_paths_data("rosenbrock", [SGD(1.0)], steps=50)
    (path,) = found.paths.values()
    assert len(path) < 51
    assert np.isfinite(path).all()


@pytest.mark.parametrize("name", sorted(plots.SURFACES))
def test_surfaces_are_lowest_where_they_say(name: str) -> None:
    surface = plots.SURFACES[name]
    for minimum in surface.minima:
        assert np.abs(surface.gradient(np.array(minimum))).max() < 1e-4
        for angle in np.linspace(0, 6, 7):
            near = np.array(minimum) + 0.05 * np.array([np.cos(angle), np.sin(angle)])
            assert surface.value(*near) > surface.value(*np.array(minimum))


def test_a_surface_of_your_own() -> None:
    bowl = plots.Surface("bowl", lambda a, b: a**2 + b**2, (-1, 1), (-1, 1), (0.5, 0.5))
    assert surfaces.surface_of(bowl) is bowl
    assert plots.optimizer_paths_data(bowl, "adam", steps=3).paths["Adam"].shape == (4, 2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("valey",), UnknownNameError, "Did you mean 'valley'"),
        ((3,), ArgumentTypeError, "plots.Surface"),
        (("valley", []), ArgumentError, "no optimizer"),
        (("valley", None, [1.0]), ShapeError, "start must be two numbers"),
        (("valley", None, None, 0), ArgumentError, "steps"),
    ],
)
def test_wrong_walks(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plots.optimizer_paths_data(*arguments)


def test_descent_on_the_parabola_is_a_geometric_series() -> None:
    small, exact, large = plots.descent_data((0.1, 0.5, 1.1), start=2.0, steps=5).walks
    np.testing.assert_allclose(small.w, 2.0 * 0.8 ** np.arange(6), rtol=1e-6)
    np.testing.assert_allclose(exact.w[1:], 0.0, atol=1e-8)
    np.testing.assert_allclose(large.w, 2.0 * (-1.2) ** np.arange(6), rtol=1e-6)
    assert [walk.diverged for walk in (small, exact, large)] == [False, False, True]


def test_descent_off_the_curve() -> None:
    (walk,) = plots.descent_data((5.0,), lambda w: w**4, steps=40).walks
    assert walk.diverged
    assert np.isfinite(walk.w).all()
    with pytest.raises(NonFiniteError, match="at start=-1"):
        plots.descent_data((1.0,), lambda w: w * np.nan, start=-1)


def test_learning_rates_train_copies_from_the_same_weights() -> None:
    x, y = datasets.plane(100)
    model = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    model.compile(SGD(0.5, momentum=0.5), "mse")
    weights = [w.copy() for w in model.get_weights()]
    found = plots.learning_rates_data(model, x, y, (1e-4, 0.01, 50.0), epochs=4)
    assert [run.rate for run in found.runs] == [1e-4, 0.01, 50.0]
    assert [run.verdict for run in found.runs] == ["too small", "right", "too large"]
    assert {float(run.losses[0]) for run in found.runs} == {model.evaluate(x, y)}
    assert len(found.runs[1].losses) == 5
    assert not np.isfinite(found.runs[2].losses[-1]) or found.runs[2].losses[-1] > 10
    for before, after in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    alone = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    alone.compile(SGD(0.01, momentum=0.5), "mse")
    alone.fit(x, y, epochs=4, verbose=0)
    assert found.runs[1].losses[-1] == pytest.approx(alone.evaluate(x, y), rel=1e-6)


def test_learning_rates_that_never_help_are_never_right() -> None:
    x, y = datasets.plane(50)
    model = Sequential([layers.Dense(1, input_shape=(2,))], seed=1)
    model.compile(Adam(), "mse")
    found = plots.learning_rates_data(model, x, y, (500.0, 900.0), epochs=2)
    assert {run.verdict for run in found.runs} == {"too large"}
    with pytest.raises(NotBuiltError, match="not compiled"):
        plots.learning_rates_data(Sequential([layers.Dense(1)]), x, y)


# Results of a search

TRIALS = [
    {"units": units, "rate": rate, "activation": activation, "seed": 1, "loss": loss}
    for units, rate, activation, loss in [
        (4, 0.001, "tanh", 0.5),
        (8, 0.1, "relu", 0.2),
        (16, 1.0, "tanh", 0.9),
    ]
]


def test_a_search_shows_what_was_varied() -> None:
    found = plots.search_results_data(TRIALS, "loss", lower_is_better=True)
    assert list(found.settings) == ["units", "rate", "activation"]
    assert found.best == 1
    assert found.settings["activation"].names == ("tanh", "relu")
    assert found.settings["activation"].places.tolist() == [0, 1, 0]
    assert found.settings["rate"].logarithmic
    assert not found.settings["units"].logarithmic
    assert plots.search_results_data(TRIALS, "loss").best == 2


@pytest.mark.parametrize(
    ("results", "error", "words"),
    [
        ([], ArgumentError, "no trial"),
        ([3], ArgumentTypeError, "must map names"),
        ([{"a": 1}], ArgumentError, "'score'"),
        ([{"a": 1, "score": "x"}], ArgumentTypeError, "must be a number"),
        ([{"a": 1, "score": 1.0}, {"b": 1, "score": 1.0}], ArgumentError, r"results\[1\]"),
        ([{"a": 1, "score": 1.0}, {"a": 1, "score": 2.0}], ArgumentError, "0 of 1"),
        ([{"a": 1, "score": float("nan")}], NonFiniteError, "nan"),
    ],
)
def test_results_that_cannot_be_drawn(results: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        plots.search_results_data(results)
