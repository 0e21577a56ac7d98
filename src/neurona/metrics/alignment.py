"""Labels, predictions and weights brought to shapes that fit, or an error that says why not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.errors import ArgumentTypeError, DataError, NonFiniteError, ShapeError

Array = NDArray[Any]
Float64 = NDArray[np.float64]


def columns(name: str, p: Array) -> Array:
    """Predictions with the outputs on the last axis: ``(n,)`` becomes ``(n, 1)``."""
    _numeric(name, "predictions", p)
    if p.ndim == 0:
        raise ShapeError(f"{name}: predictions must have shape (n, outputs), got a single number.")
    return p[:, None] if p.ndim == 1 else p


def same_shape(name: str, y: Array, p: Array) -> tuple[Array, Array]:
    """Targets and predictions, both of the predictions' shape (n, …, k).

    Targets ``(n,)`` stand for ``(n, 1)`` where there is one output; nothing else
    is reshaped and nothing is ever broadcast.
    """
    p = columns(name, p)
    _numeric(name, "targets", y)
    if y.shape == p.shape[:-1] and p.shape[-1] == 1:
        y = y[..., None]
    if y.shape != p.shape:
        indices = y.shape in (p.shape[:-1], (*p.shape[:-1], 1))
        raise ShapeError(
            f"{name}: targets have shape {y.shape} but predictions have shape {p.shape}; "
            f"they must be the same (nothing is broadcast). "
            + ("Class indices need one-hot rows here." if indices else "Reshape one of them.")
        )
    return y, p


def class_indices(name: str, y: Array, p: Array) -> tuple[NDArray[np.int64], Array]:
    """The true class of each row, of shape (n, …), and predictions (n, …, k), k > 1.

    Labels are class indices (n, …) or (n, …, 1), or rows of p's shape, whose
    largest entry tells the class.

    Raises:
        DataError: a label is not a whole number in [0, k).
    """
    p = columns(name, p)
    _numeric(name, "labels", y)
    k = p.shape[-1]
    if k == 1:
        raise ShapeError(
            f"{name}: compares the outputs of several classes, but predictions have shape "
            f"{p.shape}. For one output use BinaryAccuracy, or give the network one per class."
        )
    if y.shape == p.shape:
        return y.argmax(axis=-1), p
    if y.shape not in (p.shape[:-1], (*p.shape[:-1], 1)):
        raise ShapeError(
            f"{name}: labels of shape {y.shape} do not fit predictions of shape {p.shape}: give "
            f"class indices of shape {p.shape[:-1]} or one-hot rows of shape {p.shape}."
        )
    labels = y.reshape(p.shape[:-1])
    bad = ~((labels >= 0) & (labels < k) & (labels == np.floor(labels)))  # ~ catches NaN too
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{name}: label {labels.reshape(-1)[row]} in row {row} is no class of {k} outputs; "
            f"labels are whole numbers from 0 to {k - 1}."
        )
    return labels.astype(np.int64), p


def yes_or_no(name: str, y: Array, p: Array) -> tuple[NDArray[np.bool_], Array]:
    """Labels as booleans of p's shape (n, …, k), and p.

    Labels are 0 and 1 (or −1 and 1) of p's shape, or class indices, which then
    stand for one-hot rows.

    Raises:
        DataError: a label is something else.
    """
    p = columns(name, p)
    if p.shape[-1] > 1 and y.shape != p.shape:
        labels, p = class_indices(name, y, p)
        return labels[..., None] == np.arange(p.shape[-1]), p
    y, p = same_shape(name, y, p)
    yes = y == 1
    bad = ~(yes | (y == 0) | (y == -1))
    if bad.any():
        value, row = y[bad][0], int(np.argwhere(bad)[0][0])
        raise DataError(f"{name}: label {value} in row {row} is neither 0 nor 1 (or −1 and 1).")
    return yes, p


def row_weights(name: str, sample_weight: Array | None, rows: int) -> Float64 | None:
    """Weights (n,) as float64, checked; None stands for all 1."""
    if sample_weight is None:
        return None
    _numeric(name, "sample_weight", sample_weight)
    if sample_weight.shape != (rows,):
        raise ShapeError(
            f"{name}: sample_weight must have shape ({rows},), one per sample; "
            f"got {sample_weight.shape}."
        )
    bad = ~((sample_weight >= 0) & (sample_weight < np.inf))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{name}: sample_weight[{row}] is {sample_weight[row]}; weights are finite and ≥ 0."
        )
    return sample_weight.astype(np.float64)


def entry_weights(name: str, sample_weight: Array | None, shape: tuple[int, ...]) -> Float64 | None:
    """What each of the ``n · …`` entries of (n, …) weighs: its sample's weight, flat."""
    w = row_weights(name, sample_weight, shape[0])
    return w if w is None or len(shape) == 1 else np.repeat(w, math.prod(shape[1:]))


def check_predictions(name: str, p: Array) -> None:
    """Raise if a prediction is NaN: no count can tell what it would have been."""
    bad = np.isnan(p)
    if bad.any():
        row = int(np.argwhere(bad)[0][0])
        raise NonFiniteError(
            f"{name}: the prediction in row {row} is NaN. The training diverged (try a smaller "
            f"learning rate) or the inputs of that row are not finite."
        )


def _numeric(name: str, what: str, values: Array) -> None:
    if values.dtype.kind not in "biuf":
        raise ArgumentTypeError(
            f"{name}: {what} must be numbers, got dtype {values.dtype}. Encode class names as "
            f"whole numbers first."
        )
