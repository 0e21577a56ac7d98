"""Small helpers around labels and data, with Keras's names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentError, DataError, ShapeError
from neurona.losses.loss import numbers
from neurona.random import set_random_seed

__all__ = [
    "balanced_class_weight",
    "normalize",
    "set_random_seed",
    "to_categorical",
    "to_labels",
]


def to_categorical(x: Any, num_classes: int | None = None) -> NDArray[np.float64]:
    """Class indices as one-hot rows.

    Args:
        x: whole numbers from 0, of any shape; a last axis of length 1 is dropped.
        num_classes: number of columns; by default the largest index plus 1.

    Returns:
        An array of shape ``(*x.shape, num_classes)``.

    Raises:
        DataError: an entry is not a whole number in [0, num_classes).

    >>> to_categorical([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = numbers("x", x)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels.reshape(labels.shape[:-1])
    if num_classes is None:
        if not labels.size:
            raise DataError("x is empty, so the number of classes is unknown: give num_classes.")
        k = max(int(labels.max()), 0) + 1 if np.isfinite(labels).all() else 1
    else:
        k = checks.integer("num_classes", num_classes, 1)
    valid = (labels >= 0) & (labels < k) & (labels == np.floor(labels))
    if not valid.all():
        place = np.argwhere(~valid)[0]
        raise DataError(
            f"x{place.tolist() or ''} is {labels[tuple(place)]}, which is not a class index: "
            f"a whole number from 0 to {'the largest one' if num_classes is None else k - 1}."
        )
    return np.asarray(labels[..., None] == np.arange(k), dtype=np.float64)


def to_labels(rows: Any) -> NDArray[np.int64]:
    """One-hot rows, or rows of probabilities, as class indices.

    Args:
        rows: shape (…, k).

    Returns:
        The place of each row's largest entry, shape (…,).

    Raises:
        ShapeError: there is no class axis.
        DataError: a row holds NaN, or has several largest entries (all zeros, say).

    >>> to_labels([[0, 0, 1], [1, 0, 0]])
    array([2, 0])
    """
    scores = numbers("rows", rows)
    if scores.ndim < 1 or scores.shape[-1] < 1:
        raise ShapeError(f"rows must have shape (n, classes), got {scores.shape}.")
    largest = scores == scores.max(axis=-1, keepdims=True)
    unclear = largest.sum(axis=-1) != 1
    if unclear.any():
        place = tuple(np.argwhere(unclear)[0].tolist())
        raise DataError(
            f"row {place[0] if len(place) == 1 else place} is of no single class: "
            f"{scores[place].tolist()}."
        )
    return np.asarray(scores.argmax(axis=-1))


def balanced_class_weight(y: Any) -> dict[Any, float]:
    """The weights by which all classes count the same: α_c = n / (k n_c).

    Args:
        y: the labels (n,) or (n, 1) — numbers or names — or one-hot rows (n, k).

    Returns:
        α by class, for ``fit(class_weight=...)``; for one-hot rows by index.

    Source: King & Zeng 2001, "Logistic regression in rare events data".

    >>> balanced_class_weight([0, 0, 0, 1])
    {0: 0.6666666666666666, 1: 2.0}
    """
    labels = np.asarray(y)
    if labels.ndim == 2:
        labels = to_labels(labels) if labels.shape[1] > 1 else labels[:, 0]
    if labels.ndim != 1 or not labels.size:
        raise ShapeError(f"y must be labels (n,) or one-hot rows (n, k), got {labels.shape}.")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise DataError(f"y[{int(np.flatnonzero(np.isnan(labels))[0])}] is NaN.")
    classes, counts = np.unique(labels, return_counts=True)
    weights = labels.size / (len(classes) * counts)
    return dict(zip(classes.tolist(), weights.tolist(), strict=True))


def normalize(x: Any, axis: int = -1, order: float = 2) -> NDArray[np.floating[Any]]:
    """``x`` divided by its norm along an axis; zeros stay zeros.

    Args:
        x: an array of numbers.
        axis: along which the norm becomes 1.
        order: which norm: 1 the sum of sizes, 2 the length, inf the largest.

    Raises:
        ArgumentError: ``x`` has no such axis.

    >>> normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    values = numbers("x", x)
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    axis = checks.integer("axis", axis, -max(values.ndim, 1), max(values.ndim, 1) - 1)
    if values.ndim == 0:
        raise ShapeError("x must have at least one axis, got a single number.")
    if not (isinstance(order, (int, float)) and order > 0):
        raise ArgumentError(f"order must be a number greater than 0, got {order!r}.")
    norm = np.linalg.norm(values, order, axis=axis, keepdims=True)
    return np.asarray(values / np.where(norm == 0, 1, norm))
