"""The single neurons: known facts, exact updates, the path of the weights, errors."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    ConvergenceWarning,
    DataError,
    NeuronaError,
    NonFiniteError,
    NotBuiltError,
    ShapeError,
)
from neurona.perceptron import (
    Adaline,
    DeltaRule,
    Hebb,
    McCullochPitts,
    Neuron,
    Perceptron,
    all_inputs,
    contradiction,
)
from neurona.perceptron.inputs import inner, weighted_sums

ROOT = Path(__file__).parents[1]
BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
SIGNS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=float)
XOR = [-1, 1, 1, -1]  # of SIGNS
RULES: list[type[Neuron]] = [Perceptron, DeltaRule, Adaline, Hebb]


def fit_quietly(neuron: Neuron, x: Any, y: Any) -> Neuron:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return neuron.fit(x, y)


# McCulloch & Pitts


def test_and_or_not_are_one_neuron() -> None:
    assert McCullochPitts.logical_and().truth_table() == (0, 0, 0, 1)
    assert McCullochPitts.logical_or().truth_table() == (0, 1, 1, 1)
    assert McCullochPitts.logical_not().truth_table() == (1, 0)
    assert sum(McCullochPitts.logical_and(5).truth_table()) == 1
    assert sum(McCullochPitts.logical_or(5).truth_table()) == 31


def test_fires_at_the_threshold_itself() -> None:
    neuron = McCullochPitts([2, -1], threshold=1)
    assert [neuron(*bits) for bits in itertools.product((0, 1), repeat=2)] == [0, 0, 1, 1]
    assert repr(neuron) == "McCullochPitts(weights=(2.0, -1.0), threshold=1.0)"


@pytest.mark.parametrize(("n", "one_neuron"), [(1, 4), (2, 14), (3, 104)])
def test_how_many_truth_tables_are_one_neuron(n: int, one_neuron: int) -> None:
    """The known numbers of threshold functions (Muroga 1971), each with neuron or proof."""
    found = 0
    for table in itertools.product((0, 1), repeat=2**n):
        proof = contradiction(table)
        if proof is None:
            assert McCullochPitts.from_truth_table(table).truth_table() == table
            found += 1
        else:
            outputs = dict(zip(map(tuple, all_inputs(n).tolist()), table, strict=True))
            assert [outputs[bits] for bits in proof.firing + proof.silent] == [1, 1, 0, 0]
            assert np.array_equal(np.sum(proof.firing, 0), np.sum(proof.silent, 0))
    assert found == one_neuron


def test_xor_is_no_neuron() -> None:
    with pytest.raises(DataError, match=r"\(0, 1\) \+ \(1, 0\) = \(0, 0\) \+ \(1, 1\)"):
        McCullochPitts.from_truth_table([0, 1, 1, 0])


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(-20, 20))
@settings(deadline=None)
def test_the_table_of_a_neuron_gives_a_neuron_back(weights: list[int], threshold: int) -> None:
    table = McCullochPitts(weights, threshold).truth_table()
    assert McCullochPitts.from_truth_table(table).truth_table() == table


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: McCullochPitts([], 1), ArgumentError, "weights"),
        (lambda: McCullochPitts([1, float("nan")], 1), ArgumentError, r"weights\[1\]"),
        (lambda: McCullochPitts([1, "a"], 1), ArgumentTypeError, r"weights\[1\]"),
        (lambda: McCullochPitts([1], float("inf")), ArgumentError, "threshold"),
        (lambda: McCullochPitts.logical_and(0), ArgumentError, "n_inputs"),
        (lambda: McCullochPitts.logical_or()(1), ShapeError, "1 inputs"),
        (lambda: McCullochPitts.logical_or()(1, 2), DataError, "got 2 at row 0, column 1"),
        (lambda: contradiction([0, 1, 1]), ShapeError, r"\(3,\)"),
        (lambda: contradiction([0, 1, 2, 0]), DataError, "0 and 1"),
        (lambda: contradiction(["a", "b"]), ArgumentTypeError, "0 and 1"),
        (lambda: contradiction([0] * 512), ShapeError, "8 inputs"),
        (lambda: all_inputs(17), ArgumentError, "between 1 and 16"),
    ],
)
def test_wrong_mcculloch_pitts(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


# Hebb


def test_hebb_wires_together_what_fires_together() -> None:
    """With activities 0 and 1, Δw = η x y counts how often both were 1."""
    neuron = Hebb(learning_rate=0.5, targets=(0, 1)).fit(
        [[1, 0], [1, 1], [0, 1], [1, 0]], [1, 1, 0, 0]
    )
    assert neuron.weights_.tolist() == [1.0, 0.5]
    assert [update.point for update in neuron.path] == [0, 1]


def test_hebb_learns_and_in_signs_but_not_in_bits() -> None:
    signs = Hebb().fit(SIGNS, [-1, -1, -1, 1])
    assert (signs.bias, *signs.weights_) == (-2.0, 2.0, 2.0)
    assert signs.converged
    assert signs.epochs_run == 1
    bits = Hebb().fit(BITS, [0, 0, 0, 1])
    assert (bits.bias, *bits.weights_) == (-2.0, 0.0, 0.0)
    assert not bits.converged


# Rosenblatt


def rosenblatt_by_hand(x: Any, y: Any, epochs: int) -> tuple[np.ndarray, list[int]]:
    """The course's loop, with its missing ``converged = True`` put in."""
    w = np.zeros(x.shape[1] + 1)
    mistakes = []
    for _ in range(epochs):
        count = 0
        for point, side in zip(x, y, strict=True):
            extended = np.array([1.0, *point])
            if side * float(np.sum(w * extended)) <= 0:
                w = w + side * extended
                count += 1
        mistakes.append(count)
        if count == 0:
            break
    return w, mistakes


