"""The numbers of one training step: of the loss, of each layer, of each weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.activations import Activation
from neurona.display.numbers import shape_text
from neurona.errors import ArgumentError
from neurona.layers.layer import Layer, Weight
from neurona.losses.loss import Loss
from neurona.optimizers.optimizer import Slots

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class LossStep:
    """The loss of the batch.

    Attributes:
        loss: the part that computed it.
        y: the targets, as rows of the output's shape where the loss compares such rows.
        values: ℓ, one for each sample, (n, …).
        scale: s, what each of them counts in the batch's loss, of the same shape.
        value: E, the batch's loss: ``Σ s ℓ`` and the penalties.
        data: ``Σ s ℓ`` alone.
        penalties: the regularizers' values, by weight.
        gradient: ``∂ℓ/∂h``, by the network's output, of its shape; not yet scaled.
        fused: whether training takes ``∂E/∂z`` of the last layer at once, as it does
            for softmax with cross-entropy; ``gradient`` is then only for reading.
    """

    loss: Loss
    y: Array
    values: Array
    scale: Array
    value: float
    data: float
    penalties: Mapping[str, float]
    gradient: Array
    fused: bool


@dataclass(frozen=True, eq=False)
class WeightStep:
    """One weight of a layer, before the step and after it.

    Attributes:
        name: the layer's name for it, such as ``"kernel"``.
        key: the network's, such as ``"dense/kernel"``.
        spec: its regularizer and constraint, and whether it can be trained.
        before, after: its values.
        data_gradient: what the samples' loss gives; None if it is not trained.
        penalty_gradient: what its regularizer gives; None without one.
        gradient: ``∂E/∂w``, the two together.
        clipped: the gradient as the optimizer got it.
        slots_before, slots_after: the optimizer's memory of the weight.
        updated: what the optimizer made of the weight, before any constraint.
    """

    name: str
    key: str
    spec: Weight
    before: Array
    after: Array
    data_gradient: Array | None = None
    penalty_gradient: Array | None = None
    gradient: Array | None = None
    clipped: Array | None = None
    slots_before: Slots = field(default_factory=dict)
    slots_after: Slots = field(default_factory=dict)
    updated: Array | None = None

    @property
    def update(self) -> Array:
        """``after − before``."""
        return np.asarray(self.after - self.before)

    @property
    def trained(self) -> bool:
        """Whether a gradient moves it."""
        return self.gradient is not None


@dataclass(frozen=True, eq=False)
class LayerStep:
    """One layer: what came in, what went out, and what came back.

    Attributes:
        number: its place, counted from 1: the index in z₁, W₁.
        x: its input (n, *input_shape).
        z, h: ``z = f(x)`` and ``h = g(z)``, (n, *output_shape).
        cache: what the layer's forward pass kept for its backward pass.
        dh: ``∂E/∂h``; None where nothing at or below the layer learns, so that
            training does not compute it.
        delta: the sensitivity ``δ = ∂E/∂z``; None likewise.
        weights: by the layer's names for them.
    """

    name: str
    number: int
    layer: Layer
    x: Array
    z: Array
    h: Array
    cache: Any
    dh: Array | None
    delta: Array | None
    weights: Mapping[str, WeightStep]

    @property
    def activation(self) -> Activation:
        """g."""
        return self.layer.activation

    @property
    def elementwise(self) -> bool:
        """Whether each h depends on its own z alone, so that there is a g'(z)."""
        return type(self.activation).derivative is not Activation.derivative

    @cached_property
    def derivative(self) -> Array | None:
        """``g'(z)``; None where g is not elementwise: see :meth:`jacobian`."""
        if not self.elementwise:
            return None
        slope = np.asarray(self.activation.derivative(self.z, self.h))
        return np.broadcast_to(slope, self.z.shape)

    def jacobian(self, row: int) -> Array:
        """``∂h[row, j] / ∂z[row, i]`` of one sample, (outputs j, outputs i).

        >>> from neurona import Sequential, layers
        >>> model = Sequential([layers.Dense(2, "softmax", input_dim=1)], seed=1)
        >>> model.compile("sgd", "categorical_crossentropy")
        >>> step = model.explain_step([[0.0]], [0])
        >>> step["dense"].jacobian(0)
        array([[ 0.25, -0.25],
               [-0.25,  0.25]], dtype=float32)
        """
        row = checks.integer("row", row, 0, len(self.z) - 1)
        size = self.z[row].size
        rows = np.empty((size, size), self.z.dtype)
        unit = np.zeros_like(self.z)
        for j in range(size):
            unit[row].flat[j] = 1
            rows[j] = self.activation.backward(unit, self.z, self.h)[row].reshape(-1)
            unit[row].flat[j] = 0
        return rows

    def __getitem__(self, name: str) -> WeightStep:
        """A weight by the layer's name for it."""
        if name not in self.weights:
            raise ArgumentError(
                f"Layer {self.name!r} has no weight {name!r}; it has: "
                f"{', '.join(self.weights) or 'none'}."
            )
        return self.weights[name]

    def __repr__(self) -> str:
        sizes = ", ".join(f"{w.name} {shape_text(w.before.shape)}" for w in self.weights.values())
        return (
            f"<layer {self.number} {self.name!r} in a step: {self.layer!r}, x "
            f"{shape_text(self.x.shape)} to h {shape_text(self.h.shape)}"
            f"{', ' + sizes if sizes else ''}>"
        )
