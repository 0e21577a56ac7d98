"""From a plan and the training rows to a compiled model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import Sequential, layers, regularizers
from neurona.cli.labels import Classes
from neurona.cli.plan import Asked, option
from neurona.cli.recipes import Recipe
from neurona.cli.sources import Data
from neurona.errors import DataError
from neurona.layers import Layer
from neurona.network import storage_dtype
from neurona.optimizers import Optimizer

Array = NDArray[Any]


def build(
    data: Data, x: Array, y: Array, recipe: Recipe, optimizer: Optimizer, asked: Asked
) -> Sequential:
    """A model that takes raw rows: it scales its inputs itself.

    Args:
        data: the set, for its classes and its scale.
        x, y: the rows to train on, without those held out: statistics are theirs.
        recipe, optimizer, asked: what was planned.

    Raises:
        DataError: values too large to standardise.
    """
    chain = [layers.Input(shape=x.shape[1:]), *_scaling(data, x, asked.dtype)]
    if x.ndim > 2:
        chain.append(layers.Flatten())
    for units in recipe.layers:
        chain.append(_dense(units, recipe.activation, asked.l2))
        if asked.dropout:
            chain.append(layers.Dropout(asked.dropout))
    chain += _output(data, y, asked)
    with option("--layers"):
        model = Sequential(chain, _name(data.name), asked.seed, asked.dtype)
    model.info = {"dataset": data.name, **info_of(data.classes)}
    if data.sha256 is not None:
        model.info["data_sha256"] = data.sha256
    loss, metrics = _judged_by(data.classes)
    model.compile(optimizer, loss, metrics, engine=asked.engine, threads=asked.threads)
    return model


def _scaling(data: Data, x: Array, dtype: str) -> list[Layer]:
    if data.scale is not None:
        return [layers.Rescaling(data.scale)]
    # An image's pixels share one mean and variance; a table's columns have their own.
    layer = layers.Normalization(axis=None if x.ndim > 2 else -1)
    return [_adapted(layer, "x", x, dtype)]


def _output(data: Data, y: Array, asked: Asked) -> list[Layer]:
    count, l2 = len(data.classes.labels), asked.l2
    if count == 2:
        return [_dense(1, "sigmoid", l2)]
    if count:
        return [_dense(count, "softmax", l2)]
    output: list[Layer] = [_dense(y.shape[1] if y.ndim > 1 else 1, "linear", l2)]
    if data.sha256 is not None:  # a file's values may be of any size: learn them in theirs
        layer = layers.Normalization(invert=True)
        output.append(_adapted(layer, "y", y.reshape(len(y), -1), asked.dtype))
    return output


def _judged_by(classes: Classes) -> tuple[str, list[str]]:
    if not classes:
        return "mse", ["mae", "r2"]
    binary = len(classes.labels) == 2
    return ("binary_crossentropy" if binary else "sparse_categorical_crossentropy"), ["accuracy"]


def _dense(units: int, activation: str, l2: float) -> Layer:
    return layers.Dense(units, activation, kernel_regularizer=regularizers.L2(l2) if l2 else None)


def _adapted(layer: layers.Normalization, name: str, values: Array, dtype: str) -> Layer:
    layer.adapt(values)
    assert layer.variance is not None  # just adapted
    if layer.variance.max() > np.finfo(storage_dtype(dtype)).max:
        raise DataError(
            f"{name} reaches {np.abs(values).max():.3g}, whose square is too large for {dtype}. "
            f"Divide it by a large number before saving the file."
        )
    return layer


def _name(name: str) -> str:
    return name.rsplit(".", 1)[0]


def info_of(classes: Classes) -> dict[str, Any]:
    """What ``model.info`` says of the classes."""
    if not classes:
        return {}
    return {"labels": list(classes.labels), "class_names": list(classes.names)}
