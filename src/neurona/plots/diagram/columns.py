"""What there is to draw of a network: one column for the input and for each layer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neurona.activations import Identity
from neurona.layers import Dense
from neurona.network import Node
from neurona.plots.tracing import check_model
from neurona.random import Float64
from neurona.stack import Stack


@dataclass(frozen=True, eq=False)
class Column:
    """The input, or one layer.

    Attributes:
        name: the layer's; "input" for the first.
        kind: its class, such as "Dense"; "" for the input.
        activation: such as "tanh"; "" for none.
        shape: of one sample's output.
        parameters: how many numbers its weights hold.
        kernel: (units before, units) of a Dense layer, else None.
        bias: (units,) of a Dense layer that has one, else None.
    """

    name: str
    kind: str
    activation: str
    shape: tuple[int, ...]
    parameters: int
    kernel: Float64 | None = None
    bias: Float64 | None = None

    @property
    def units(self) -> int:
        """How many numbers one sample's output has."""
        return math.prod(self.shape)

    @property
    def about(self) -> str:
        """Class and activation in a few words."""
        return " · ".join(part for part in (self.kind, self.activation) if part)


def columns_of(model: Stack, weights: bool) -> tuple[Column, ...]:
    """The columns of a model.

    Args:
        weights: whether Dense layers' weights are wanted; else they are not even made.
    """
    network = check_model(model).network
    values = model.weights if weights else None
    found = [Column("input", "", "", network.input_shape, 0)]
    for node in network.nodes:
        kernel, bias = None, None
        if values is not None and isinstance(node.layer, Dense):
            kernel = np.asarray(values[f"{node.name}/kernel"], dtype=np.float64)
            given = values.get(f"{node.name}/bias")
            bias = None if given is None else np.asarray(given, dtype=np.float64)
        found.append(
            Column(
                node.name,
                type(node.layer).__name__,
                _activation(node),
                node.output_shape,
                node.count_params(),
                kernel,
                bias,
            )
        )
    return tuple(found)


def _activation(node: Node) -> str:
    activation = node.layer.activation
    name = type(activation).__name__
    return "" if isinstance(activation, Identity) or name == type(node.layer).__name__ else name
