"""Digits: 1,797 handwritten digits of 8×8 pixels."""

from __future__ import annotations

from neurona.data.datasets.dataset import Dataset, Pair, read_packaged, train_and_test

CLASS_NAMES = tuple("0123456789")
FEATURE_NAMES = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))


def load_data(*, test_fraction: float = 0.2, seed: int = 0) -> tuple[Pair, Pair]:
    """The digits in a training and a test part, each digit in proportion.

    Args:
        test_fraction: of the 1,797 images, in (0, 1).
        seed: whole number in [0, 2**64); the same seed gives the same parts.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: x uint8 (n, 8, 8), 0 (paper) to
        16 (ink); y int64 (n,), the digit. Rows come in random order.

    Raises:
        ArgumentError: a fraction that leaves a part without one of each digit.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape
    ((1438, 8, 8), (359, 8, 8))
    """
    return train_and_test(load(), test_fraction, seed)


def load() -> Dataset:
    """All 1,797 images, in the order of their publication.

    Each pixel counts the inked ones, 0 to 16, in a 4×4 block of a 32×32
    picture. These are the test images of the source: 13 writers.

    Source: Alpaydin & Kaynak (1998), "Cascading classifiers".

    >>> load()
    Dataset('digits', x=uint8(1797, 8, 8), y=int64(1797,), classes=10)
    """
    arrays = read_packaged("digits")
    return Dataset(
        name="digits",
        x=arrays["x"],
        y=arrays["y"],
        feature_names=FEATURE_NAMES,
        class_names=CLASS_NAMES,
        description="Handwritten digits of 8×8 pixels, each 0 (paper) to 16 (ink).",
        source="E. Alpaydin & C. Kaynak (1998), Kybernetika 34(4), 369-374. "
        "UCI Machine Learning Repository, doi:10.24432/C50P49, CC BY 4.0.",
    )
