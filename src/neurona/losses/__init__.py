"""Losses: what training makes small."""

from neurona.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from neurona.losses.fused import Fused, fused
from neurona.losses.loss import Loss, get, registry
from neurona.losses.regression import MeanSquaredError

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Fused",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "fused",
    "get",
    "registry",
]
