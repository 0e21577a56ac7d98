"""A model's inside: the layers that a picture asks for, and what they compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.backprop import Trace, forward
from neurona.data.arrays import as_array
from neurona.errors import ArgumentError, ArgumentTypeError
from neurona.fitting import check_features
from neurona.layers.layer import Layer
from neurona.network import Node, Program
from neurona.stack import Stack


def check_model(model: Any) -> Stack:
    """``model`` if it is one whose layers can be looked into.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not isinstance(model, Stack):
        raise ArgumentTypeError(
            f"model must be a neurona Sequential, whose layers can be looked into; "
            f"got {type(model).__name__}."
        )
    return model


def trace(model: Stack, x: Any) -> list[Trace]:
    """What each layer computes for rows x, as in prediction: dropout drops nothing.

    Raises:
        ShapeError: x does not have the features that the model takes.
    """
    network = check_model(model).network
    rows = check_features(as_array("x", x), Program(network))
    with np.errstate(all="ignore"):
        return forward(network, model.weights, rows.astype(model.storage, copy=False))


def node_of(model: Stack, layer: str | int | None, kind: type[Layer]) -> Node:
    """The layer of that name or index, in its place; by default the first of ``kind``.

    Raises:
        ArgumentError: there is none.
    """
    network = check_model(model).network
    if layer is None:
        for node in network.nodes:
            if isinstance(node.layer, kind):
                return node
        raise ArgumentError(f"The model has no {kind.__name__} layer: name one, layer=….")
    if isinstance(layer, str):
        wanted = model.get_layer(name=layer)
    elif isinstance(layer, int) and not isinstance(layer, bool):
        wanted = model.get_layer(index=layer)
    else:
        raise ArgumentTypeError(f"layer must be a name or an index, got {layer!r}.")
    (found,) = [node for node in network.nodes if node.layer is wanted]
    return found
