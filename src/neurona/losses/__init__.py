"""Losses: what training makes small."""

from neurona.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from neurona.losses.divergence import CosineSimilarity, KLDivergence, Poisson
from neurona.losses.elementwise import Elementwise
from neurona.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from neurona.losses.fused import Fused, fused
from neurona.losses.loss import Loss, get, registry
from neurona.losses.margin import (
    CategoricalHinge,
    Hinge,
    Logistic,
    MaxMargin,
    Perceptron,
    SquaredHinge,
    ZeroOne,
)
from neurona.losses.regression import (
    HalfSquaredError,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    ResidualSumOfSquares,
)

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Elementwise",
    "Fused",
    "HalfSquaredError",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Logistic",
    "Loss",
    "MaxMargin",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Perceptron",
    "Poisson",
    "ResidualSumOfSquares",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "ZeroOne",
    "fused",
    "get",
    "registry",
]
