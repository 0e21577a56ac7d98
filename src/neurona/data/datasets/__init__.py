"""Data sets to learn from: inside the package, generated, or fetched."""

from neurona.data.datasets import digits, fashion_mnist, idx, iris, mnist
from neurona.data.datasets.catalogue import DatasetInfo, available
from neurona.data.datasets.dataset import Dataset
from neurona.data.datasets.shapes import blobs, circles, gaussians, moons, spirals, xor
from neurona.data.datasets.surfaces import multi_gaussian, plane
from neurona.data.datasets.truth_tables import truth_table

__all__ = [
    "Dataset",
    "DatasetInfo",
    "available",
    "blobs",
    "circles",
    "digits",
    "fashion_mnist",
    "gaussians",
    "idx",
    "iris",
    "mnist",
    "moons",
    "multi_gaussian",
    "plane",
    "spirals",
    "truth_table",
    "xor",
]
