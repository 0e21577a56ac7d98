"""Classes counted and shared out: what stratified splits and folds are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurona.errors import ArgumentError, DataError, ShapeError

Indices = NDArray[np.int64]


class Strata(NamedTuple):
    """Labels as numbers: row ``i`` is of class ``values[codes[i]]``."""

    codes: Indices  # (n,)
    values: NDArray[Any]  # (classes,), sorted
    counts: Indices  # (classes,)


def strata_of(labels: Any, n: int, name: str = "labels") -> Strata:
    """Number the classes of ``n`` labels.

    Args:
        labels: (n,) or (n, 1) numbers, booleans or strings; or (n, k) one-hot rows.
        n: how many there must be.
        name: the argument's name in messages.

    Raises:
        ShapeError: not ``n`` labels, or rows of more than one column that are not one-hot.
        DataError: a label is missing (NaN, None) or labels of several kinds are mixed.

    >>> strata_of(["b", "a", "b"], 3).counts
    array([1, 2])
    """
    array = np.asarray(labels)
    if array.ndim not in (1, 2) or array.shape[0] != n:
        raise ShapeError(
            f"{name} must hold one label for each of {n} rows, got shape {array.shape}."
        )
    if array.ndim == 2:
        array = _one_column(array, name)
    if array.dtype.kind in "fO":
        missing = [row for row, label in enumerate(array.tolist()) if _is_missing(label)]
        if missing:
            raise DataError(
                f"{name}[{missing[0]}] is {array[missing[0]]}: every row needs a class label "
                f"({len(missing)} have none)."
            )
    try:
        values, codes, counts = np.unique(array, return_inverse=True, return_counts=True)
    except TypeError as error:
        raise DataError(
            f"{name} mixes values that have no order ({error}); use all numbers or all strings."
        ) from error
    return Strata(codes.reshape(-1).astype(np.int64), values, counts.astype(np.int64))


def _is_missing(label: Any) -> bool:
    return label is None or bool(label != label)  # NaN alone differs from itself


def _one_column(array: NDArray[Any], name: str) -> NDArray[Any]:
    if array.shape[1] == 1:
        return array[:, 0]
    one_hot = ((array == 0) | (array == 1)).all(axis=1) & ((array == 1).sum(axis=1) == 1)
    if not one_hot.all():
        row = int(np.flatnonzero(~one_hot)[0])
        raise ShapeError(
            f"{name} has shape {array.shape}, and row {row} is not one-hot. Rows are stratified "
            f"by one label each, shape ({len(array)},), or a one-hot row."
        )
    return np.asarray(array.argmax(axis=1))


def check_members(strata: Strata, least: int, purpose: str) -> None:
    """Raise a :class:`DataError` if a class has fewer than ``least`` members."""
    rare = int(strata.counts.argmin())
    if strata.counts[rare] < least:
        raise DataError(
            f"Class {strata.values[rare].item()!r} has {strata.counts[rare]} member(s), and "
            f"{purpose} needs at least {least} of each class. Collect more, merge rare classes, "
            f"or do not stratify (a regression target cannot be stratified)."
        )


def share_out(counts: Indices, sizes: list[int]) -> Indices:
    """How many members of each class go to each part.

    Each part gets its exact size and at least one member of every class; beyond
    that the shares follow the classes' sizes, by largest remainders.

    Args:
        counts: (classes,) members, each at least ``len(sizes)``.
        sizes: rows of each part; they add up to ``counts.sum()``.

    Returns:
        (parts, classes) numbers.

    Raises:
        ArgumentError: a part is smaller than the number of classes.

    >>> share_out(np.array([60, 40]), [80, 20])
    array([[48, 32],
           [12,  8]])
    """
    small = min(sizes)
    if small < len(counts):
        raise ArgumentError(
            f"A part of {small} row(s) cannot hold one of each of {len(counts)} classes: "
            "give it a larger fraction, or do not stratify."
        )
    shares = np.zeros((len(sizes), len(counts)), dtype=np.int64)
    rest = counts.copy()
    for part in range(len(sizes) - 1, 0, -1):  # each later part leaves one row to each earlier
        shares[part] = _proportional(rest, sizes[part], rest - part)
        rest -= shares[part]
    shares[0] = rest
    return shares


def _proportional(counts: Indices, size: int, most: Indices) -> Indices:
    """``size`` seats in proportion to ``counts``, each class between 1 and ``most``."""
    total = int(counts.sum())
    seats = np.clip(counts * size // total, 1, most)
    while (lacking := size - int(seats.sum())) != 0:
        step = 1 if lacking > 0 else -1
        owed = step * (counts * size - seats * total)
        movable = seats < most if step > 0 else seats > 1
        seats[np.flatnonzero(movable)[owed[movable].argmax()]] += step
    return seats
