"""MNIST: 70,000 handwritten digits of 28×28 pixels."""

from __future__ import annotations

import os
from pathlib import Path

from neurona.data.datasets.dataset import Pair
from neurona.data.datasets.idx_dataset import IdxDataset, IdxFile

CLASS_NAMES = tuple("0123456789")

MNIST = IdxDataset(
    title="MNIST",
    folders=("mnist",),
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://raw.githubusercontent.com/fgnt/mnist/master/",
    ),
    files={
        "train-images-idx3-ubyte": IdxFile(
            (60_000, 28, 28), "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        ),
        "train-labels-idx1-ubyte": IdxFile(
            (60_000,), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
        "t10k-images-idx3-ubyte": IdxFile(
            (10_000, 28, 28), "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        ),
        "t10k-labels-idx1-ubyte": IdxFile(
            (10_000,), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    },
)


def load_data(
    path: str | os.PathLike[str] | None = None, *, download: bool = True
) -> tuple[Pair, Pair]:
    """MNIST's training and test parts, as published.

    The four files are looked for in ``$NEURONA_DATA/mnist``, ``$NEURONA_DATA``
    and the user's cache, and then fetched (11 MB) into the cache. They may be
    gzipped or not. Whatever their origin, their unpacked content must have the
    SHA-256 of the original files.

    Args:
        path: a folder that holds the files, or holds them in ``mnist/``; if
            given, nothing else is looked at and nothing is fetched.
        download: whether they may be fetched.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: x uint8 (60000, 28, 28) and
        (10000, 28, 28), 0 (paper) to 255 (ink); y uint8 (60000,) and (10000,),
        the digit.

    Raises:
        DatasetError: found nowhere and not to be fetched, with every place that
            was tried and what to put where by hand; or ``path`` lacks files.
        FileFormatError: a file is damaged or holds something else.

    Source: LeCun, Bottou, Bengio & Haffner (1998), "Gradient-based learning
    applied to document recognition".

    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> x_train.shape  # doctest: +SKIP
    (60000, 28, 28)
    """
    return MNIST.load(path, download=download)


def folder() -> Path | None:
    """The folder on this machine that holds MNIST's four files; None if none does."""
    return MNIST.folder()
