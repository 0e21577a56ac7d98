"""Losses: values, gradients, labels of every form, weights, and fused pairs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurona import activations, losses, part
from neurona.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError, UnknownNameError
from neurona.losses import Loss, fused, registry

REFERENCE = json.loads((Path(__file__).parent / "reference" / "losses.json").read_text())
N, K = 3, 4

# What each registered class compares: the kind of its labels, and of its predictions.
DOMAIN = {
    losses.MeanSquaredError: ("real", "real"),
    losses.HalfSquaredError: ("real", "real"),
    losses.ResidualSumOfSquares: ("real", "real"),
    losses.MeanAbsoluteError: ("real", "real"),
    losses.MeanAbsolutePercentageError: ("positive", "real"),
    losses.MeanSquaredLogarithmicError: ("positive", "positive"),
    losses.Huber: ("real", "real"),
    losses.LogCosh: ("real", "real"),
    losses.BinaryCrossentropy: ("unit", "unit"),
    losses.CategoricalCrossentropy: ("unit", "unit"),
    losses.SparseCategoricalCrossentropy: ("classes", "unit"),
    losses.BinaryFocalCrossentropy: ("unit", "unit"),
    losses.CategoricalFocalCrossentropy: ("unit", "unit"),
    losses.ZeroOne: ("signs", "real"),
    losses.Perceptron: ("signs", "real"),
    losses.Hinge: ("signs", "real"),
    losses.SquaredHinge: ("signs", "real"),
    losses.Logistic: ("signs", "real"),
    losses.CategoricalHinge: ("classes", "real"),
    losses.MaxMargin: ("classes", "real"),
    losses.KLDivergence: ("unit", "unit"),
    losses.Poisson: ("positive", "positive"),
    losses.CosineSimilarity: ("real", "real"),
}
VARIANTS = [
    losses.Huber(delta=0.3),
    losses.Hinge(margin=0.0),
    losses.SquaredHinge(margin=2.0),
    losses.MaxMargin(margin=0.5),
    losses.BinaryCrossentropy(label_smoothing=0.2),
    losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2),
    losses.CategoricalCrossentropy(label_smoothing=0.2),
    losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
    losses.SparseCategoricalCrossentropy(from_logits=True),
    losses.BinaryFocalCrossentropy(True, 0.3, 1.0, label_smoothing=0.1),
    losses.BinaryFocalCrossentropy(gamma=0.0),
    losses.BinaryFocalCrossentropy(gamma=0.5),
    losses.BinaryFocalCrossentropy(True, 0.3, 2.5, from_logits=True),
    losses.CategoricalFocalCrossentropy((0.5, 1.0, 2.0, 0.0), 1.0, label_smoothing=0.1),
    losses.CategoricalFocalCrossentropy(gamma=0.0),
    losses.CategoricalFocalCrossentropy(gamma=0.5),
    losses.CategoricalFocalCrossentropy((0.5, 1.0, 2.0, 0.0), 2.5, from_logits=True),
]
EVERY = [cls() for cls in registry] + VARIANTS
KINDS = {
    "real": arrays(np.float64, (N, K), elements=st.floats(-8, 8).map(lambda v: round(v, 3))),
    "positive": arrays(np.float64, (N, K), elements=st.floats(0.01, 20)),
    "unit": arrays(np.float64, (N, K), elements=st.floats(0.005, 0.995)),
    "signs": arrays(np.float64, (N, K), elements=st.sampled_from([-1.0, 1.0])),
    "classes": arrays(np.int64, (N,), elements=st.integers(0, K - 1)),
}
TRUTH = {
    "real": np.array([[0.3, -1.2, 2.0, 0.7], [1.1, 0.4, -0.6, 0.9], [-2.0, 0.1, 0.2, 1.5]]),
    "positive": np.array([[0.3, 1.2, 2.0, 0.7], [1.1, 0.4, 0.6, 0.9], [2.0, 0.1, 0.2, 1.5]]),
    "unit": np.array([[0.3, 0.1, 0.2, 0.4], [0.1, 0.4, 0.3, 0.2], [0.25, 0.6, 0.1, 0.05]]),
    "signs": np.array([[1.0, -1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0]]),
    "classes": np.array([2, 0, 3]),
}


def domain(loss: Loss) -> tuple[str, str]:
    labels, predictions = DOMAIN[type(loss)]
    return labels, "real" if getattr(loss, "from_logits", False) else predictions


def example(loss: Loss) -> tuple[Any, Any]:
    """Labels and predictions that suit the loss."""
    labels, predictions = domain(loss)
    return TRUTH[labels], np.roll(TRUTH[predictions], 1, axis=1)


def each(parts: list[Loss] = EVERY) -> Any:
    return pytest.mark.parametrize("loss", parts, ids=repr)


def one_sided(loss: Loss, y: Any, p: Any, eps: float) -> tuple[Any, Any]:
    """The differences of each sample's value to the left and right of each prediction."""
    left, right = np.empty_like(p), np.empty_like(p)
    here = loss.values(y, p)
    for k in range(p.shape[1]):  # samples do not see each other
        step = np.zeros_like(p)
        step[:, k] = eps
        left[:, k] = (here - loss.values(y, p - step)) / eps
        right[:, k] = (loss.values(y, p + step) - here) / eps
    return left, right


