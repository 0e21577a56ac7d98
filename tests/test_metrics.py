"""Metrics: values of Keras and scikit-learn, exact sums over batches, and clear errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurona import losses, metrics
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    NonFiniteError,
    ShapeError,
    UnknownNameError,
)
from neurona.metrics import Metric, registry
from neurona.part import from_config, to_config

REFERENCE = json.loads(Path(__file__).with_name("reference").joinpath("metrics.json").read_text())
DATA = {name: [np.array(a) for a in pair] for name, pair in REFERENCE["data"].items()}
WEIGHT = np.array(REFERENCE["sample_weight"])

# Every registered metric, and the kind of data it is for.
CASES: list[tuple[Metric, str]] = [
    (metrics.BinaryAccuracy(), "binary"),
    (metrics.BinaryAccuracy(threshold=0.3), "labels"),
    (metrics.CategoricalAccuracy(), "classes"),
    (metrics.SparseCategoricalAccuracy(), "classes"),
    (metrics.TopKCategoricalAccuracy(k=2), "classes"),
    (metrics.SparseTopKCategoricalAccuracy(k=3), "classes"),
    (metrics.Accuracy(), "classes"),
    (metrics.Precision(), "binary"),
    (metrics.Precision([0.2, 0.6]), "labels"),
    (metrics.Precision(average="weighted"), "classes"),
    (metrics.Recall(class_id=1), "labels"),
    (metrics.Recall(average="macro", thresholds=0.4), "classes"),
    (metrics.FBetaScore(beta=2.0), "classes"),
    (metrics.F1Score(average=None), "classes"),
    (metrics.F1Score(average="micro", threshold=0.4), "labels"),
    (metrics.AUC(), "binary"),
    (metrics.AUC(num_thresholds=50, curve="PR", multi_label=True), "labels"),
    (metrics.AUC(num_thresholds=None), "binary"),
    (metrics.AUC(num_thresholds=None, curve="PR", multi_label=True), "classes"),
    (metrics.ConfusionMatrix(), "classes"),
    (metrics.ConfusionMatrix(), "binary"),
    (metrics.MeanSquaredError(), "numbers"),
    (metrics.RootMeanSquaredError(), "numbers"),
    (metrics.MeanAbsoluteError(), "numbers"),
    (metrics.MeanAbsolutePercentageError(), "numbers"),
    (metrics.R2Score(), "numbers"),
    (metrics.R2Score(class_aggregation="variance_weighted_average"), "numbers"),
    (metrics.BinaryCrossentropy(label_smoothing=0.1), "binary"),
    (metrics.CategoricalCrossentropy(), "classes"),
    (metrics.SparseCategoricalCrossentropy(), "classes"),
    (metrics.MeanLoss("huber"), "numbers"),
]


def whole(metric: Metric, y: Any, p: Any, w: Any = None) -> Any:
    return metric.result(metric.update(metric.start(), y, p, w))


def build(name: str, arguments: dict[str, Any]) -> Metric:
    metric = getattr(metrics, name)(**arguments)
    assert isinstance(metric, Metric)
    return metric


def test_the_cases_cover_the_registry() -> None:
    assert {type(metric) for metric, _ in CASES} == set(registry)


@pytest.mark.parametrize("row", REFERENCE["keras"], ids=str)
def test_values_are_those_of_keras(row: Any) -> None:
    name, arguments, kind, weighted, expected = row
    y, p = DATA[kind]
    result = whole(build(name, arguments), y, p, WEIGHT if weighted else None)
    np.testing.assert_allclose(result, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("row", REFERENCE["sklearn"], ids=str)
def test_values_are_those_of_scikit_learn(row: Any) -> None:
    name, arguments, kind, weighted, expected = row
    y, p = DATA[kind]
    result = whole(build(name, arguments), y, p, WEIGHT if weighted else None)
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@settings(deadline=None, max_examples=20)
@given(
    cuts=st.lists(st.integers(0, 40), max_size=5),
    weighted=st.booleans(),
    case=st.sampled_from(CASES),
)
def test_batches_give_the_result_of_the_whole(
    cuts: list[int], weighted: bool, case: tuple[Metric, str]
) -> None:
    metric, kind = case
    y, p = DATA[kind]
    weight = WEIGHT if weighted else np.ones(len(y), int)
    state = metric.start()
    for rows in np.split(np.arange(len(y)), sorted(cuts)):
        w = weight[rows] if weighted else None
        state = metric.update(state, y[rows], p[rows], w)
    expected = whole(metric, y, p, weight if weighted else None)
    np.testing.assert_allclose(metric.result(state), expected, rtol=1e-12)


@pytest.mark.parametrize(("metric", "kind"), CASES, ids=str)
def test_a_weight_of_k_counts_as_k_copies(metric: Metric, kind: str) -> None:
    y, p = DATA[kind]
    copies = whole(metric, y.repeat(WEIGHT, axis=0), p.repeat(WEIGHT, axis=0))
    np.testing.assert_allclose(whole(metric, y, p, WEIGHT), copies, rtol=1e-12)


@pytest.mark.parametrize(("metric", "kind"), CASES, ids=str)
def test_an_update_changes_neither_state_nor_data(metric: Metric, kind: str) -> None:
    y, p = (a.copy() for a in DATA[kind])
    first = metric.update(metric.start(), y, p)
    before = np.array(metric.result(first))
    metric.update(first, y[:7], p[:7], WEIGHT[:7])
    np.testing.assert_array_equal(metric.result(first), before)
    np.testing.assert_array_equal(y, DATA[kind][0])
    np.testing.assert_array_equal(p, DATA[kind][1])


@pytest.mark.parametrize(("metric", "kind"), CASES, ids=str)
def test_nothing_seen_is_zero(metric: Metric, kind: str) -> None:
    assert np.all(np.asarray(metric.result(metric.start())) == 0.0)
    y, p = DATA[kind]
    nothing = whole(metric, y, p, np.zeros(len(y)))
    assert np.all(np.asarray(nothing) == 0.0)


@pytest.mark.parametrize(("metric", "kind"), CASES, ids=str)
def test_the_configuration_builds_an_equal_metric(metric: Metric, kind: str) -> None:
    twin = from_config(json.loads(json.dumps(to_config(metric))))
    assert isinstance(twin, type(metric))
    assert (twin.name, repr(twin)) == (metric.name, repr(metric))
    np.testing.assert_array_equal(whole(twin, *DATA[kind]), whole(metric, *DATA[kind]))


@pytest.mark.parametrize(
    "metric", [m for m, kind in CASES if kind == "classes" and type(m) is not metrics.Accuracy]
)
def test_class_indices_mean_the_same_as_one_hot_rows(metric: Metric) -> None:
    y, p = DATA["classes"]
    indices = y.argmax(axis=1)
    for labels in (indices, indices[:, None], indices.astype(np.float32)):
        np.testing.assert_array_equal(whole(metric, labels, p), whole(metric, y, p))


def test_one_output_may_be_a_column_or_not() -> None:
    y, p = DATA["binary"]
    for metric in (metrics.BinaryAccuracy(), metrics.AUC(), metrics.MeanSquaredError()):
        results = {metric(a, b) for a in (y, y[:, 0]) for b in (p, p[:, 0])}
        assert len(results) == 1


def test_outputs_with_more_axes_share_their_samples_weight() -> None:
    y, p = DATA["classes"]
    deep = (y.reshape(10, 4, 4), p.reshape(10, 4, 4))
    w = WEIGHT[:10]
    for metric in (metrics.CategoricalAccuracy(), metrics.F1Score(), metrics.ConfusionMatrix()):
        expected = whole(metric, y, p, w.repeat(4))
        np.testing.assert_allclose(whole(metric, *deep, w), expected, rtol=1e-12)


# --- single metrics --------------------------------------------------------------------


def test_top_k_counts_a_tie_for_the_model() -> None:
    p = [[0.5, 0.5, 0.0]]
    assert metrics.TopKCategoricalAccuracy(k=1)([1], p) == 1.0
    assert metrics.TopKCategoricalAccuracy(k=1)([2], p) == 0.0


def test_labels_of_minus_one_mean_no() -> None:
    y, p = np.array([-1, 1, -1, 1]), np.array([-0.5, 0.5, 0.5, -0.5])
    assert metrics.BinaryAccuracy(threshold=0.0)(y, p) == 0.5
    assert metrics.Precision(thresholds=0.0)(y, p) == 0.5
    assert metrics.AUC(num_thresholds=None)(y, p) == 0.5


@settings(deadline=None)
@given(
    scores=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=30),
    seed=st.integers(0, 99),
)
def test_exact_auc_is_the_share_of_pairs_in_order(scores: list[float], seed: int) -> None:
    p = np.array(scores)
    y = np.random.default_rng(seed).integers(0, 2, len(p))
    above, below = p[y == 1][:, None], p[y == 0]
    pairs = (above > below) + 0.5 * (above == below)
    expected = pairs.mean() if pairs.size else 0.0
    assert metrics.AUC(num_thresholds=None)(y, p) == pytest.approx(expected)


def test_auc_of_scores_goes_through_the_sigmoid() -> None:
    y, p = DATA["binary"]
    p = np.clip(p, 0.01, 0.99)
    logits = np.log(p / (1 - p))
    assert metrics.AUC(from_logits=True)(y, logits) == pytest.approx(metrics.AUC()(y, p), abs=1e-3)
    assert metrics.AUC(from_logits=True)([0, 1], [-1e4, 1e4]) == 1.0
    with pytest.raises(DataError, match=r"not in \[0, 1\]"):
        metrics.AUC()(y, logits)


def test_r2_is_exact_far_from_zero_and_for_constant_labels() -> None:
    y = np.random.default_rng(0).normal(size=200)
    p = y + 0.5
    far = 1e8
    expected = 1.0 - 0.25 / y.var()
    state = metrics.R2Score().start()
    for i in range(0, 200, 7):
        state = metrics.R2Score().update(state, y[i : i + 7] + far, p[i : i + 7] + far)
    assert metrics.R2Score().result(state) == pytest.approx(expected, rel=1e-6)
    assert metrics.R2Score()(np.full(7, 0.1), np.full(7, 0.1)) == 1.0
    assert metrics.R2Score()(np.full(7, 0.1), np.full(7, 0.2)) == 0.0


def test_confusion_matrix_counts_in_whole_numbers_unless_weighted() -> None:
    y, p = DATA["classes"]
    counts = metrics.ConfusionMatrix()(y, p)
    assert counts.dtype == np.int64
    assert counts.sum() == len(y)
    assert np.trace(counts) / len(y) == metrics.CategoricalAccuracy()(y, p)
    assert metrics.ConfusionMatrix()(y, p, WEIGHT).dtype == np.float64


def test_mean_loss_is_the_loss_itself() -> None:
    y, p = DATA["numbers"]
    for loss in (losses.Huber(0.5), losses.MeanSquaredLogarithmicError(), losses.LogCosh()):
        y, p = np.abs(y), np.abs(p)
        assert metrics.MeanLoss(loss)(y, p, WEIGHT) == pytest.approx(loss(y, p, WEIGHT))


# --- choosing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "outputs", "kind", "threshold"),
    [
        ("binary_crossentropy", 1, metrics.BinaryAccuracy, 0.5),
        ("mse", 1, metrics.BinaryAccuracy, 0.5),
        (losses.BinaryCrossentropy(from_logits=True), 1, metrics.BinaryAccuracy, 0.0),
        ("hinge", 1, metrics.BinaryAccuracy, 0.0),
        ("binary_crossentropy", 3, metrics.BinaryAccuracy, 0.5),
        ("categorical_crossentropy", 3, metrics.CategoricalAccuracy, None),
        ("sparse_categorical_crossentropy", 3, metrics.SparseCategoricalAccuracy, None),
        ("mse", 3, metrics.CategoricalAccuracy, None),
        (None, 3, metrics.CategoricalAccuracy, None),
        ("mse", None, metrics.Accuracy, None),
    ],
)
def test_accuracy_is_the_one_that_suits_the_model(
    loss: Any, outputs: int | None, kind: type[Metric], threshold: float | None
) -> None:
    for name in ("accuracy", "acc"):
        metric = metrics.get(name, loss, outputs)
        assert type(metric) is kind
        assert metric.name == name
        assert getattr(metric, "threshold", None) == threshold


def test_metrics_are_found_by_name_class_loss_and_configuration() -> None:
    assert isinstance(metrics.get("mse"), metrics.MeanSquaredError)
    assert isinstance(metrics.get("f1_score"), metrics.F1Score)
    assert isinstance(metrics.get(metrics.AUC), metrics.AUC)
    assert metrics.get("huber").name == "huber"
    huber = metrics.get(losses.Huber(0.5))
    assert (type(huber), huber.name) == (metrics.MeanLoss, "huber")
    recall = metrics.get({"class_name": "Recall", "config": {"thresholds": 0.2}})
    assert repr(recall) == "Recall(thresholds=0.2, name='recall')"


def test_named_metrics_have_keys_of_their_own() -> None:
    shared = metrics.Precision()
    found = metrics.named({"hits": "accuracy", "precise": shared}, "mse", (1,))
    assert list(found) == ["hits", "precise"]
    assert shared.name == "precision"
    assert list(metrics.named(["acc", "mse"], "mse", (28, 1))) == ["acc", "mse"]
    for twice in (["mse", "mse"], [metrics.AUC(name="loss")]):
        with pytest.raises(ArgumentError, match="Two measures"):
            metrics.named(twice, "mse", (1,))


# --- errors ----------------------------------------------------------------------------

TWO, THREE = np.zeros(2), np.zeros((3, 1))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: metrics.MeanSquaredError()(TWO, THREE), ShapeError, r"\(2,\).*\(3, 1\)"),
        (lambda: metrics.MeanSquaredError()(TWO, np.zeros((2, 2))), ShapeError, "broadcast"),
        (lambda: metrics.R2Score()(np.zeros((2, 2)), TWO), ShapeError, "broadcast"),
        (lambda: metrics.BinaryAccuracy()([0], [[0.1, 0.2]]), ShapeError, "broadcast"),
        (lambda: metrics.MeanSquaredError()(1.0, 1.0), ShapeError, "single number"),
        (lambda: metrics.CategoricalAccuracy()([0, 1], [0.1, 0.9]), ShapeError, "BinaryAccuracy"),
        (lambda: metrics.CategoricalAccuracy()([0, 2], np.eye(2)), DataError, "row 1 is no class"),
        (lambda: metrics.CategoricalAccuracy()([0, 0.5], np.eye(2)), DataError, "0.5 in row 1"),
        (lambda: metrics.CategoricalAccuracy()([0, -1], np.eye(2)), DataError, "row 1"),
        (lambda: metrics.CategoricalAccuracy()([0], np.eye(2)), ShapeError, r"shape \(1,\)"),
        (lambda: metrics.CategoricalAccuracy()(["a", "b"], np.eye(2)), ArgumentTypeError, "dtype"),
        (lambda: metrics.Precision()([0, 2], [0.1, 0.9]), DataError, "label 2 in row 1"),
        (lambda: metrics.Precision()([0, 1], [0.1, np.nan]), NonFiniteError, "row 1 is NaN"),
        (lambda: metrics.AUC()([0, 1], [0.1, np.nan]), NonFiniteError, "row 1 is NaN"),
        (lambda: metrics.ConfusionMatrix()([0, 1], [0.1, np.nan]), NonFiniteError, "row 1"),
        (lambda: metrics.Recall(class_id=2)([0, 1], np.eye(2)), ArgumentError, "class_id"),
        (lambda: metrics.MeanSquaredError()(TWO, TWO, [1.0]), ShapeError, r"shape \(2,\)"),
        (lambda: metrics.MeanSquaredError()(TWO, TWO, [1.0, -1.0]), DataError, r"weight\[1\]"),
        (lambda: metrics.MeanSquaredError()(TWO, TWO, [np.nan, 1.0]), DataError, r"weight\[0\]"),
        (lambda: metrics.Precision(thresholds=[]), ArgumentError, "thresholds"),
        (lambda: metrics.Precision(class_id=1, average="macro"), ArgumentError, "class_id or"),
        (lambda: metrics.F1Score(average="mean"), ArgumentError, "'micro', 'macro'"),
        (lambda: metrics.AUC(num_thresholds=1), ArgumentError, "num_thresholds"),
        (lambda: metrics.AUC(curve="roc"), ArgumentError, "'ROC', 'PR'"),
        (lambda: metrics.TopKCategoricalAccuracy(k=0), ArgumentError, "k must"),
        (lambda: metrics.get("acuracy"), UnknownNameError, "accuracy"),
        (lambda: metrics.get(3), ArgumentTypeError, "metric"),
    ],
)
def test_errors_say_what_was_got_and_expected(
    call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "metric", [metrics.BinaryAccuracy(), metrics.MeanSquaredError(), metrics.R2Score()], ids=repr
)
def test_a_mean_with_a_nan_in_it_is_nan(metric: Metric) -> None:
    assert np.isnan(metric([0.0, 1.0], [0.0, np.nan]))
    assert np.isnan(metric([1.0, 1.0], [1.0, np.nan]))


def test_categorical_accuracy_of_nan_is_nan() -> None:
    p = np.array([[0.1, 0.9], [np.nan, 0.2]])
    for metric in (metrics.CategoricalAccuracy(), metrics.TopKCategoricalAccuracy(k=1)):
        assert np.isnan(metric([1, 0], p))
