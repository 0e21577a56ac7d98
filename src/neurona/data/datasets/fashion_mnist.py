"""Fashion-MNIST: 70,000 pictures of clothes of 28×28 pixels."""

from __future__ import annotations

import os
from pathlib import Path

from neurona.data.datasets.dataset import Pair
from neurona.data.datasets.idx_dataset import IdxDataset, IdxFile

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

FASHION_MNIST = IdxDataset(
    title="Fashion-MNIST",
    folders=("fashion_mnist", "fashion-mnist"),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    files={
        "train-images-idx3-ubyte": IdxFile(
            (60_000, 28, 28), "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
        ),
        "train-labels-idx1-ubyte": IdxFile(
            (60_000,), "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
        ),
        "t10k-images-idx3-ubyte": IdxFile(
            (10_000, 28, 28), "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
        ),
        "t10k-labels-idx1-ubyte": IdxFile(
            (10_000,), "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
        ),
    },
)


def load_data(
    path: str | os.PathLike[str] | None = None, *, download: bool = True
) -> tuple[Pair, Pair]:
    """Fashion-MNIST's training and test parts, as published.

    The four files are looked for in ``$NEURONA_DATA/fashion_mnist`` (or
    ``fashion-mnist``), ``$NEURONA_DATA`` and the user's cache, and then fetched
    (31 MB) into the cache. They may be gzipped or not. Whatever their origin,
    their unpacked content must have the SHA-256 of the original files.

    Args:
        path: a folder that holds the files, or holds them in ``fashion_mnist/``;
            if given, nothing else is looked at and nothing is fetched.
        download: whether they may be fetched.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: x uint8 (60000, 28, 28) and
        (10000, 28, 28); y uint8 (60000,) and (10000,), a number into
        ``CLASS_NAMES``.

    Raises:
        DatasetError: found nowhere and not to be fetched, with every place that
            was tried and what to put where by hand; or ``path`` lacks files.
        FileFormatError: a file is damaged or holds something else.

    Source: Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST: a novel image dataset
    for benchmarking machine learning algorithms"; MIT licence. Its authors publish
    the MD5 of the gzipped files; the SHA-256 here are of the unpacked content,
    on which several independent projects agree.

    >>> (x_train, y_train), (x_test, y_test) = load_data()  # doctest: +SKIP
    >>> CLASS_NAMES[y_train[0]]  # doctest: +SKIP
    'Ankle boot'
    """
    return FASHION_MNIST.load(path, download=download)


def folder() -> Path | None:
    """The folder on this machine that holds Fashion-MNIST's four files; None if none does."""
    return FASHION_MNIST.folder()
