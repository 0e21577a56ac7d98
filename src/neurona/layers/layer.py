"""What every layer is: weights, a forward pass and, beside it, the backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypedDict

import numpy as np

from neurona import activations, checks
from neurona.constraints import Constraint
from neurona.errors import ArgumentError, NotBuiltError, ShapeError
from neurona.initializers import Initializer
from neurona.part import Part, Registry
from neurona.random import Stream
from neurona.regularizers import Regularizer

Array = Any
Shape = tuple[int, ...]  # without the batch's size
Params = Mapping[str, Array]  # a layer's weights by name
Cache = Any  # what forward keeps for backward

MAX_DIMENSIONS = 32  # of one sample


@dataclass(frozen=True)
class Weight:
    """A weight that a layer wants: its name, shape and first values."""

    name: str
    shape: Shape
    initializer: Initializer
    trainable: bool = True
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None


class Context(NamedTuple):
    """Where a forward pass happens.

    Attributes:
        training: whether dropout drops and batch normalization uses the batch.
        random: this layer's random numbers at this step.
        xp: the array namespace, NumPy or jax.numpy.
    """

    training: bool
    random: Stream
    xp: Any = np


class Common(TypedDict, total=False):
    """The arguments that every layer takes besides its own and ``activation``."""

    input_shape: Shape | None
    input_dim: int | None
    name: str | None
    trainable: bool


class Layer(Part):
    """A layer ``h = g(f(x))``: a map ``f`` with weights, then an activation ``g``.

    ``forward`` computes ``z = f(x)``; the activation is applied by the loop in
    ``backprop.py``, for all layers alike. To write a layer of your own, derive
    from this class and define ``forward`` and ``backward``, and where they apply
    ``weights`` and ``output_shape``. Its gradients are compared with finite
    differences when a model first uses it.

    Args:
        activation: the activation g; by default the identity.
        input_shape: shape of one sample, for the first layer of a model.
        input_dim: the same for samples that are vectors: ``(input_dim,)``.
        name: unique in the model; by default made from the class's name.
        trainable: False freezes the weights.
    """

    aliases: ClassVar[tuple[str, ...]] = ("input_dim",)

    def __init__(
        self,
        activation: Any = "identity",
        input_shape: Shape | None = None,
        input_dim: int | None = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        self.activation = activations.get(activation)
        if input_dim is not None:
            if input_shape is not None:
                raise ArgumentError("Give input_shape or input_dim, not both.")
            input_shape = (input_dim,)
        self.input_shape = None if input_shape is None else check_shape("input_shape", input_shape)
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ArgumentError(f"name must be a non-empty string without '/', got {name!r}.")
        self.name = name
        self.trainable = bool(trainable)
        self.owner: Any = None  # the model that the layer is in

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one sample of z. By default that of x."""
        return input_shape

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        """The weights for inputs of that shape. By default none."""
        return ()

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Cache]:
        """``z = f(x)`` for a batch ``x`` of shape (n, *input_shape), and the cache."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(params, x, ctx).")

    def backward(
        self, params: Params, cache: Cache, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array | None, Params]:
        """``∂E/∂x`` and the gradients of the trainable weights by name, given ``∂E/∂z``.

        Where ``need_dx`` is False, nothing below the layer learns, and None may
        be returned in place of ``∂E/∂x``.
        """
        raise NotImplementedError(f"{type(self).__name__} must define backward.")

    def get_weights(self) -> list[Any]:
        """Copies of the layer's weights, in the order of :meth:`weights`.

        Raises:
            NotBuiltError: the layer is in no model, or that has no shapes yet.
        """
        model = self._model()
        return [model.weights[key].copy() for key in model.layer_keys(self)]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace the layer's weights, in the order of :meth:`weights`."""
        self._model().put_layer_weights(self, weights)

    def count_params(self) -> int:
        """The number of numbers in the layer's weights."""
        return sum(w.size for w in self.get_weights())

    def _model(self) -> Any:
        if self.owner is None:
            raise NotBuiltError(f"Layer {self.name!r} is in no model, so it has no weights yet.")
        return self.owner

    def next_state(self, params: Params, cache: Cache, xp: Any = np) -> Params:
        """New values of weights that no gradient moves (running means), after a step."""
        return {}

    def _repr_html_(self) -> str:
        from neurona.display.layer import layer_html

        return layer_html(self)


registry: Registry[Layer] = Registry("layer", lambda: Layer)


def check_shape(name: str, shape: Any) -> Shape:
    """Return ``shape`` as a tuple of positive whole numbers."""
    if isinstance(shape, int):
        shape = (shape,)
    if not isinstance(shape, (tuple, list)) or not shape:
        raise ArgumentError(f"{name} must be a tuple such as (784,), got {shape!r}.")
    if len(shape) > MAX_DIMENSIONS:
        raise ArgumentError(f"{name} has {len(shape)} dimensions; {MAX_DIMENSIONS} are the most.")
    return tuple(checks.integer(f"{name}[{i}]", size, 1) for i, size in enumerate(shape))


def check_vector(layer: Layer, input_shape: Shape) -> int:
    """The number of features of a layer's input, its last axis."""
    if not input_shape:
        raise ShapeError(
            f"Layer {layer.name!r} needs inputs with features, of shape (n, features); "
            f"got single numbers of shape (n,). Use x.reshape(-1, 1)."
        )
    return input_shape[-1]
