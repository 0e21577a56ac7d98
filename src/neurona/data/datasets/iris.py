"""Iris: 150 flowers of three species, four measurements of each."""

from __future__ import annotations

from neurona.data.datasets.dataset import Dataset, Pair, read_packaged, train_and_test

CLASS_NAMES = ("setosa", "versicolor", "virginica")
FEATURE_NAMES = ("sepal length", "sepal width", "petal length", "petal width")


def load_data(*, test_fraction: float = 0.2, seed: int = 0) -> tuple[Pair, Pair]:
    """Iris in a training and a test part, each with every species in proportion.

    Args:
        test_fraction: of the 150 rows, in (0, 1); 0.2 is 30 rows, ten a species.
        seed: whole number in [0, 2**64); the same seed gives the same parts.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: x float32 (n, 4), in cm; y int64
        (n,), 0 setosa, 1 versicolor, 2 virginica. Rows come in random order.

    Raises:
        ArgumentError: a fraction that leaves a part without one of each species.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape
    ((120, 4), (30, 4))
    """
    return train_and_test(load(), test_fraction, seed)


def load() -> Dataset:
    """All 150 flowers, by species.

    Setosa can be told from the others by a straight line; versicolor and
    virginica overlap a little.

    Source: Fisher (1936), "The use of multiple measurements in taxonomic
    problems". The values are those of the paper: two rows that are wrong in
    some copies are right here.

    >>> load()
    Dataset('iris', x=float32(150, 4), y=int64(150,), classes=3)
    """
    arrays = read_packaged("iris")
    return Dataset(
        name="iris",
        x=arrays["x"],
        y=arrays["y"],
        feature_names=FEATURE_NAMES,
        class_names=CLASS_NAMES,
        description="Sepals and petals of 150 iris flowers of three species, in cm.",
        source="R. A. Fisher (1936), Annals of Eugenics 7(2), 179-188. "
        "UCI Machine Learning Repository, doi:10.24432/C56C76, CC BY 4.0.",
    )