@pytest.mark.parametrize("labels", list(itertools.product((-1, 1), repeat=4))[1:-1])
def test_perceptron_converges_on_every_gate_but_xor_and_its_negation(
    labels: tuple[int, ...],
) -> None:
    neuron = fit_quietly(Perceptron(max_epochs=50), SIGNS, labels)
    w, mistakes = rosenblatt_by_hand(SIGNS, labels, 50)
    assert [neuron.bias, *neuron.weights_] == w.tolist()
    assert neuron.mistakes_per_epoch == mistakes
    assert neuron.converged == (labels not in [tuple(XOR), tuple(-np.array(XOR))])
    if neuron.converged:
        assert neuron.predict(SIGNS).tolist() == list(labels)


def test_perceptron_and_in_bits_takes_these_steps() -> None:
    neuron = Perceptron().fit(BITS, [-1, -1, -1, 1])
    steps = [(u.epoch, u.point, u.side, u.z, u.after.tolist()) for u in neuron.path[:4]]
    assert steps == [
        (0, 0, -1.0, 0.0, [-1.0, 0.0, 0.0]),
        (0, 3, 1.0, -1.0, [0.0, 1.0, 1.0]),
        (1, 0, -1.0, 0.0, [-1.0, 1.0, 1.0]),
        (1, 1, -1.0, 0.0, [-2.0, 1.0, 0.0]),
    ]
    assert (neuron.bias, *neuron.weights_) == (-4.0, 3.0, 2.0)
    assert sum(neuron.mistakes_per_epoch) == neuron.updates_run == 18


def test_learning_rate_only_scales_the_perceptron() -> None:
    one, half = (Perceptron(rate).fit(BITS, [0, 1, 1, 1]) for rate in (1.0, 0.5))
    assert (0.5 * one.weights_).tolist() == half.weights_.tolist()
    assert one.mistakes_per_epoch == half.mistakes_per_epoch


@pytest.mark.parametrize("rule", [Perceptron, DeltaRule])
def test_not_separable_says_so(rule: type[Neuron]) -> None:
    neuron = rule(max_epochs=7)
    with pytest.warns(ConvergenceWarning, match=r"epoch 7 of max_epochs=7 still had \d mist"):
        neuron.fit(SIGNS, XOR)
    assert not neuron.converged
    assert neuron.epochs_run == 7
    assert min(neuron.mistakes_per_epoch) > 0


