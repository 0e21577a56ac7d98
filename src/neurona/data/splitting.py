"""Rows divided into training, validation and test parts, and into folds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.data.strata import Indices, Strata, check_members, share_out, strata_of
from neurona.errors import ArgumentError, ArgumentTypeError, ShapeError
from neurona.forks import UNCUT
from neurona.random import Purpose, Stream, check_seed

# Counters that keep the permutations of different uses of one seed apart.
_SPLIT, _HOLDOUT, _FOLDS = range(3)


def split(
    *arrays: Any,
    validation: float = 0.15,
    test: float = 0.15,
    stratify: Any = None,
    seed: int = 0,
) -> tuple[Any, ...]:
    """Divide rows at random into training, validation and test parts.

    Args:
        *arrays: arrays, lists or data frames of equally many rows, e.g. ``x, y``.
        validation, test: each part's fraction of the rows, in [0, 1); with 0
            that part is left out of the result, so that two parts remain.
        stratify: (n,) labels, or one-hot (n, k): every class is represented in
            each part in proportion to its size, and at least once.
        seed: whole number in [0, 2**64); the same seed gives the same parts.

    Returns:
        ``(x_train, y_train), (x_val, y_val), (x_test, y_test)``; with a single
        array, ``x_train, x_val, x_test``. Rows come in random order.

    Raises:
        ShapeError: the arrays differ in their number of rows.
        ArgumentError: a fraction out of range, or a part that would be empty.
        DataError: a class with fewer members than there are parts.

    Source: stratified sampling, Neyman (1934).

    >>> x, y = np.arange(20).reshape(10, 2), np.arange(10) % 2
    >>> (x_train, y_train), (x_test, y_test) = split(x, y, validation=0, test=0.4, stratify=y)
    >>> x_train.shape, np.bincount(y_test)
    ((6, 2), array([2, 2]))
    """
    n = _common_rows(arrays)
    held_out = [checks.fraction("validation", validation), checks.fraction("test", test)]
    if sum(held_out) >= 1.0:
        raise ArgumentError(
            f"validation={validation} and test={test} leave no rows to train on: "
            "together they must stay below 1."
        )
    fractions = [1.0 - sum(held_out), *(f for f in held_out if f > 0)]
    if stratify is None:
        parts = split_indices(n, fractions, seed)
    else:
        strata = strata_of(stratify, n, "stratify")
        parts = _stratified(strata, _sizes(n, fractions), seed, _SPLIT)
    chosen = [tuple(_take_rows(array, part) for array in arrays) for part in parts]
    return tuple(chosen) if len(arrays) > 1 else tuple(rows for (rows,) in chosen)


def split_indices(n: int, fractions: Sequence[float], seed: int = 0) -> tuple[Indices, ...]:
    """Divide ``0 … n − 1`` at random into parts.

    Args:
        n: number of rows, at least 1.
        fractions: each part's fraction, above 0; together 1.
        seed: whole number in [0, 2**64).

    Returns:
        One int64 array of row numbers a part, in random order. Sizes are
        ``n · fraction``, rounded by largest remainders.

    Raises:
        ArgumentError: fractions that do not add up to 1, or an empty part.

    >>> [len(part) for part in split_indices(150, (0.7, 0.15, 0.15), seed=1)]
    [105, 23, 22]
    """
    n = checks.integer("n", n, 1)
    ends = np.cumsum(_sizes(n, _check_fractions(fractions)))[:-1]
    return tuple(np.split(_permutation(n, seed, _SPLIT), ends))


def stratified_split_indices(
    labels: Any, fractions: Sequence[float], seed: int = 0
) -> tuple[Indices, ...]:
    """Divide rows at random, every class in proportion.

    Args:
        labels: (n,) class labels, numbers or strings; or one-hot (n, k).
        fractions: each part's fraction, above 0; together 1.
        seed: whole number in [0, 2**64).

    Returns:
        As :func:`split_indices`, with the same sizes; each part holds every
        class at least once, and otherwise in proportion, by largest remainders.

    Raises:
        DataError: a class has fewer members than there are parts.
        ArgumentError: a part smaller than the number of classes, bad fractions.

    >>> train, test = stratified_split_indices([0] * 8 + [1] * 4, (0.75, 0.25))
    >>> sorted(int(i >= 8) for i in test)
    [0, 0, 1]
    """
    n = _rows_of(labels, "labels")
    strata = strata_of(labels, n)
    sizes = _sizes(n, _check_fractions(fractions))
    return _stratified(strata, sizes, seed, _SPLIT)


def holdout_indices(
    n: int, fraction: float, strategy: str = "last", labels: Any = None, seed: int = 0
) -> tuple[Indices, Indices]:
    """Choose the rows that training holds out for validation.

    Args:
        n: number of rows.
        fraction: of the rows that are held out, in (0, 1).
        strategy: ``"last"``, Keras's: the last rows, before any shuffling;
            ``"random"``; or ``"stratified"``: random, every class in proportion.
        labels: (n,) or one-hot (n, k), for ``"stratified"``.
        seed: whole number in [0, 2**64), for ``"random"`` and ``"stratified"``.

    Returns:
        ``(training, validation)`` row numbers, ascending; with every strategy
        ``int(n · (1 − fraction))`` rows remain for training.

    Raises:
        ArgumentError: a fraction out of range, an unknown strategy, an empty
            part, or no labels to stratify by.
        DataError: a class with fewer than two members.

    >>> holdout_indices(5, 0.4)
    (array([0, 1, 2]), array([3, 4]))
    """
    n = checks.integer("n", n, 1)
    kept = int(n * (1.0 - checks.fraction("fraction", fraction)))
    checks.choice("strategy", strategy, "last", "random", "stratified")
    if not 0 < kept < n:
        raise ArgumentError(
            f"fraction={fraction} of {n} row(s) leaves {kept} for training and {n - kept} for "
            "validation: both need at least one. Change the fraction or give more rows."
        )
    if strategy == "last":
        return np.arange(kept), np.arange(kept, n)
    if strategy == "random":
        order = _permutation(n, seed, _HOLDOUT)
        return np.sort(order[:kept]), np.sort(order[kept:])
    if labels is None:
        raise ArgumentError("strategy='stratified' needs labels: one class label for each row.")
    training, validation = _stratified(strata_of(labels, n), [kept, n - kept], seed, _HOLDOUT)
    return np.sort(training), np.sort(validation)


@dataclass(frozen=True)
class KFold:
    """Cross-validation: ``k`` folds, each the test part once.

    Args:
        k: number of folds, at least 2 and at most the number of rows.
        shuffle: whether rows are dealt out at random; otherwise folds are
            blocks of consecutive rows.
        seed: whole number in [0, 2**64), for the shuffle.
        stratified: whether every fold gets its share of each class; this needs
            labels, and ``k`` members of each class.

    Fold sizes, and with ``stratified`` each class's rows a fold, differ by at most one.

    Source: Stone (1974), "Cross-validatory choice and assessment of statistical predictions".

    >>> for train, test in KFold(3, shuffle=False).split(range(5)):
    ...     print(train, test)
    [2 3 4] [0 1]
    [0 1 4] [2 3]
    [0 1 2 3] [4]
    """

    k: int = 5
    shuffle: bool = True
    seed: int = 0
    stratified: bool = False

    def __post_init__(self) -> None:
        checks.integer("k", self.k, 2)
        check_seed(self.seed)

    def split(self, x: Any, y: Any = None) -> Iterator[tuple[Indices, Indices]]:
        """Yield ``(training, test)`` row numbers, ascending, once for each fold.

        Args:
            x: anything with ``n`` rows.
            y: (n,) labels, or one-hot (n, k); used if ``stratified``.

        Raises:
            ArgumentError: fewer rows than folds, or no labels to stratify by.
            DataError: a class with fewer than ``k`` members.
        """
        fold = self._fold_of_each_row(_rows_of(x, "x"), y)
        for number in range(self.k):
            yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)

    def _fold_of_each_row(self, n: int, y: Any) -> Indices:
        if n < self.k:
            raise ArgumentError(f"{n} row(s) cannot make k={self.k} folds: choose a smaller k.")
        order = _permutation(n, self.seed, _FOLDS) if self.shuffle else np.arange(n)
        fold = np.empty(n, dtype=np.int64)
        if self.stratified:
            if y is None:
                raise ArgumentError("stratified=True needs y: one class label for each row.")
            strata = strata_of(y, n, "y")
            check_members(strata, self.k, f"stratifying k={self.k} folds")
            # Dealing class after class round the folds, like cards, evens out both.
            by_class = order[np.argsort(strata.codes[order], kind="stable")]
            fold[by_class] = np.arange(n) % self.k
        else:
            for number, rows in enumerate(np.array_split(order, self.k)):
                fold[rows] = number
        return fold


def _rows_of(array: Any, name: str) -> int:
    """The number of rows of an array, a list or a data frame; at least one."""
    try:
        n = len(array)
    except TypeError:
        raise ArgumentTypeError(
            f"{name} must be an array, a list or a data frame, got {type(array).__name__}."
        ) from None
    if n == 0:
        raise ShapeError(f"{name} has no rows.")
    return n


def _take_rows(array: Any, rows: Indices) -> Any:
    """The given rows of an array, a list (as an array) or a data frame (as one)."""
    if isinstance(array, np.ndarray):
        return array[rows]
    if isinstance(array, (list, tuple, range)):
        return _as_array(array)[rows]
    with UNCUT:
        import narwhals

    native: Any = narwhals.from_native(array, eager_only=True, allow_series=True, pass_through=True)
    if native is array:  # no data frame that narwhals knows
        return _as_array(array)[rows]
    return native[rows.tolist()].to_native()


def _as_array(rows: Any) -> NDArray[Any]:
    try:
        return np.asarray(rows)
    except ValueError as error:
        raise ShapeError(f"Rows of different lengths make no array: {error}.") from error


def _common_rows(arrays: tuple[Any, ...]) -> int:
    if not arrays:
        raise ArgumentError("split needs at least one array, e.g. split(x, y).")
    counts = [_rows_of(array, f"array {i}") for i, array in enumerate(arrays)]
    if len(set(counts)) > 1:
        raise ShapeError(f"The arrays must have equally many rows, got {counts}.")
    return counts[0]


def _check_fractions(fractions: Sequence[float]) -> list[float]:
    if isinstance(fractions, (str, bytes)) or not isinstance(fractions, (Sequence, np.ndarray)):
        raise ArgumentTypeError(
            f"fractions must be a sequence such as (0.8, 0.2), got {fractions!r}."
        )
    checked = [checks.real(f"fractions[{i}]", f, 0.0, 1.0) for i, f in enumerate(fractions)]
    if not checked or min(checked) == 0.0 or abs(math.fsum(checked) - 1.0) > 1e-9:
        raise ArgumentError(
            f"fractions must each be above 0 and add up to 1, got {tuple(checked)}."
        )
    return checked


def _sizes(n: int, fractions: list[float]) -> list[int]:
    """``n`` rows shared out by largest remainders; of equal ones the first wins."""
    ideal = [round(n * f, 9) for f in fractions]  # so that 0.15 · 20 is 3, not 2.999…
    sizes = [math.floor(value) for value in ideal]
    by_remainder = sorted(range(len(sizes)), key=lambda i: sizes[i] - ideal[i])
    for i in by_remainder[: n - sum(sizes)]:
        sizes[i] += 1
    if min(sizes) == 0:
        empty = fractions[sizes.index(0)]
        raise ArgumentError(
            f"A fraction of {empty:g} of {n} row(s) is an empty part: "
            "make it larger, leave it out, or give more rows."
        )
    return sizes


def _permutation(n: int, seed: int, use: int, minor: int = 0) -> Indices:
    return Stream(check_seed(seed), Purpose.SPLIT, use, minor).permutation(n)


def _stratified(strata: Strata, sizes: list[int], seed: int, use: int) -> tuple[Indices, ...]:
    """Rows in random order, dealt class by class to parts of exactly ``sizes``."""
    check_members(strata, len(sizes), f"a stratified split in {len(sizes)} parts")
    last = np.cumsum(share_out(strata.counts, sizes), axis=0)  # (parts, classes)
    n = len(strata.codes)
    order = _permutation(n, seed, use)
    by_class = order[np.argsort(strata.codes[order], kind="stable")]
    starts = np.cumsum(strata.counts) - strata.counts
    place = np.empty(n, dtype=np.int64)  # each row's place within its class
    place[by_class] = np.arange(n) - starts[strata.codes[by_class]]
    part = (place >= last[:, strata.codes]).sum(axis=0)
    # A second permutation: in the first, a part begins with the classes that come early in it.
    order = _permutation(n, seed, use, minor=1)
    return tuple(order[part[order] == number] for number in range(len(sizes)))
