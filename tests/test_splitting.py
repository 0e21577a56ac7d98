"""Splits, held-out parts and folds: complete, disjoint, in proportion, repeatable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from neurona.data import (
    KFold,
    holdout_indices,
    split,
    split_indices,
    stratified_split_indices,
)
from neurona.data.strata import share_out
from neurona.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError

SEEDS = st.integers(0, 2**63 - 1)


def check_partition(parts, n):
    """Every row is in exactly one part."""
    assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))


# --- split_indices -------------------------------------------------------------------------


@given(n=st.integers(10, 300), weights=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_parts_are_complete_and_as_large_as_asked(n, weights):
    fractions = [w / sum(weights) for w in weights]
    ideal = [n * f for f in fractions]
    if min(ideal) < 1:  # a part that may be empty: refused, or filled by rounding up
        return
    parts = split_indices(n, fractions, seed=3)
    check_partition(parts, n)
    for part, size in zip(parts, ideal, strict=True):
        assert abs(len(part) - size) < 1


def test_fraction_that_floating_point_spoils_is_rounded_right():
    assert [len(p) for p in split_indices(20, (1 - 0.15 - 0.15, 0.15, 0.15))] == [14, 3, 3]
    assert [len(p) for p in split_indices(100, (0.71, 0.29))] == [71, 29]  # 0.29·100 = 28.999…


@given(seed=SEEDS)
def test_the_seed_alone_decides(seed):
    first, again = (split_indices(50, (0.5, 0.5), seed) for _ in range(2))
    assert_array_equal(first[0], again[0])


def test_different_seeds_give_different_parts():
    drawn = {tuple(np.sort(split_indices(50, (0.5, 0.5), seed)[0])) for seed in range(20)}
    assert len(drawn) == 20


def test_every_row_is_as_likely_in_each_part():
    times = np.zeros(20)
    for seed in range(2000):
        times[split_indices(20, (0.75, 0.25), seed)[1]] += 1
    assert abs(times / 2000 - 0.25).max() < 0.05  # 5 standard deviations are 0.048


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((0.5, 0.4), "add up to 1"),
        ((1.0, 0.0), "each be above 0"),
        ((), "add up to 1"),
        ((1.5, -0.5), r"fractions\[0\] must be between 0 and 1"),
        ((0.5, float("nan")), r"fractions\[1\]"),
        ((0.99, 0.01), "0.01 of 10 row.s. is an empty part"),
    ],
)
def test_bad_fractions(fractions, message):
    with pytest.raises(ArgumentError, match=message):
        split_indices(10, fractions)


def test_arguments_of_wrong_type():
    with pytest.raises(ArgumentTypeError, match="sequence such as"):
        split_indices(10, 0.5)
    with pytest.raises(ArgumentTypeError, match=r"fractions\[0\] must be a number"):
        split_indices(10, ("0.5", "0.5"))
    with pytest.raises(ArgumentTypeError, match="n must be a whole number"):
        split_indices(10.0, (0.5, 0.5))
    with pytest.raises(ArgumentError, match="seed"):
        split_indices(10, (0.5, 0.5), -1)


# --- stratified ----------------------------------------------------------------------------


@st.composite
def labelled(draw):
    """Labels of at least three members a class, and fractions that each class fits in."""
    counts = draw(st.lists(st.integers(3, 40), min_size=1, max_size=6))
    labels = np.random.default_rng(draw(st.integers(0, 99))).permutation(
        np.repeat(np.arange(len(counts)), counts)
    )
    n = len(labels)
    held = draw(st.lists(st.integers(len(counts), n // 3), min_size=1, max_size=2))
    return labels, [(n - sum(held)) / n, *(h / n for h in held)]


@given(case=labelled(), seed=SEEDS)
def test_stratified_parts(case, seed):
    labels, fractions = case
    n = len(labels)
    parts = stratified_split_indices(labels, fractions, seed)
    check_partition(parts, n)
    counts = np.bincount(labels)
    for part, fraction in zip(parts, fractions, strict=True):
        assert len(part) == round(n * fraction)
        assert (np.bincount(labels[part], minlength=len(counts)) >= 1).all()


@given(
    counts=st.lists(st.integers(4, 60), min_size=1, max_size=8),
    fraction=st.floats(0.2, 0.5),
)
def test_two_parts_share_each_class_to_within_one_row(counts, fraction):
    """With room for every class, only rounding parts a share from the exact one."""
    counts = np.array([max(c, int(np.ceil(1 / fraction))) for c in counts])
    n = int(counts.sum())
    held = max(round(n * fraction), len(counts))
    shares = share_out(counts, [n - held, held])
    assert_array_equal(shares.sum(axis=0), counts)
    assert_array_equal(shares.sum(axis=1), [n - held, held])
    exact = counts * held / n
    allowed = np.where(exact < 1, 1, abs(exact - np.floor(exact)) + 1)
    assert (abs(shares[1] - exact) <= allowed).all()


def test_shares_follow_largest_remainders():
    # ideal 3.5, 1.75, 0.75 of 6: floors with one at least 3, 1, 1; the sixth to 1.75
    assert_array_equal(share_out(np.array([14, 7, 3]), [18, 6])[1], [3, 2, 1])


def test_a_rare_class_is_in_every_part():
    labels = np.array([0] * 97 + [1] * 3)
    for seed in range(20):
        parts = stratified_split_indices(labels, (0.8, 0.1, 0.1), seed)
        assert [int(labels[p].sum()) for p in parts] == [1, 1, 1]
        assert [len(p) for p in parts] == [80, 10, 10]


def test_members_of_a_class_are_drawn_at_random():
    labels = np.arange(20) % 2
    times = np.zeros(20)
    for seed in range(2000):
        times[stratified_split_indices(labels, (0.8, 0.2), seed)[1]] += 1
    assert abs(times / 2000 - 0.2).max() < 0.05


def test_parts_are_well_mixed():
    """Neighbours in a part are of one class no more often than chance has it."""
    labels = np.arange(40) % 2
    alike = np.zeros((2, 2))
    for seed in range(1000):
        for i, part in enumerate(stratified_split_indices(labels, (0.5, 0.5), seed)):
            of = labels[part]
            alike[i] += of[0] == of[1], of[-1] == of[-2]
    assert abs(alike / 1000 - 9 / 19).max() < 0.08  # 5 standard deviations are 0.079


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(12) % 3,
        (np.arange(12) % 3)[:, None],
        np.eye(3)[np.arange(12) % 3],
        ["cat", "dog", "eel"] * 4,
        np.array(["cat", "dog", "eel"] * 4, dtype=object),
        (np.arange(12) % 3).astype(float),
    ],
    ids=["numbers", "column", "one-hot", "strings", "objects", "floats"],
)
def test_every_form_of_labels_gives_the_same_parts(labels):
    expected = stratified_split_indices([0, 1, 2] * 4, (0.75, 0.25), 5)
    parts = stratified_split_indices(labels, (0.75, 0.25), 5)
    for part, rows in zip(parts, expected, strict=True):
        assert_array_equal(part, rows)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 0, 0, 1], DataError, r"Class 1 has 1 member.*at least 2"),
        (["a", "a", "b"], DataError, "Class 'b' has 1"),
        ([0.0, 1.0, float("nan"), 1.0], DataError, r"labels\[2\] is nan"),
        (np.array([1, None, 1, 1], dtype=object), DataError, r"labels\[1\] is None"),
        (np.array([1, "a", 1, "a"], dtype=object), DataError, "mixes values"),
        ([[1, 1], [0, 1]], ShapeError, "row 0 is not one-hot"),
        (np.zeros((2, 2, 2)), ShapeError, r"got shape \(2, 2, 2\)"),
        ([], ShapeError, "no rows"),
    ],
)
def test_labels_that_cannot_be_stratified(labels, error, message):
    with pytest.raises(error, match=message):
        stratified_split_indices(labels, (0.5, 0.5))


def test_part_smaller_than_the_number_of_classes():
    with pytest.raises(ArgumentError, match=r"part of 4 row.s. cannot hold one of each of 5"):
        stratified_split_indices(np.arange(40) % 5, (0.9, 0.1))


def test_many_classes_are_quick():
    labels = np.repeat(np.arange(5000), 3)
    parts = stratified_split_indices(labels, (0.6, 0.4))
    assert np.unique(labels[parts[1]]).size == 5000


# --- holdout_indices -----------------------------------------------------------------------


@given(n=st.integers(2, 500), fraction=st.floats(0.01, 0.99))
def test_holdout_keeps_keras_split_point(n, fraction):
    kept = int(n * (1 - fraction))
    if not 0 < kept < n:
        with pytest.raises(ArgumentError, match="both need at least one"):
            holdout_indices(n, fraction)
        return
    train, held = holdout_indices(n, fraction)
    assert_array_equal(train, np.arange(kept))
    assert_array_equal(held, np.arange(kept, n))
    train, held = holdout_indices(n, fraction, "random", seed=1)
    check_partition([train, held], n)
    assert len(train) == kept
    assert (np.diff(train) > 0).all()
    assert (np.diff(held) > 0).all()


def test_holdout_stratified():
    labels = np.repeat([0, 1], [90, 10])
    train, held = holdout_indices(100, 0.2, "stratified", labels, seed=4)
    check_partition([train, held], 100)
    assert_array_equal(np.bincount(labels[held]), [18, 2])
    assert (np.diff(held) > 0).all()
    again = holdout_indices(100, 0.2, "stratified", np.eye(2)[labels], seed=4)
    assert_array_equal(held, again[1])


def test_holdout_is_independent_of_a_split_with_the_same_seed():
    assert set(holdout_indices(50, 0.5, "random", seed=0)[0]) != set(
        split_indices(50, [0.5, 0.5])[0]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 1.0), r"fraction must be in \[0, 1\)"),
        ((10, -0.1), "fraction must be between 0 and 1"),
        ((10, 0.0), "leaves 10 for training and 0"),
        ((1, 0.5), "leaves 0 for training and 1"),
        ((10, 0.2, "first"), "'last', 'random', 'stratified'"),
        ((10, 0.2, "stratified"), "needs labels"),
    ],
)
def test_holdout_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        holdout_indices(*arguments)


def test_holdout_labels_of_another_length():
    with pytest.raises(ShapeError, match="one label for each of 10 rows"):
        holdout_indices(10, 0.2, "stratified", [0, 1])


# --- split ---------------------------------------------------------------------------------


def test_split_in_three_keeps_rows_together():
    x, y = np.arange(200).reshape(100, 2), np.arange(100)
    parts = split(x, y, seed=2)
    assert [len(px) for px, _ in parts] == [70, 15, 15]
    for px, py in parts:
        assert_array_equal(px[:, 0], 2 * py)
    check_partition([py for _, py in parts], 100)


def test_split_in_two_and_of_one_array():
    (x_train, _), (x_test, y_test) = split(list(range(10)), ["a"] * 10, validation=0, test=0.3)
    assert (len(x_train), len(x_test)) == (7, 3)
    assert list(y_test) == ["a"] * 3
    train, validation = split(np.eye(10), validation=0.2, test=0)
    assert train.shape == (8, 10)
    assert validation.shape == (2, 10)


def test_split_stratified():
    y = np.repeat(["no", "yes"], [80, 20])
    parts = split(y, stratify=y, validation=0.2, test=0.1)
    assert [int((part == "yes").sum()) for part in parts] == [14, 4, 2]


def test_split_everything_for_training():
    (only,) = split(np.arange(5), validation=0, test=0)
    check_partition([only], 5)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_split_of_data_frames(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({"size": list(range(20)), "kind": ["a", "b"] * 10})
    train, held, test = split(frame, validation=0.2, test=0.2, stratify=frame["kind"])
    assert type(train) is type(frame)
    assert [len(part) for part in (train, held, test)] == [12, 4, 4]
    sizes = [np.asarray(part["size"]) for part in (train, held, test)]
    check_partition(sizes, 20)
    assert [int((s % 2).sum()) for s in sizes] == [6, 2, 2]
    series_train, _ = split(frame["size"], validation=0, test=0.5)
    assert type(series_train) is type(frame["size"])


def test_split_errors():
    x = np.zeros((10, 2))
    with pytest.raises(ShapeError, match=r"equally many rows, got \[10, 9\]"):
        split(x, np.zeros(9))
    with pytest.raises(ArgumentError, match="leave no rows to train on"):
        split(x, validation=0.5, test=0.5)
    with pytest.raises(ArgumentError, match="validation must be between"):
        split(x, validation=-0.1)
    with pytest.raises(ArgumentError, match="at least one array"):
        split()
    with pytest.raises(ArgumentTypeError, match="array 1 must be an array"):
        split(x, 3)
    with pytest.raises(ShapeError, match="stratify must hold one label for each of 10"):
        split(x, stratify=True)
    with pytest.raises(ShapeError, match="stratify must hold"):
        split(x, stratify=[0, 1])
    with pytest.raises(ShapeError, match="different lengths"):
        split([[1, 2], [3]], validation=0, test=0.5)
    with pytest.raises(ShapeError, match="array 0 has no rows"):
        split([])


# --- KFold ---------------------------------------------------------------------------------


@given(n=st.integers(2, 80), k=st.integers(2, 12), shuffle=st.booleans(), seed=st.integers(0, 1000))
def test_each_row_is_tested_once(n, k, shuffle, seed):
    folds = KFold(k, shuffle, seed)
    if n < k:
        with pytest.raises(ArgumentError, match="choose a smaller k"):
            next(folds.split(np.zeros(n)))
        return
    pairs = list(folds.split(np.zeros((n, 3))))
    check_partition([test for _, test in pairs], n)
    sizes = [len(test) for _, test in pairs]
    assert len(pairs) == k
    assert max(sizes) - min(sizes) <= 1
    for train, test in pairs:
        check_partition([train, test], n)


@given(
    counts=st.lists(st.integers(4, 30), min_size=1, max_size=5),
    k=st.integers(2, 4),
    shuffle=st.booleans(),
)
def test_stratified_folds_share_each_class(counts, k, shuffle):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    tests = [t for _, t in KFold(k, shuffle, stratified=True).split(labels, labels)]
    check_partition(tests, len(labels))
    table = np.array([np.bincount(labels[t], minlength=len(counts)) for t in tests])
    assert (np.ptp(table, axis=0) <= 1).all()
    assert np.ptp(table.sum(axis=1)) <= 1


def test_folds_repeat_and_depend_on_the_seed():
    first, again, other = (
        [tuple(t) for _, t in KFold(4, seed=s).split(range(30))] for s in (1, 1, 2)
    )
    assert first == again != other


def test_fold_errors():
    with pytest.raises(ArgumentError, match="k must be finite and at least 2"):
        KFold(1)
    with pytest.raises(ArgumentError, match="seed"):
        KFold(3, seed=-1)
    with pytest.raises(ArgumentError, match="stratified=True needs y"):
        next(KFold(2, stratified=True).split(range(4)))
    with pytest.raises(DataError, match=r"Class 1 has 1 member.*k=2 folds"):
        next(KFold(2, stratified=True).split(range(4), [0, 0, 0, 1]))
    with pytest.raises(ShapeError, match="y must hold one label for each of 4"):
        next(KFold(2, stratified=True).split(range(4), [0, 1]))