@each()
@settings(max_examples=20)
@given(st.data())
def test_gradient_is_that_of_the_values(loss: Loss, data: Any) -> None:
    y, p = (data.draw(KINDS[kind]) for kind in domain(loss))
    if isinstance(loss, losses.CosineSimilarity):
        p[:, 0] += np.sign(p[:, 0]) + (p[:, 0] == 0)  # away from 0, its one singular point
    left, right = one_sided(loss, y, p, 1e-6)
    gradient = loss.gradient(y, p)
    assert gradient.shape == p.shape
    scale = 1 + np.abs(left) + np.abs(right)
    smooth = np.abs(gradient - (left + right) / 2) <= 1e-6 * scale
    corner = np.abs(right - left) > 1e-2 * scale
    between = (np.minimum(left, right) - 1e-6 <= gradient) & (
        gradient <= np.maximum(left, right) + 1e-6
    )
    jump = isinstance(loss, losses.ZeroOne) & (np.abs(p) < 1e-5)
    assert (smooth | corner & between | jump).all()


@each([loss for loss in EVERY if domain(loss)[1] == "unit"])
@pytest.mark.parametrize(
    "row",
    [
        [0.0, 1e-9, 0.4, 0.6],
        [1.0, 1.0 - 1e-9, 0.4, 0.6],
        [0.0, 0.0, 1.0, 0.0],
        [1e-9, 1.0, 1e-8, 0.0],
        [0.0, -0.3, 0.5, 1.4],
    ],
)
def test_gradient_where_probabilities_are_clipped(loss: Loss, row: list[float]) -> None:
    y, p = np.array([2, 0, 3]), np.tile(row, (3, 1))
    if not loss.classes:
        y = np.eye(4)[y]
    left, right = one_sided(loss, y, p, 1e-10)
    gradient = loss.gradient(y, p)
    assert np.isfinite(gradient).all()
    slack = 1e-4 * (1 + np.abs(left))  # of the difference's rounding
    assert (np.minimum(left, right) - slack <= gradient).all()
    assert (gradient <= np.maximum(left, right) + slack).all()


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda c: f"{c['name']}{c['arguments']}")
def test_keras_agrees(case: dict[str, Any]) -> None:
    cls = getattr(losses, case["name"])
    y, p = (np.array(REFERENCE["arrays"][case[name]]) for name in ("y", "p"))
    weight = REFERENCE["sample_weight"]
    loss = cls(**case["arguments"])
    np.testing.assert_allclose(loss.values(y, p), case["values"], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(loss.gradient(y, p), case["gradient"], rtol=1e-5, atol=1e-6)
    for reduction in ("mean", "sum_over_batch_size", "sum"):
        reduced = cls(**case["arguments"], reduction=reduction)(y, p, weight)
        assert reduced == pytest.approx(case[reduction], rel=1e-6)


@each()
@pytest.mark.parametrize("labels", [np.float64, np.float32, None])
def test_predictions_decide_the_dtype(loss: Loss, labels: Any) -> None:
    y, p = example(loss)
    y = y.astype(labels) if labels else np.round(y).astype(np.int64)
    p = p.astype(np.float32)
    assert loss.values(y, p).dtype == np.float32
    assert loss.values(y, p).shape == (N,)
    assert loss.gradient(y, p).dtype == np.float32
    assert type(loss(y, p)) is float


@each([loss for loss in EVERY if domain(loss)[1] == "real"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_scores_stay_finite(loss: Loss, dtype: Any) -> None:
    p = np.array([[1e4, -1e4, 710.0, 0.0], [-1e4, 1e4, 89.0, -0.0], [0, 0, 0, 0]], dtype=dtype)
    y = example(loss)[0]
    for part_ in (loss.values(y, p), loss.gradient(y, p)):
        assert part_.dtype == dtype
        assert np.isfinite(part_).all()


@each()
def test_rows_of_a_sequence_count_as_samples(loss: Loss) -> None:
    y, p = example(loss)
    y3, p3 = (np.stack([a, a[::-1]], axis=1) for a in (y, p))  # (n, 2, k)
    values, gradient = loss.values(y3, p3), loss.gradient(y3, p3)
    np.testing.assert_allclose(values[:, 0], loss.values(y, p))
    np.testing.assert_allclose(values[:, 1], loss.values(y, p)[::-1])
    np.testing.assert_allclose(gradient[:, 0], loss.gradient(y, p))
    if loss.reduction == "mean":
        assert loss(y3, p3) == pytest.approx(loss(y, p))


@each()
def test_jax_agrees(loss: Loss) -> None:
    jax = pytest.importorskip("jax")
    y, p = (a.astype(np.float32) if a.dtype == np.float64 else a for a in example(loss))
    jy, jp, xp = jax.numpy.asarray(y), jax.numpy.asarray(p), jax.numpy
    np.testing.assert_allclose(loss.values(jy, jp, xp), loss.values(y, p), rtol=1e-4, atol=1e-6)
    explicit = loss.gradient(jy, jp, xp)
    np.testing.assert_allclose(explicit, loss.gradient(y, p), rtol=1e-4, atol=1e-6)
    traced = jax.grad(lambda p: loss.values(jy, p, xp).sum())(jp)
    np.testing.assert_allclose(traced, explicit, rtol=1e-4, atol=1e-5)


# --- labels ------------------------------------------------------------------------


@each([loss for loss in EVERY if loss.classes])
def test_class_indices_are_one_hot_rows(loss: Loss) -> None:
    p = example(loss)[1]
    indices = np.array([2, 0, 3])
    rows = np.eye(K)[indices]
    for labels in (indices, indices[:, None], indices.astype(float), indices.astype(np.uint8)):
        np.testing.assert_array_equal(loss.values(labels, p), loss.values(rows, p))
        np.testing.assert_array_equal(loss.gradient(labels, p), loss.gradient(rows, p))
        assert loss(labels.tolist(), p) == loss(rows, p)


@each([loss for loss in EVERY if domain(loss)[0] == "signs"])
def test_labels_zero_and_one_are_signs(loss: Loss) -> None:
    y, p = example(loss)
    np.testing.assert_array_equal(loss.values((y + 1) / 2, p), loss.values(y, p))
    np.testing.assert_array_equal(loss.gradient((y + 1) / 2, p), loss.gradient(y, p))


@each([loss for loss in EVERY if loss.classes])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 4, 1], r"label 4 in row 1 is not one of the whole numbers 0 … 3"),
        ([0, 1, -1], r"label -1 in row 2"),
        ([0.5, 1, 2], r"label 0\.5 in row 0"),
        ([0, math.nan, 2], r"label nan in row 1"),
        (["cat", "dog", "cat"], r"y_true must hold real numbers.*np\.unique"),
    ],
)
def test_wrong_labels_name_the_row(loss: Loss, labels: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        loss(labels, example(loss)[1])


@each()
def test_nothing_is_broadcast(loss: Loss) -> None:
    p = np.full((6, 1), 0.5)
    scores = np.full((6, 3), 0.5)
    for y, q in ((np.ones((3, 1)), scores), (np.ones((6, 2)), scores), (np.ones((1, 3)), scores)):
        for call in (loss, loss.values, loss.gradient):
            with pytest.raises(ShapeError, match=r"\(6, 3\)"):
                call(y, q)
    if not loss.classes:
        for y, q in ((np.ones(6), p), (np.ones((6, 1)), p[:, 0])):
            for call in (loss, loss.values, loss.gradient):
                with pytest.raises(ShapeError, match=r"shape \(6,\)"):
                    call(y, q)


@each()
def test_vectors_are_samples_of_one_output_or_refused(loss: Loss) -> None:
    y, p = np.array([1.0, 0.0, 1.0]), np.array([0.2, 0.3, 0.9])
    if loss.elementwise:
        weight = [1.0, 2.0, 0.5]
        assert loss(y, p, weight) == loss(y[:, None], p[:, None], weight)
    else:
        with pytest.raises(ShapeError, match=r"reshape\(-1, 1\)"):
            loss(y, p)


@each()
def test_bad_arguments_of_a_call(loss: Loss) -> None:
    y, p = example(loss)
    for name, error, call in (
        ("y_pred", DataError, lambda: loss(y, [["a"] * K] * N)),
        ("y_pred", DataError, lambda: loss(y[:0], p[:0])),
        ("y_pred", ShapeError, lambda: loss(y, [[1.0], [1.0, 2.0], [1.0]])),
        ("y_pred", ShapeError, lambda: loss(1.0, 1.0)),
        ("sample_weight", ShapeError, lambda: loss(y, p, np.ones((N, 1)))),
        ("sample_weight", ShapeError, lambda: loss(y, p, np.ones(N + 1))),
        ("sample_weight", DataError, lambda: loss(y, p, ["a"] * N)),
    ):
        with pytest.raises(error, match=name):
            call()


# --- reductions and weights --------------------------------------------------------


@each()
@settings(max_examples=8)
@given(counts=st.lists(st.integers(0, 4), min_size=N, max_size=N).filter(any))
def test_a_weight_of_k_is_k_copies(loss: Loss, counts: list[int]) -> None:
    y, p = example(loss)
    copies = loss(np.repeat(y, counts, axis=0), np.repeat(p, counts, axis=0))
    assert loss(y, p, counts) == pytest.approx(copies, rel=1e-12, abs=1e-12)


@each()
def test_reductions(loss: Loss) -> None:
    y, p = example(loss)
    values, w = loss.values(y, p), np.array([1.0, 0.0, 2.5])
    config = loss.get_config()
    for reduction, weighted, plain in (
        ("mean", (w * values).sum() / w.sum(), values.mean()),
        ("sum_over_batch_size", (w * values).sum() / N, values.mean()),
        ("sum", (w * values).sum(), values.sum()),
    ):
        other = type(loss).from_config(config | {"reduction": reduction})
        assert other(y, p, w) == pytest.approx(weighted)
        assert other(y, p) == pytest.approx(plain)
        assert other(y, p, np.zeros(N)) == 0.0


# --- known answers -----------------------------------------------------------------


def test_crossentropy_in_nats_and_in_powers_of_ten() -> None:
    loss = losses.CategoricalCrossentropy()
    right, wrong = loss([[1, 0]], [[0.8, 0.2]]), loss([[0, 1]], [[0.8, 0.2]])
    assert (round(right, 3), round(wrong, 3)) == (0.223, 1.609)
    assert (round(right / math.log(10), 2), round(wrong / math.log(10), 2)) == (0.10, 0.70)


def test_one_output_by_hand() -> None:
    y, p = [[1.0]], [[0.3]]
    assert losses.HalfSquaredError()(y, p) == pytest.approx(0.245)
    assert losses.MeanSquaredError()(y, p) == pytest.approx(0.49)
    assert losses.ResidualSumOfSquares()([[1.0], [0.0]], [[0.3], [2.0]]) == pytest.approx(4.49)
    assert losses.MeanAbsoluteError()(y, p) == pytest.approx(0.7)
    assert losses.MeanAbsolutePercentageError()(y, p) == pytest.approx(70)
    assert losses.Huber(0.5)(y, p) == pytest.approx(0.5 * 0.7 - 0.125)
    assert losses.BinaryCrossentropy()(y, p) == pytest.approx(-math.log(0.3))
    assert losses.BinaryFocalCrossentropy()(y, p) == pytest.approx(-(0.7**2) * math.log(0.3))
    assert losses.Poisson()(y, p) == pytest.approx(0.3 - math.log(0.3), abs=1e-6)


@pytest.mark.parametrize(
    ("y", "score", "zero_one", "perceptron", "hinge", "squared"),
    [
        (1.0, 2.0, 0.0, 0.0, 0.0, 0.0),
        (1.0, 0.25, 0.0, 0.0, 0.75, 0.5625),
        (1.0, 0.0, 0.5, 0.0, 1.0, 1.0),
        (-1.0, 0.25, 2.0, 0.25, 1.25, 1.5625),
        (-1.0, -3.0, 0.0, 0.0, 0.0, 0.0),
    ],
)
def test_losses_of_scores(
    y: float, score: float, zero_one: float, perceptron: float, hinge: float, squared: float
) -> None:
    for loss, value in (
        (losses.ZeroOne(), zero_one),
        (losses.Perceptron(), perceptron),
        (losses.Hinge(), hinge),
        (losses.SquaredHinge(), squared),
        (losses.Logistic(), math.log(1 + math.exp(-y * score))),
    ):
        assert loss([[y]], [[score]]) == pytest.approx(value)


def test_perceptron_learns_from_zero_weights() -> None:
    gradient = losses.Perceptron().gradient(np.array([[1.0], [-1.0]]), np.zeros((2, 1)))
    np.testing.assert_array_equal(gradient, [[-1.0], [1.0]])


def test_margins_between_classes() -> None:
    scores = np.array([[3.0, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, -2.5, 3.1]])
    y = np.array([0, 1, 2])
    np.testing.assert_allclose(losses.MaxMargin().values(y, scores), [3.1, 0, 0.1])
    np.testing.assert_array_equal(
        losses.MaxMargin().gradient(y, scores), [[-1, 1, 0], [0, 0, 0], [1, 0, -1]]
    )
    # Scores below 0: Keras's categorical hinge lets the true class's 0 take part.
    low = np.array([[-1.0, -3.0, -4.0]])
    assert losses.MaxMargin()([0], low) == 0.0
    assert losses.CategoricalHinge()([0], low) == 2.0


@given(KINDS["real"], KINDS["signs"])
def test_log_loss_is_crossentropy_from_logits(p: Any, y: Any) -> None:
    logistic, crossentropy = losses.Logistic(), losses.BinaryCrossentropy(from_logits=True)
    bits = (y + 1) / 2
    np.testing.assert_allclose(logistic.values(y, p), crossentropy.values(bits, p), atol=1e-12)
    np.testing.assert_allclose(logistic.gradient(y, p), crossentropy.gradient(bits, p), atol=1e-12)


@pytest.mark.parametrize("from_logits", [False, True])
def test_focal_without_focus_is_crossentropy(from_logits: bool) -> None:
    p = TRUTH["real" if from_logits else "unit"]
    alpha = (0.5, 1.0, 2.0, 3.0)
    focal = losses.CategoricalFocalCrossentropy(alpha, gamma=0.0, from_logits=from_logits)
    plain = losses.CategoricalCrossentropy(from_logits)
    y = np.array([2, 0, 3])
    balance = np.array(alpha)[y]
    np.testing.assert_allclose(focal.values(y, p), balance * plain.values(y, p))
    np.testing.assert_allclose(focal.gradient(y, p), balance[:, None] * plain.gradient(y, p))
    bits = np.eye(K)[y]
    binary = losses.BinaryFocalCrossentropy(gamma=0.0, from_logits=from_logits)
    np.testing.assert_allclose(
        binary.gradient(bits, p), losses.BinaryCrossentropy(from_logits).gradient(bits, p)
    )


def test_focal_weights_must_fit_the_classes() -> None:
    with pytest.raises(ShapeError, match="2 weights, but the output has 4 classes"):
        losses.CategoricalFocalCrossentropy((0.5, 1.0))(TRUTH["classes"], TRUTH["unit"])


def test_distributions_and_directions() -> None:
    y = TRUTH["unit"]
    assert losses.KLDivergence()(y, y) == 0.0
    cosine = losses.CosineSimilarity()
    p = TRUTH["real"]
    np.testing.assert_allclose(cosine.values(p, 3 * p), -1)
    np.testing.assert_allclose(cosine.values(p, -1e6 * p), 1)
    np.testing.assert_allclose(cosine.gradient(p, 1e6 * y), cosine.gradient(p, y) / 1e6)
    assert cosine(np.zeros((1, 2)), [[1.0, 2.0]]) == 0.0
    assert cosine([[1.0, 2.0]], np.zeros((1, 2))) == 0.0


def test_poisson_of_a_negative_mean_is_nan_without_a_warning() -> None:
    assert math.isnan(losses.Poisson()([[1.0]], [[-0.5]]))


def test_a_row_of_zeros_is_the_least_probability() -> None:
    loss = losses.CategoricalCrossentropy()
    assert loss([1], [[0.0, 0.0]]) == pytest.approx(-math.log(1e-7))
    np.testing.assert_array_equal(loss.gradient(np.array([1]), np.zeros((1, 2))), 0)


# --- fused pairs -------------------------------------------------------------------

PAIRS = [
    (activations.softmax, losses.CategoricalCrossentropy()),
    (activations.softmax, losses.CategoricalCrossentropy(label_smoothing=0.1)),
    (activations.softmax, losses.SparseCategoricalCrossentropy()),
    (activations.sigmoid, losses.BinaryCrossentropy()),
    (activations.sigmoid, losses.BinaryCrossentropy(label_smoothing=0.1)),
]


@pytest.mark.parametrize(("g", "loss"), PAIRS, ids=repr)
@settings(max_examples=30)
@given(data=st.data())
def test_fused_is_the_chain_rule(g: Any, loss: Loss, data: Any) -> None:
    pair = fused(g, loss)
    assert pair is not None
    y, z = data.draw(KINDS[domain(loss)[0]]), data.draw(KINDS["real"])  # rows of any sum
    h = g.forward(z)
    rows = ((h > 1e-6) & (h < 1 - 1e-6)).all(axis=-1)  # where nothing is clipped
    np.testing.assert_allclose(pair.values(y, z, h)[rows], loss.values(y, h)[rows], rtol=1e-9)
    chain = g.backward(loss.gradient(y, h), z, h)
    np.testing.assert_allclose(pair.gradient(y, z, h)[rows], chain[rows], atol=1e-9)
    left, right = one_sided(pair.loss, y, z, 1e-6)
    np.testing.assert_allclose(pair.gradient(y, z, h), (left + right) / 2, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fused_is_exact_where_probabilities_underflow(dtype: Any) -> None:
    z = np.array([[0.0, 5000.0], [-5000.0, 3.0]], dtype=dtype)
    pair = fused(activations.softmax, losses.SparseCategoricalCrossentropy())
    assert pair is not None
    h = activations.softmax(z)
    np.testing.assert_array_equal(pair.values(np.array([0, 0]), z, h), [5000, 5003])
    np.testing.assert_array_equal(pair.gradient(np.array([0, 0]), z, h), [[-1, 1], [-1, 1]])
    pair = fused(activations.sigmoid, losses.BinaryCrossentropy())
    assert pair is not None
    h = activations.sigmoid(z)
    np.testing.assert_array_equal(
        pair.values(np.array([[0, 0], [1, 1]]), z, h)[0], dtype((math.log(2) + 5000) / 2)
    )
    np.testing.assert_allclose(
        pair.gradient(np.array([[0, 0], [1, 1]]), z, h)[:, 0] * 2, [0.5, -1], atol=1e-7
    )
    assert pair.gradient(np.array([[0, 0], [1, 1]]), z, h).dtype == dtype


def test_other_pairs_are_not_fused() -> None:
    class Mine(losses.CategoricalCrossentropy):
        pass

    softmax, sigmoid = activations.softmax, activations.sigmoid
    for g, loss in (
        (softmax, losses.CategoricalCrossentropy(from_logits=True)),
        (sigmoid, losses.BinaryCrossentropy(from_logits=True)),
        (activations.Softmax(axis=0), losses.CategoricalCrossentropy()),
        (sigmoid, losses.CategoricalCrossentropy()),
        (softmax, losses.BinaryCrossentropy()),
        (softmax, losses.MeanSquaredError()),
        (softmax, losses.CategoricalFocalCrossentropy()),
        (sigmoid, losses.BinaryFocalCrossentropy()),
        (softmax, Mine()),
    ):
        assert fused(g, loss) is None


# --- names, configurations, classes of one's own -----------------------------------


@each()
def test_configuration_builds_an_equal_one(loss: Loss) -> None:
    again = losses.get(json.loads(json.dumps(part.to_config(loss))))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    assert repr(again) == repr(loss)
    y, p = example(loss)
    np.testing.assert_array_equal(again.values(y, p), loss.values(y, p))


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mae", losses.MeanAbsoluteError),
        ("mape", losses.MeanAbsolutePercentageError),
        ("msle", losses.MeanSquaredLogarithmicError),
        ("bce", losses.BinaryCrossentropy),
        ("kld", losses.KLDivergence),
        ("kl_divergence", losses.KLDivergence),
        ("log_cosh", losses.LogCosh),
        ("logcosh", losses.LogCosh),
        ("huber", losses.Huber),
        ("poisson", losses.Poisson),
        ("cosine_similarity", losses.CosineSimilarity),
        ("categorical_crossentropy", losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        ("binary_focal_crossentropy", losses.BinaryFocalCrossentropy),
        ("categorical_focal_crossentropy", losses.CategoricalFocalCrossentropy),
        ("categorical_hinge", losses.CategoricalHinge),
        ("squared_hinge", losses.SquaredHinge),
        (losses.Hinge, losses.Hinge),
    ],
)
def test_names(name: Any, cls: type[Loss]) -> None:
    assert type(losses.get(name)) is cls


def test_every_class_is_exported_and_has_a_domain() -> None:
    for cls in registry:
        assert cls.__name__ in losses.__all__
    assert set(DOMAIN) == set(registry)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: losses.get("mes"), UnknownNameError, "Did you mean 'mse'"),
        (lambda: losses.get(None), ArgumentTypeError, "NoneType"),
        (lambda: losses.MeanSquaredError("average"), ArgumentError, "reduction"),
        (lambda: losses.Huber(0.0), ArgumentError, "delta must be greater than 0"),
        (lambda: losses.Hinge(-1.0), ArgumentError, "margin"),
        (lambda: losses.MaxMargin(-1.0), ArgumentError, "margin"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=1.5), ArgumentError, "label_smoothing"),
        (
            lambda: losses.CategoricalCrossentropy(label_smoothing=-1.0),
            ArgumentError,
            "label_smoothing",
        ),
        (lambda: losses.BinaryFocalCrossentropy(alpha=2.0), ArgumentError, "alpha"),
        (lambda: losses.BinaryFocalCrossentropy(gamma=-1.0), ArgumentError, "gamma"),
        (lambda: losses.CategoricalFocalCrossentropy((0.5, -1.0)), ArgumentError, r"alpha\[1\]"),
        (lambda: losses.CategoricalFocalCrossentropy("a"), ArgumentTypeError, "alpha"),  # type: ignore[arg-type]
    ],
)
def test_errors_name_the_argument(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


def test_a_class_of_ones_own() -> None:
    class Fourth(Loss):
        def values(self, y: Any, p: Any, xp: Any = np) -> Any:
            return ((p - y) ** 4).mean(axis=-1)

        def gradient(self, y: Any, p: Any, xp: Any = np) -> Any:
            return 4 * (p - y) ** 3 / p.shape[-1]

    loss = losses.get(Fourth)
    assert loss([[0.0, 1.0]], [[2.0, 1.0]]) == 8.0
    with pytest.raises(ShapeError, match="Fourth"):
        loss([[0.0, 1.0]], [[2.0]])
    config = part.to_config(loss)
    assert type(registry.get(config, custom_objects={"Fourth": Fourth})) is Fourth


def test_a_class_without_values_says_so() -> None:
    class Empty(Loss):
        pass

    class Half(losses.Elementwise):
        pass

    one = np.ones((1, 1))
    with pytest.raises(NotImplementedError, match="Empty must define values"):
        Empty()(one, one)
    with pytest.raises(NotImplementedError, match="Empty must define gradient"):
        Empty().gradient(one, one)
    with pytest.raises(NotImplementedError, match="Half must define point"):
        Half().values(one, one)
    with pytest.raises(NotImplementedError, match="Half must define slope"):
        Half().gradient(one, one)
