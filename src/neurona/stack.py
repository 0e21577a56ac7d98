"""The chain of layers behind a model: names, shapes, weights and configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from neurona import checks, memory
from neurona.data.arrays import Array
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    NeuronaError,
    NotBuiltError,
    ShapeError,
    suggestion,
)
from neurona.layers import Input
from neurona.layers.layer import Layer, Shape, check_shape
from neurona.network import Network, State, Weights, storage_dtype
from neurona.part import Config, CustomObjects, from_config, to_config
from neurona.random import check_seed, fresh_seed
from neurona.summary import summary_text

DTYPES = ("float32", "float64", "bfloat16")


class Stack:
    """Layers, first to last, that become a network when their input's shape is known.

    Args:
        layers: the layers; more can be added.
        name: for summaries and files.
        seed: of the first weights; None takes one from the system.
        dtype: of the weights, "float32" or "float64"; or "bfloat16": large matrix
            products are computed in it, weights and all else are float32.

    Attributes:
        info: a dict of JSON values that is saved with the model and otherwise left
            alone: class names, where the data came from …
    """

    def __init__(self, layers: Iterable[Layer], name: str, seed: int | None, dtype: str) -> None:
        self.name = name
        self.seed = fresh_seed() if seed is None else check_seed(seed)
        self.dtype = checks.choice("dtype", dtype, *DTYPES)
        self.info: dict[str, Any] = {}
        self._layers: list[Layer] = []
        self._input_shape: Shape | None = None
        self._network: Network | None = None
        self._state: State | None = None
        if not hasattr(layers, "__iter__"):
            raise ArgumentTypeError(
                f"layers must be a list of layers, such as [layers.Dense(10)], got "
                f"{type(layers).__name__}: {layers!r}."
            )
        for layer in layers:
            self._append(layer)
        if self._layers and self._input_shape is not None:
            self.build(self._input_shape)

    @property
    def storage(self) -> str:
        """The dtype of the weights' arrays: :attr:`dtype`, or float32 for bfloat16."""
        return storage_dtype(self.dtype)

    # --- structure -----------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last, without the declaration of the input."""
        return list(self._layers)

    @property
    def input_shape(self) -> Shape | None:
        """The shape of one sample, or None while it is not known."""
        return self._input_shape

    @property
    def output_shape(self) -> Shape:
        """The shape of one sample's output."""
        return self.network.output_shape

    def add(self, layer: Layer) -> None:
        """Add a layer at the end.

        Raises:
            ArgumentError: the layer is in a model already, or its name is taken.
            ShapeError: it cannot take what the layers before it give.
        """
        self._append(layer)
        if self._layers and self._input_shape is not None:
            try:
                self.build(self._input_shape)
            except NeuronaError:
                self.pop()  # leave the model as it was
                raise

    def _append(self, layer: Layer) -> None:
        """Add a layer whose shapes are yet to be fixed."""
        if not isinstance(layer, Layer):
            raise ArgumentTypeError(
                f"add takes a layer such as layers.Dense(10), got {type(layer).__name__}."
            )
        if isinstance(layer, Input):
            if self._layers or self._input_shape:
                raise ArgumentError("layers.Input must come first, and only once.")
            self._input_shape = layer.input_shape
            return
        if owner_of(layer) is not None:
            raise ArgumentError(
                f"Layer {layer.name!r} is in a model already. Make a new one for each place."
            )
        layer.name = self._name_for(layer)
        self._layers.append(layer)
        layer.owner = self
        self._reset()
        if self._input_shape is None:
            self._input_shape = layer.input_shape

    def pop(self) -> Layer:
        """Remove the last layer and return it."""
        if not self._layers:
            raise ArgumentError("The model has no layers to remove.")
        layer = self._layers.pop()
        layer.owner = None
        self._reset()
        return layer

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place.

        Raises:
            ArgumentError: there is none; suggests the nearest name.
        """
        if (name is None) == (index is None):
            raise ArgumentError("Give either name or index.")
        if index is not None:
            if not -len(self._layers) <= index < len(self._layers):
                raise ArgumentError(f"index={index}, but there are {len(self._layers)} layers.")
            return self._layers[index]
        for layer in self._layers:
            if layer.name == name:
                return layer
        names = [str(layer.name) for layer in self._layers]
        raise ArgumentError(f"No layer {name!r}.{suggestion(str(name), names)} There are: {names}.")

    def _name_for(self, layer: Layer) -> str:
        taken = {other.name for other in self._layers}
        if layer.name is not None:
            if layer.name in taken:
                raise ArgumentError(f"Two layers are named {layer.name!r}; names must differ.")
            return layer.name
        base = name = snake_case(type(layer).__name__)
        number = 0
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        return name

    def build(self, input_shape: Sequence[int]) -> None:
        """Fix the shape of one sample, and with it all the layers' shapes."""
        shape = check_shape("input_shape", tuple(input_shape))
        if self._network is not None and self._network.input_shape == shape:
            return
        if self._network is not None:
            raise ShapeError(
                f"The model was built for rows of shape {self._network.input_shape}, "
                f"not {shape}. Make a new one for another shape."
            )
        self._network = Network(self._layers, shape)
        self._input_shape = shape

    def _replan(self) -> None:
        """Look at the layers again, where the shapes are known."""
        if self._network is not None:
            self._network = Network(self._layers, self._network.input_shape)

    def _reset(self) -> None:
        """Forget the plan; weights of layers that stay are kept for the next one."""
        self._state = self._state and replace(self._state, slots={})
        self._network = None

    @property
    def network(self) -> Network:
        """The plan of layers and shapes.

        Raises:
            NotBuiltError: the input's shape is not known yet.
        """
        if self._network is None:
            if not self._layers:
                raise NotBuiltError(
                    "The model has no layers yet. Add one: model.add(layers.Dense(10))."
                )
            if self._input_shape is None:
                raise NotBuiltError(
                    "The model does not know its input's shape yet. Begin it with "
                    "layers.Input(shape=(features,)), or call fit, which takes it from x."
                )
            self.build(self._input_shape)
        assert self._network is not None
        return self._network

    # --- weights -------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Weights, optimizer state and counters; weights are made when first asked for."""
        network = self.network
        old = self._state
        if old is None or set(old.weights) != set(network.specs):
            kept = old.weights if old else {}
            fits = all(
                key in kept and kept[key].shape == spec.shape for key, spec in network.specs.items()
            )
            fresh: Weights = {} if fits else network.init_weights(self.seed, self.storage)
            weights = {
                key: kept[key] if key in kept and kept[key].shape == spec.shape else fresh[key]
                for key, spec in network.specs.items()
            }
            self._state = replace(old or State({}), weights=weights)
        assert self._state is not None
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state

    @property
    def weights(self) -> Weights:
        """All weights by key, as in ``state.weights``, without the optimizer's state."""
        return self.state.weights

    def get_weights(self) -> list[Array]:
        """Copies of all weights: layer by layer, in each layer's order (kernel, bias …)."""
        return [w.copy() for w in self.weights.values()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace all weights; the optimizer's state stays.

        Args:
            weights: arrays in the order of :meth:`get_weights`.

        Raises:
            ShapeError: their number or a shape is wrong.
        """
        self._put(dict(self.network.specs), weights)

    def _put(self, specs: dict[str, Any], weights: Sequence[Any]) -> None:
        if len(weights) != len(specs):
            raise ShapeError(
                f"{len(specs)} weights are needed ({', '.join(specs)}), got {len(weights)}."
            )
        new = {}
        for (key, spec), values in zip(specs.items(), weights, strict=True):
            array = np.asarray(values)
            if array.shape != spec.shape or array.dtype.kind not in "biuf":
                raise ShapeError(
                    f"{key!r} has shape {spec.shape}, got {array.shape} of dtype {array.dtype}."
                )
            new[key] = np.array(array, dtype=self.storage)  # a copy: the caller may change theirs
        self.state = replace(self.state, weights={**self.state.weights, **new})

    def layer_keys(self, layer: Layer) -> list[str]:
        """The keys of a layer's weights in ``state.weights``."""
        (node,) = [n for n in self.network.nodes if n.layer is layer]
        return [key for _, key in node.keys]

    def put_layer_weights(self, layer: Layer, weights: Sequence[Any]) -> None:
        """Replace one layer's weights; see ``layer.set_weights``."""
        self._put({key: self.network.specs[key] for key in self.layer_keys(layer)}, weights)

    def count_params(self) -> int:
        """The number of numbers in all weights.

        >>> from neurona import Sequential, layers
        >>> net = [layers.Input(shape=(3,)), layers.Dense(5), layers.Dense(2)]
        >>> Sequential(net).count_params()
        32
        """
        return self.network.count_params()

    def summary(self, print_fn: Callable[[str], object] = print) -> None:
        """Print the layers, the shapes of their outputs, and their parameters."""
        network = self.network
        size = network.count_params() * np.dtype(self.storage).itemsize
        print_fn(summary_text(self.name, network, memory.human(size)))

    def __repr__(self) -> str:
        from neurona.display.model import model_text

        return model_text(self)

    def _repr_html_(self) -> str:
        from neurona.display.model import model_html

        return model_html(self)

    # --- configuration -------------------------------------------------------------

    def get_config(self) -> Config:
        """Everything but the weights, as JSON-ready values."""
        return {
            "name": self.name,
            "input_shape": None if self._input_shape is None else list(self._input_shape),
            "layers": [to_config(layer) for layer in self._layers],
            "seed": self.seed,
            "dtype": self.dtype,
            "info": dict(self.info),
        }

    @classmethod
    def from_config(cls, config: Config, custom_objects: CustomObjects | None = None) -> Self:
        """A new model with the layers of :meth:`get_config`, and weights of its own."""
        layers = [from_config(layer, custom_objects) for layer in config["layers"]]
        shape = config["input_shape"]
        first = [Input(shape=tuple(shape))] if shape is not None else []
        model = cls([*first, *layers], config["name"], config["seed"], config["dtype"])  # type: ignore[list-item]
        model.info = dict(config.get("info", {}))
        return model


def owner_of(layer: Layer) -> Any:
    """The model that a layer is in, or None."""
    return layer.owner


def snake_case(name: str) -> str:
    """A class's name in small letters: ``"LeakyReLU"`` as ``"leaky_relu"``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name).lower()