@pytest.mark.parametrize(
    "classes", [(-1, 1), (0, 1), (3, 8), (0.5, 2.5), ("setosa", "versicolor"), (False, True)]
)
@pytest.mark.parametrize("rule", RULES)
def test_any_two_classes(rule: type[Neuron], classes: tuple[Any, Any]) -> None:
    y = np.array(classes)[[0, 0, 0, 1]]
    neuron = fit_quietly(rule(), SIGNS, y)
    assert neuron.classes_.tolist() == list(classes)
    assert neuron.predict(SIGNS).tolist() == y.tolist()
    assert neuron.predict(SIGNS).dtype == y.dtype


def test_strings_of_a_data_frame() -> None:
    y = np.array(["no", "no", "no", "yes"], dtype=object)
    assert Perceptron().fit(BITS, y).predict(BITS).tolist() == y.tolist()


@st.composite
def separable(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, labels and a solution from which no point is nearer than 0.05."""
    seed = draw(st.integers(0, 2**32))
    features, rows = draw(st.integers(1, 5)), draw(st.integers(2, 40))
    rng = np.random.default_rng(seed)
    w = rng.normal(size=features + 1)
    w /= np.linalg.norm(w)
    x = 3.0 * rng.normal(size=(rows, features))
    z = w[0] + x @ w[1:]
    x += (0.05 * np.sign(z) / np.linalg.norm(w[1:]))[:, None] * w[1:] / np.linalg.norm(w[1:])
    y = np.where(z > 0, 1, -1)
    if len(set(y)) == 1:  # add the reflection in the boundary of the first point
        other = x[0] - 2 * (w[0] + x[0] @ w[1:]) * w[1:] / (w[1:] @ w[1:])
        x, y = np.vstack([x, other]), np.append(y, -y[0])
    return x, y, w


@given(separable())
@settings(deadline=None)
def test_novikoff_bounds_the_mistakes(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    x, y, w = case
    neuron = Perceptron(max_epochs=100_000).fit(x, y)
    assert neuron.converged
    assert neuron.predict(x).tolist() == y.tolist()
    for bound in (neuron.novikoff_bound(x, y), neuron.novikoff_bound(x, y, weights=w)):
        assert neuron.updates_run <= bound.mistakes * (1 + 1e-9)
    extended = np.column_stack([np.ones(len(x)), x])
    assert bound.radius == pytest.approx(np.sqrt((extended**2).sum(axis=1).max()))
    assert bound.margin == pytest.approx((y * (extended @ w)).min() / np.linalg.norm(w))


def test_novikoff_wants_a_solution() -> None:
    neuron = fit_quietly(Perceptron(max_epochs=5), SIGNS, XOR)
    with pytest.raises(DataError, match="row 0 has"):
        neuron.novikoff_bound(SIGNS, XOR)
    with pytest.raises(DataError, match=r"y\[1\] is 5, none of the fitted classes \[-1, 1\]"):
        neuron.novikoff_bound(SIGNS, [1, 5, 1, 1])
    with pytest.raises(ShapeError, match="2 weights, got 2"):
        neuron.novikoff_bound(SIGNS, XOR, weights=[1, 2])
    with pytest.raises(ShapeError, match="but y has 3 labels"):
        neuron.novikoff_bound(SIGNS, [1, -1, 1])


# Delta rule

COURSE_X, COURSE_Y = [[0, 0], [1, 1], [0, 1], [1, 0]], [0, 1, 0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_the_table_of_the_delta_rule(seed: int) -> None:
    neuron = DeltaRule(seed=seed).fit(COURSE_X, COURSE_Y)
    assert neuron.converged
    assert neuron.predict(COURSE_X).tolist() == COURSE_Y


def test_delta_rule_changes_by_eta_times_error() -> None:
    neuron = DeltaRule(learning_rate=0.25, seed=3).fit(COURSE_X, COURSE_Y)
    assert neuron.updates_run > 3
    for update in neuron.path:
        assert update.point is not None
        assert update.side is not None
        x = np.array([1.0, *COURSE_X[update.point]])
        output = float(np.sum(update.before * x) >= 0)
        assert update.error == update.side - output
        assert np.array_equal(update.after, update.before + 0.25 * (update.side - output) * x)


def test_delta_rule_starts_at_random_by_its_seed() -> None:
    starts = []
    for seed in (1, 1, 2, None, None):
        neuron = fit_quietly(DeltaRule(1e-300, max_epochs=1, seed=seed), SIGNS, XOR)
        starts.append((neuron.bias, *neuron.weights_))
        assert neuron.seed_ == seed or seed is None
    assert starts[0] == starts[1]
    assert len(set(starts)) == 4
    assert np.abs(starts).max() <= 1
    again = DeltaRule(1e-300, max_epochs=1, seed=neuron.seed_)
    assert fit_quietly(again, SIGNS, XOR).bias == neuron.bias


# Adaline


@pytest.mark.parametrize("labels", [[-1, -1, -1, 1], [-1, 1, 1, 1], XOR])
def test_adaline_finds_least_squares(labels: list[int]) -> None:
    extended = np.column_stack([np.ones(4), SIGNS])
    solution = np.linalg.lstsq(extended, np.array(labels, float), rcond=None)[0]
    batch = Adaline(0.1, tolerance=1e-9, whole_batch=True).fit(SIGNS, labels)
    assert [batch.bias, *batch.weights_] == pytest.approx(solution, abs=1e-7)
    single = Adaline(0.001, max_epochs=5000, tolerance=1e-9).fit(SIGNS, labels)
    assert [single.bias, *single.weights_] == pytest.approx(solution, abs=5e-3)


def test_adaline_single_step_and_batch_step() -> None:
    x, y = [[2.0], [-1.0]], [1, -1]
    single = fit_quietly(Adaline(0.1, max_epochs=1), x, y)
    # w = 0: error 1, w = .1 (1, 2); then z = -.1, error -.9, w -= .09 (1, -1)
    assert [single.bias, *single.weights_] == pytest.approx([0.01, 0.29])
    assert [u.error for u in single.path] == pytest.approx([1.0, -0.9])
    batch = fit_quietly(Adaline(0.1, max_epochs=1, whole_batch=True), x, y)
    # w = 0: mean of 1·(1, 2) and −1·(1, −1), times .1
    assert [batch.bias, *batch.weights_] == pytest.approx([0.0, 0.15])
    assert [u.point for u in batch.path] == [None]
    assert batch.mistakes_per_epoch == [1]


@pytest.mark.parametrize("whole_batch", [False, True])
def test_adaline_says_that_it_has_not_come_to_rest(whole_batch: bool) -> None:
    neuron = Adaline(max_epochs=3, whole_batch=whole_batch)
    with pytest.warns(ConvergenceWarning, match=r"epoch 3 of max_epochs=3 still moved a weight"):
        neuron.fit(SIGNS, XOR if not whole_batch else [-1, 1, 1, 1])
    assert not neuron.converged


@pytest.mark.parametrize("whole_batch", [False, True])
def test_adaline_with_a_wild_learning_rate_says_so(whole_batch: bool) -> None:
    neuron = Adaline(10.0, whole_batch=whole_batch)
    with pytest.raises(NonFiniteError, match=r"epoch \d+ with learning_rate=10 .*Lower"):
        neuron.fit(SIGNS, [-1, 1, 1, 1])


# What all of them share


@pytest.mark.parametrize("rule", RULES)
@given(case=separable())
@settings(deadline=None)
def test_path_replays_to_the_weights(
    rule: type[Neuron], case: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    x, y, _ = case
    neuron = rule(0.001)
    neuron.max_epochs = min(neuron.max_epochs, 20)
    fit_quietly(neuron, x, y)
    extended = np.column_stack([np.ones(len(x)), x])
    w = neuron.path[0].before if neuron.path else None
    for update in neuron.path:
        assert np.array_equal(update.before, w)
        assert update.z == inner(extended[update.point], w)
        w = w + 0.001 * update.error * extended[update.point]
        assert np.array_equal(update.after, w)
    if w is not None:
        assert [neuron.bias, *neuron.weights_] == w.tolist()
    counted = [0] * neuron.epochs_run
    for update in neuron.path:
        counted[update.epoch] += update.mistake
    assert counted == neuron.mistakes_per_epoch
    assert len(neuron.path) == neuron.updates_run


def test_path_keeps_the_latest() -> None:
    whole = Perceptron().fit(BITS, [0, 0, 0, 1])
    short = Perceptron(path_length=5).fit(BITS, [0, 0, 0, 1])
    assert [u.z for u in short.path] == [u.z for u in whole.path[-5:]]
    assert short.updates_run == whole.updates_run == 18
    assert Perceptron(path_length=0).fit(BITS, [0, 0, 0, 1]).path == []


def test_what_was_learned_cannot_be_changed_by_accident() -> None:
    neuron = Perceptron().fit(BITS, [0, 0, 0, 1])
    with pytest.raises(ValueError, match="read-only"):
        neuron.weights_[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        neuron.path[0].before[0] = 5
    neuron.path.clear()
    neuron.mistakes_per_epoch.clear()
    assert len(neuron.path) == 18
    assert neuron.epochs_run > 1


@pytest.mark.parametrize("rule", RULES)
def test_fitting_again_starts_again(rule: type[Neuron]) -> None:
    neuron = rule(seed=4) if rule is DeltaRule else rule()
    first = fit_quietly(neuron, SIGNS, [0, 0, 0, 1]).weights_.tolist()
    fit_quietly(neuron, [[1.0], [2.0]], ["a", "b"])
    assert fit_quietly(neuron, SIGNS, [0, 0, 0, 1]).weights_.tolist() == first


def test_a_failed_fit_leaves_the_earlier_one() -> None:
    neuron = Perceptron().fit(BITS, [0, 0, 0, 1])
    with pytest.raises(DataError):
        neuron.fit(BITS, [0, 0, 0, 0])
    assert neuron.predict(BITS).tolist() == [0, 0, 0, 1]


@given(st.integers(1, 40), st.integers(1, 300), st.integers(0, 99))
def test_predicts_with_the_bits_that_it_trained_with(rows: int, features: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(rows, features)), rng.normal(size=features + 1)
    extended = np.column_stack([np.ones(rows), x])
    assert weighted_sums(x, w).tolist() == [float(inner(row, w)) for row in extended]
    assert weighted_sums(x, w) == pytest.approx(extended @ w)


def test_many_rows_are_summed_in_parts() -> None:
    x, w = np.arange(700_000.0).reshape(-1, 2), np.array([1.0, 2.0, 3.0])
    assert np.array_equal(weighted_sums(x, w), 1 + 2 * x[:, 0] + 3 * x[:, 1])


NAN, INF = float("nan"), float("inf")
Y = [0, 0, 0, 1]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("x", "y", "error", "words"),
    [
        ([1, 2, 3, 4], Y, ShapeError, r"shape \(4,\).*reshape\(-1, 1\)"),
        (5, Y, ShapeError, r"shape \(\)"),
        ([[[1]]] * 4, Y, ShapeError, r"\(4, 1, 1\)"),
        ([[1, 2], [3], [4, 5], [6, 7]], Y, ShapeError, "differ in length"),
        ([[1, 2], [3, NAN], [4, 5], [6, 7]], Y, DataError, "nan at row 1, column 1"),
        ([[1, 2], [3, 4], [INF, 5], [6, 7]], Y, DataError, "inf at row 2, column 0"),
        (np.full((4, 1), np.longdouble("1e400")), Y, DataError, "row 0, column 0"),
        ([], [], ShapeError, r"shape \(0,\)"),
        (np.zeros((0, 2)), [], DataError, r"got shape \(0, 2\)"),
        (np.zeros((4, 0)), Y, DataError, r"got shape \(4, 0\)"),
        ([["1"], ["2"], ["3"], ["4"]], Y, ArgumentTypeError, "<U1"),
        ([[1, None], [2, 3], [4, 5], [6, 7]], Y, ArgumentTypeError, r"x\[0, 1\] is of type None"),
        (np.array(BITS, dtype=object), Y, ArgumentTypeError, "dtype object"),
        (BITS.astype(complex), Y, ArgumentTypeError, "complex"),
        (BITS, [0, 0, 1], ShapeError, r"4 points \(rows\), but y has 3 labels"),
        (BITS, [[0], [0], [0], [1]], ShapeError, r"\(4, 1\).*ravel"),
        (BITS, [0, 0, 0, NAN], DataError, "nan at row 3"),
        (BITS, [0, 1, 2, 1], DataError, "two classes, got 3: 0, 1, 2"),
        (BITS, [1, 1, 1, 1], DataError, "two classes, got 1: 1"),
        (BITS, [0, 1, None, 1], ArgumentTypeError, r"y\[2\] is of type None"),
        (BITS, [0, 1, 1j, 1], ArgumentTypeError, "complex"),
        (1e200 * SIGNS, XOR, NonFiniteError, "scale the features"),
    ],
)
def test_wrong_data(
    rule: type[Neuron], x: Any, y: Any, error: type[NeuronaError], words: str
) -> None:
    neuron = rule()
    with pytest.raises(error, match=words):
        neuron.fit(x, y)
    with pytest.raises(NotBuiltError):
        _ = neuron.converged


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("rate", "error"),
    [(0, ArgumentError), (-1, ArgumentError), (NAN, ArgumentError), ("1", ArgumentTypeError)],
)
def test_wrong_learning_rate(rule: type[Neuron], rate: Any, error: type[NeuronaError]) -> None:
    with pytest.raises(error, match="learning_rate"):
        rule(rate)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Perceptron(max_epochs=0), ArgumentError, "max_epochs"),
        (lambda: Perceptron(max_epochs=2.5), ArgumentTypeError, "max_epochs"),
        (lambda: Perceptron(path_length=-1), ArgumentError, "path_length"),
        (lambda: DeltaRule(seed=-1), ArgumentError, "seed"),
        (lambda: Adaline(tolerance=NAN), ArgumentError, "tolerance"),
        (lambda: Adaline(whole_batch="yes"), ArgumentTypeError, "whole_batch"),
        (lambda: Hebb(targets=(1, 0)), ArgumentError, "targets"),
        (lambda: Hebb(targets=1), ArgumentTypeError, "targets"),
        (lambda: Hebb(targets=(0, NAN)), ArgumentError, "targets"),
    ],
)
def test_wrong_arguments(call: Any, error: type[NeuronaError], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("rule", RULES)
def test_wrong_prediction(rule: type[Neuron]) -> None:
    with pytest.raises(NotBuiltError, match=r"call fit\(x, y\)"):
        rule().predict(BITS)
    neuron = fit_quietly(rule(), BITS, [0, 1, 1, 1])
    with pytest.raises(ShapeError, match=r"3 features .*fitted with 2"):
        neuron.predict([[1, 2, 3]])
    with pytest.raises(ShapeError, match=r"reshape\(1, -1\)"):
        neuron.predict([1, 2])
    with pytest.raises(DataError, match="row 1, column 0"):
        neuron.decision_function([[1, 2], [NAN, 2]])


def test_a_sum_beyond_float64_is_no_class() -> None:
    neuron = Perceptron(1e10).fit(BITS, [0, 1, 1, 1])
    with pytest.raises(NonFiniteError, match="row 1"):
        neuron.predict([[0, 0], [1e300, -1e300]])


@pytest.mark.parametrize(
    "neuron",
    [
        Hebb(0.5, targets=(0, 1)),
        Perceptron(max_epochs=3),
        DeltaRule(seed=5),
        Adaline(whole_batch=True, tolerance=0.0),
        McCullochPitts([1, -2], 0.5),
    ],
)
def test_configuration_builds_an_equal_neuron(neuron: Neuron | McCullochPitts) -> None:
    again = type(neuron).from_config(neuron.get_config())
    assert again.get_config() == neuron.get_config()
    assert repr(again) == repr(neuron)
    assert repr(neuron) != f"{type(neuron).__name__}()"
