"""Metrics: what is measured while a network learns and when it is judged.

Each sums exactly, in float64 or whole numbers, batch by batch; the result of
batches is that of the whole data. With nothing seen it is 0.
"""

from neurona.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from neurona.metrics.auc import AUC
from neurona.metrics.confusion import ConfusionMatrix
from neurona.metrics.counting import CountMetric, F1Score, FBetaScore, Precision, Recall
from neurona.metrics.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from neurona.metrics.mean import MeanLoss, MeanMetric
from neurona.metrics.metric import Metric, registry
from neurona.metrics.regression import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    R2Score,
    RootMeanSquaredError,
)
from neurona.metrics.resolve import get, named

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "ConfusionMatrix",
    "CountMetric",
    "F1Score",
    "FBetaScore",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanLoss",
    "MeanMetric",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "get",
    "named",
    "registry",
]
