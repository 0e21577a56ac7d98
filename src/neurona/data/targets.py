"""Labels brought into the form that the output and the loss need, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.activations import Sigmoid, Softmax
from neurona.errors import DataError, ShapeError
from neurona.network import Program

Array = NDArray[Any]


def align(y: Array, program: Program) -> Array:
    """Targets as class indices ``(n,)`` or as rows of the output's shape.

    ============================  ==============================  ===============
    loss                          y                               becomes
    ============================  ==============================  ===============
    categorical, k outputs        whole numbers (n,) or (n, 1)    indices (n,)
    categorical, k outputs        rows (n, k)                     rows (n, k)
    any other, 1 output           (n,) or (n, 1)                  rows (n, 1)
    any other, k outputs          rows (n, k)                     rows (n, k)
    any other, k softmax outputs  whole numbers (n,) or (n, 1)    one-hot rows
    ============================  ==============================  ===============

    Raises:
        ShapeError: any other shape; nothing is broadcast.
        DataError: a label is no class of the output.
    """
    output = program.network.output_shape
    loss = program.loss
    assert loss is not None
    rows = (len(y), *output)
    flat = y.reshape(len(y)) if y.ndim == 2 and y.shape[1] == 1 else y
    if loss.classes:
        if output[-1] == 1:
            raise ShapeError(
                f"{type(loss).__name__} compares classes, but the output layer "
                f"{program.network.nodes[-1].name!r} has one unit (output shape {output}). Use "
                f'Dense(1, activation="sigmoid") with loss="binary_crossentropy", or one unit '
                f"per class with softmax."
            )
        if y.shape != rows and flat.shape == rows[:-1]:
            return class_indices(flat, output[-1])
    if y.shape == rows:
        return y.astype(program.storage, copy=False)
    if output == (1,) and flat.ndim == 1:
        return flat.reshape(-1, 1).astype(program.storage, copy=False)
    last = program.network.nodes[-1].layer.activation
    if flat.ndim == 1 and len(output) == 1 and isinstance(last, Softmax):
        indices = class_indices(flat, output[-1])
        return np.asarray(indices[:, None] == np.arange(output[-1]), dtype=program.storage)
    raise ShapeError(_mismatch(y, program))


def class_indices(labels: Array, classes: int) -> Array:
    """Whole-number labels as integers, checked to lie in 0 … classes − 1."""
    if labels.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            whole = np.isfinite(labels) & (labels == np.floor(labels))
        if not whole.all():
            i = np.flatnonzero(~whole)[0]
            raise DataError(
                f"y[{i}] is {labels.reshape(-1)[i]}, not a class number. Class labels are whole "
                f"numbers from 0 to {classes - 1}; for continuous targets use a loss such as mse."
            )
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        outside = (labels < 0) | (labels >= classes)
        i = np.flatnonzero(outside)[0]
        wider = f" or give the output layer {int(labels.max()) + 1} units"
        raise DataError(
            f"y[{i}] is {labels.reshape(-1)[i]}, but the output layer has {classes} units, so "
            f"labels must be from 0 to {classes - 1} ({int(outside.sum())} are not). Number the "
            f"classes from 0 (classes, y = numpy.unique(y, return_inverse=True))"
            f"{'' if labels.min() < 0 else wider}."
        )
    return labels.astype(np.int64, copy=False)


def _mismatch(y: Array, program: Program) -> str:
    network, loss = program.network, program.loss
    node, k = network.nodes[-1], network.output_shape[-1]
    message = (
        f"y has shape {y.shape}, but the output layer {node.name!r} gives "
        f"{('n', *network.output_shape)!r} and {type(loss).__name__} compares them entry by entry."
    ).replace("'n'", "n")
    if y.ndim == 1 and y.dtype.kind in "biu":
        if isinstance(node.layer.activation, Sigmoid):
            return (
                f"{message} For several labels per row, give y as rows of {k} zeros and ones; for "
                f'classes, use activation="softmax" with loss="sparse_categorical_crossentropy".'
            )
        return f"{message} For class labels use a softmax output with a categorical loss."
    if y.ndim == 2 and k == 1 and y.shape[1] > 1:
        return f"{message} Give the output layer {y.shape[1]} units."
    return f"{message} Give the output layer as many units as y has columns, or reshape y."
