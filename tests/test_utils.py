"""Label and data helpers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurona import losses, random, utils
from neurona.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20))
def test_one_hot_and_back(labels: list[int]) -> None:
    rows = utils.to_categorical(labels)
    assert rows.shape == (len(labels), max(labels) + 1)
    assert rows.dtype == np.float64
    assert set(rows.ravel()) <= {0.0, 1.0}
    np.testing.assert_array_equal(rows.sum(axis=1), 1)
    np.testing.assert_array_equal(utils.to_labels(rows), labels)


@pytest.mark.parametrize(
    ("x", "classes", "shape"),
    [
        ([[0], [2]], None, (2, 3)),
        ([[0, 1], [2, 0]], None, (2, 2, 3)),
        ([[[0], [1]]], 4, (1, 2, 4)),
        (np.array([1, 0], dtype=np.uint8), 10, (2, 10)),
        ([1.0, 0.0], None, (2, 2)),
        (2, None, (3,)),
        ([], 3, (0, 3)),
    ],
)
def test_shapes_of_one_hot_rows(x: Any, classes: int | None, shape: tuple[int, ...]) -> None:
    rows = utils.to_categorical(x, classes)
    assert rows.shape == shape
    np.testing.assert_array_equal(utils.to_labels(rows), np.asarray(x).reshape(shape[:-1]))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: utils.to_categorical([0, 3, 1], 3), DataError, r"x\[1\] is 3.*0 to 2"),
        (lambda: utils.to_categorical([[0, 1], [-1, 0]]), DataError, r"x\[1, 0\] is -1"),
        (lambda: utils.to_categorical([0.5]), DataError, r"x\[0\] is 0\.5"),
        (lambda: utils.to_categorical([0, math.nan]), DataError, r"x\[1\] is nan"),
        (lambda: utils.to_categorical([0, math.inf]), DataError, r"x\[1\] is inf"),
        (lambda: utils.to_categorical(7, 3), DataError, r"x is 7"),
        (lambda: utils.to_categorical([]), DataError, "give num_classes"),
        (lambda: utils.to_categorical(["cat"]), DataError, r"numpy\.unique|np\.unique"),
        (lambda: utils.to_categorical([[0], [1, 2]]), ShapeError, "different lengths"),
        (lambda: utils.to_categorical([0], 0), ArgumentError, "num_classes"),
        (lambda: utils.to_categorical([0], 2.0), ArgumentTypeError, "num_classes"),
        (lambda: utils.to_labels([[1, 0], [0, 0]]), DataError, r"row 1 is of no single class"),
        (lambda: utils.to_labels([[1, 1, 0]]), DataError, "row 0"),
        (lambda: utils.to_labels([[0.2, math.nan]]), DataError, "row 0"),
        (lambda: utils.to_labels([[[1, 0], [0, 0]]]), DataError, r"row \(0, 1\)"),
        (lambda: utils.to_labels(3), ShapeError, r"\(n, classes\)"),
        (lambda: utils.to_labels(np.zeros((2, 0))), ShapeError, r"\(2, 0\)"),
        (lambda: utils.balanced_class_weight([]), ShapeError, r"\(0,\)"),
        (lambda: utils.balanced_class_weight(np.zeros((2, 2, 2))), ShapeError, r"\(2, 2, 2\)"),
        (lambda: utils.balanced_class_weight([1.0, math.nan]), DataError, r"y\[1\] is NaN"),
        (lambda: utils.normalize(3.0), ShapeError, "at least one axis"),
        (lambda: utils.normalize([1.0], axis=1), ArgumentError, "axis"),
        (lambda: utils.normalize([1.0], order=0), ArgumentError, "order"),
        (lambda: utils.normalize(["a"]), DataError, "x must hold real numbers"),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_labels_of_probabilities() -> None:
    np.testing.assert_array_equal(utils.to_labels([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]), [1, 0])


@pytest.mark.parametrize("form", ["numbers", "column", "rows", "names"])
def test_balanced_weights(form: str) -> None:
    labels = np.array([0] * 6 + [1] * 3 + [2])
    forms: dict[str, tuple[Any, list[Any]]] = {
        "numbers": (labels, [0, 1, 2]),
        "column": (labels[:, None], [0, 1, 2]),
        "rows": (np.eye(3)[labels], [0, 1, 2]),
        "names": (np.array(["ham", "rye", "zest"])[labels], ["ham", "rye", "zest"]),
    }
    y, keys = forms[form]
    weights = utils.balanced_class_weight(y)
    assert list(weights) == keys
    np.testing.assert_allclose(list(weights.values()), [10 / 18, 10 / 9, 10 / 3])  # n / (k n_c)
    total = sum(weights[keys[c]] for c in labels)
    assert total == pytest.approx(len(labels))


def test_balanced_weights_make_the_balanced_crossentropy() -> None:
    y = np.array([0, 0, 0, 1])
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    weight = utils.balanced_class_weight(y)
    balanced = losses.CategoricalFocalCrossentropy(tuple(weight.values()), gamma=0.0)
    plain = losses.SparseCategoricalCrossentropy()
    assert balanced(y, p) == pytest.approx(plain(y, p, [weight[c] for c in y]))


@given(
    arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3).map(lambda v: round(v, 2))),
    st.sampled_from([0, 1, -1, -2]),
    st.sampled_from([1, 2, 3, math.inf]),
)
def test_normalize(x: Any, axis: int, order: float) -> None:
    unit = utils.normalize(x, axis, order)
    size = np.linalg.norm(unit, order, axis=axis)
    zero = (x == 0).all(axis=axis)
    np.testing.assert_allclose(size, np.where(zero, 0, 1))
    np.testing.assert_allclose(unit * np.linalg.norm(x, order, axis=axis, keepdims=True), x)


def test_normalize_keeps_float32_and_takes_whole_numbers() -> None:
    assert utils.normalize(np.ones((2, 2), dtype=np.float32)).dtype == np.float32
    np.testing.assert_allclose(utils.normalize([3, 4]), [0.6, 0.8])


def test_set_random_seed_is_that_of_random() -> None:
    utils.set_random_seed(11)
    try:
        assert [random.fresh_seed(), random.fresh_seed()] == [11, 12]
    finally:
        random.forget_random_seed()
