"""The network as an immutable plan: layers, shapes, and where each weight lies."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from neurona import memory
from neurona.errors import ArgumentError, ShapeError
from neurona.layers.layer import Layer, Shape, Weight
from neurona.losses.fused import Fused, fused
from neurona.losses.loss import Loss
from neurona.optimizers.optimizer import Optimizer, Slots
from neurona.random import Purpose, Stream

Array = Any
Weights = dict[str, Array]  # "dense/kernel" -> array


@dataclass(frozen=True)
class Node:
    """One layer in its place.

    Attributes:
        keys: for each of its weights, the layer's name for it and its key in
            the network's dictionary: ``("kernel", "dense/kernel")``.
    """

    layer: Layer
    name: str
    index: int
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Weight, ...]
    trainable: bool

    @property
    def keys(self) -> tuple[tuple[str, str], ...]:
        return tuple((w.name, f"{self.name}/{w.name}") for w in self.weights)

    def count_params(self) -> int:
        return sum(math.prod(w.shape) for w in self.weights)


class Network:
    """A chain of layers whose shapes fit.

    Args:
        layers: at least one, each with a name of its own.
        input_shape: shape of one sample.

    Raises:
        ShapeError: a layer cannot take the shape that the one before it gives.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape) -> None:
        self.input_shape = input_shape
        self.nodes = tuple(_nodes(layers, input_shape))
        self.output_shape = self.nodes[-1].output_shape
        self.output_size = math.prod(self.output_shape)
        # Computed once: the training step walks these for every batch.
        self.params = tuple(node.keys for node in self.nodes)
        self.specs: dict[str, Weight] = {
            key: spec
            for node in self.nodes
            for (_, key), spec in zip(node.keys, node.weights, strict=True)
        }
        self.trainable = tuple(
            key
            for node in self.nodes
            for (_, key), spec in zip(node.keys, node.weights, strict=True)
            if node.trainable and spec.trainable
        )
        self.stateful = tuple(
            node
            for node in self.nodes
            if node.trainable and any(not spec.trainable for spec in node.weights)
        )
        self.regularized = tuple(key for key in self.trainable if self.specs[key].regularizer)
        learning = [node.index for node in self.nodes if self._learns(node)]
        self.first_learning = learning[0] if learning else len(self.nodes)

    def _learns(self, node: Node) -> bool:
        return node.trainable and any(spec.trainable for spec in node.weights)

    def params_of(self, node: Node, weights: Weights) -> dict[str, Array]:
        """A node's weights under the names its layer gave them."""
        return {name: weights[key] for name, key in self.params[node.index]}

    def count_params(self) -> int:
        """The number of weights' entries, trainable or not."""
        return sum(node.count_params() for node in self.nodes)

    def count_trainable(self) -> int:
        """The number of entries that gradients move."""
        return sum(math.prod(self.specs[key].shape) for key in self.trainable)

    def init_weights(self, seed: int, dtype: Any) -> Weights:
        """Every weight's first value.

        Raises:
            TooLargeError: training would need more memory than there is.
        """
        memory.check_network(self, np.dtype(dtype))
        return {
            key: np.ascontiguousarray(
                spec.initializer(spec.shape, Stream(seed, Purpose.INITIALISE, node.index, i)),
                dtype=dtype,
            )
            for node in self.nodes
            for i, ((_, key), spec) in enumerate(zip(node.keys, node.weights, strict=True))
        }


def _nodes(layers: Sequence[Layer], shape: Shape) -> Iterator[Node]:
    if not layers:
        raise ArgumentError("The model has no layers. Add one: model.add(layers.Dense(10)).")
    for index, layer in enumerate(layers):
        if index and layer.input_shape not in (None, shape):
            raise ShapeError(
                f"Layer {layer.name!r} declares input_shape={layer.input_shape}, but the layer "
                f"before it gives {shape}. Leave input_shape to the first layer."
            )
        specs, output = layer.weights(shape), layer.output_shape(shape)
        assert layer.name is not None  # Sequential names every layer
        yield Node(layer, layer.name, index, shape, output, specs, layer.trainable)
        shape = output


def storage_dtype(dtype: str) -> str:
    """The dtype of a program's arrays: weights, optimizer state, inputs, outputs.

    bfloat16 is a way to multiply: what it multiplies is kept in float32.

    Example:
        >>> storage_dtype("bfloat16"), storage_dtype("float64")
        ('float32', 'float64')
    """
    return "float32" if dtype == "bfloat16" else dtype


@dataclass(frozen=True)
class Program:
    """All that training depends on except data and state.

    Attributes:
        loss, optimizer: None in a model that only predicts.
        dtype: "float32", "float64", or "bfloat16": large matrix products in bfloat16,
            all else in float32.
        fused: the exact joint form of the last activation and the loss, if any.
    """

    network: Network
    loss: Loss | None = None
    optimizer: Optimizer | None = None
    seed: int = 0
    dtype: str = "float32"
    fused: Fused | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.loss is not None:
            last = self.network.nodes[-1].layer
            object.__setattr__(self, "fused", fused(last.activation, self.loss))

    @property
    def storage(self) -> str:
        """The dtype of arrays; see :func:`storage_dtype`."""
        return storage_dtype(self.dtype)

    @property
    def slot_keys(self) -> tuple[str, ...]:
        """The weights that the optimizer keeps slots for."""
        return self.network.trainable if self.optimizer is not None else ()

    def init_slots(self, weights: Weights) -> dict[str, Slots]:
        """The optimizer's state before the first step, for each trainable weight."""
        if self.optimizer is None:
            return {}
        return {key: self.optimizer.init(weights[key]) for key in self.network.trainable}


@dataclass(frozen=True)
class State:
    """What training changes. A value: a step makes a new one.

    Attributes:
        weights: every weight by key.
        slots: the optimizer's memory of each trainable weight.
        iteration: optimizer steps taken.
        epoch: epochs begun; with the seed, it decides the next shuffling.
    """

    weights: Weights
    slots: dict[str, Slots] = field(default_factory=dict)
    iteration: int = 0
    epoch: int = 0
