"""The list of all data sets."""

from __future__ import annotations

from dataclasses import dataclass

from neurona.data.datasets.folders import DATA_VARIABLE

PACKAGED = "inside the package"
GENERATED = "generated from a seed"
CLASSIFICATION = "classification"
REGRESSION = "regression"


@dataclass(frozen=True)
class DatasetInfo:
    """One line of the list.

    Args:
        name: as in ``neurona.datasets.<name>``.
        task: "classification" or "regression".
        rows: number of rows; None where the caller chooses it.
        features: the shape of one row.
        classes: number of classes; None for regression.
        origin: where the values come from.
        summary: what it is, in a few words.
    """

    name: str
    task: str
    rows: int | None
    features: tuple[int, ...]
    classes: int | None
    origin: str
    summary: str


def available() -> list[DatasetInfo]:
    """Every data set of ``neurona.datasets``.

    ``iris``, ``digits``, ``mnist`` and ``fashion_mnist`` have ``load_data()``;
    the others are functions.

    >>> [info.name for info in available() if info.rows == 150]
    ['iris']
    """
    return [
        _labelled("iris", 150, (4,), 3, PACKAGED, "flowers: four measurements, three species"),
        _labelled("digits", 1797, (8, 8), 10, PACKAGED, "handwritten digits of 8×8 pixels"),
        _labelled("mnist", 70_000, (28, 28), 10, _fetched(11), "handwritten digits, 28×28 pixels"),
        _labelled(
            "fashion_mnist", 70_000, (28, 28), 10, _fetched(31), "pictures of clothes, 28×28 pixels"
        ),
        _labelled("xor", None, (2,), 2, GENERATED, "quadrants: the signs differ or not"),
        _labelled("circles", None, (2,), 2, GENERATED, "a disc within a ring"),
        _labelled("moons", None, (2,), 2, GENERATED, "two interleaved half circles"),
        _labelled("gaussians", None, (2,), 2, GENERATED, "two normal clouds"),
        _labelled("spirals", None, (2,), 2, GENERATED, "arms winding out; 2 or more classes"),
        _labelled("blobs", None, (2,), 3, GENERATED, "round clouds; 2 or more classes"),
        DatasetInfo("plane", REGRESSION, None, (2,), None, GENERATED, "a tilted plane"),
        DatasetInfo("multi_gaussian", REGRESSION, None, (2,), None, GENERATED, "six bumps"),
        _labelled("truth_table", 4, (2,), 2, "computed", "and, or, not, nand, nor, xor, xnor"),
    ]


def _labelled(
    name: str, rows: int | None, features: tuple[int, ...], classes: int, origin: str, summary: str
) -> DatasetInfo:
    return DatasetInfo(name, CLASSIFICATION, rows, features, classes, origin, summary)


def _fetched(megabytes: int) -> str:
    return f"${DATA_VARIABLE}, the cache, or a download of {megabytes} MB"
