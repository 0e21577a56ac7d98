"""RMSprop: steps divided by the running size of the gradient."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import (
    Array,
    Common,
    Optimizer,
    Slots,
    average,
    average_square,
    registry,
)


@registry.register("rmsprop", "RMSProp")
class RMSprop(Optimizer):
    r"""Divide each step by the root of the mean of recent squared gradients.

    .. math:: s \leftarrow \rho s + (1 - \rho) g^2, \qquad
              v \leftarrow \mu v + \eta g / \sqrt{s + \epsilon}, \qquad w \leftarrow w - v

    Centered, the variance :math:`s - a^2` takes the place of s, where a is the
    running mean of g.

    Args:
        learning_rate: η, a number or a schedule.
        rho: ρ in [0, 1).
        momentum: μ in [0, 1).
        epsilon: ε, greater than 0.
        centered: divide by the running deviation of g in place of its size.
        **common: the arguments of :class:`Optimizer`.

    Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013.

    >>> optimizer, w = RMSprop(0.1), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 0.1, 0)
    >>> w.round(4), slots["mean_square"].round(4)
    (array([0.6838]), array([0.4]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = checks.fraction("rho", rho)
        self.momentum = checks.fraction("momentum", momentum)
        self.epsilon = checks.positive("epsilon", epsilon)
        self.centered = bool(centered)

    def init(self, w: Array, xp: Any = np) -> Slots:
        slots = {"mean_square": xp.zeros_like(w)}
        if self.centered:
            slots["mean"] = xp.zeros_like(w)
        if self.momentum:
            slots["velocity"] = xp.zeros_like(w)
        return slots

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        new = {"mean_square": average_square(slots["mean_square"], dw, self.rho)}
        size = new["mean_square"]
        if self.centered:
            new["mean"] = average(slots["mean"], dw, self.rho)
            size = xp.maximum(size - new["mean"] * new["mean"], 0.0)  # rounding may go below
        v = dw / xp.sqrt(size + self.epsilon)
        v *= rate
        if self.momentum:
            v += self.momentum * slots["velocity"]
            new["velocity"] = v
        return w - v, new
