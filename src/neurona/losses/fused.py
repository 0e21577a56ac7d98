"""Pairs of output activation and loss whose gradient is simpler, and exact, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona.activations import Activation, Sigmoid, Softmax
from neurona.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from neurona.losses.loss import Array, Loss


@dataclass(frozen=True)
class Fused:
    """A loss taken together with the activation ``h = g(z)`` below it.

    Computed from z, so nothing is clipped: values and gradients stay exact
    where probabilities underflow to 0 or round to 1.

    Attributes:
        loss: the loss on z.
    """

    loss: Loss

    def values(self, y: Array, z: Array, h: Array, xp: Any = np) -> Array:
        """The loss of each sample: y, z, h (n, …, k) to values (n, …)."""
        return self.loss.values(y, z, xp)

    def gradient(self, y: Array, z: Array, h: Array, xp: Any = np) -> Array:
        """``∂ values / ∂z``, of z's shape."""
        return self.loss.gradient(y, z, xp)


class SoftmaxCrossentropy(Fused):
    """Softmax and categorical cross-entropy: ``dz = h Σ y − y``."""

    loss: CategoricalCrossentropy

    def gradient(self, y: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return self.loss.logit_gradient(y, h, xp)


class SigmoidCrossentropy(Fused):
    """Sigmoid and binary cross-entropy: ``dz = (h − y) / k``."""

    loss: BinaryCrossentropy

    def gradient(self, y: Array, z: Array, h: Array, xp: Any = np) -> Array:
        return self.loss.logit_gradient(y, h, xp)


def fused(activation: Activation, loss: Loss) -> Fused | None:
    """The joint form of the two, or None where there is none.

    >>> from neurona import activations
    >>> fused(activations.softmax, CategoricalCrossentropy())
    SoftmaxCrossentropy(loss=CategoricalCrossentropy(from_logits=True))
    >>> fused(activations.tanh, CategoricalCrossentropy()) is None
    True
    """
    if type(activation) is Softmax and activation.axis == -1:
        if type(loss) in (CategoricalCrossentropy, SparseCategoricalCrossentropy):
            return _on_logits(SoftmaxCrossentropy, loss)
    elif type(activation) is Sigmoid and type(loss) is BinaryCrossentropy:
        return _on_logits(SigmoidCrossentropy, loss)
    return None


def _on_logits(pair: type[Fused], loss: Loss) -> Fused | None:
    config = loss.get_config()
    if config["from_logits"]:
        return None
    return pair(type(loss).from_config(config | {"from_logits": True}))
