"""Adadelta: steps in the units of the weight."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import Array, Common, Optimizer, Slots, average_square, registry


@registry.register("adadelta")
class Adadelta(Optimizer):
    r"""Scale each gradient by the ratio of recent steps to recent gradients.

    .. math:: s \leftarrow \rho s + (1 - \rho) g^2, \qquad
              \Delta = g \sqrt{u + \epsilon} / \sqrt{s + \epsilon}

    .. math:: u \leftarrow \rho u + (1 - \rho) \Delta^2, \qquad w \leftarrow w - \eta \Delta

    The paper has η = 1.

    Args:
        learning_rate: η, a number or a schedule.
        rho: ρ in [0, 1).
        epsilon: ε, greater than 0.
        **common: the arguments of :class:`Optimizer`.

    Source: Zeiler 2012, arXiv:1212.5701.

    >>> optimizer, w = Adadelta(1.0), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 1.0, 0)
    >>> w.round(4), slots["mean_square"].round(4)
    (array([0.9986]), array([0.2]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = checks.fraction("rho", rho)
        self.epsilon = checks.positive("epsilon", epsilon)

    def init(self, w: Array, xp: Any = np) -> Slots:
        return {"mean_square": xp.zeros_like(w), "mean_square_step": xp.zeros_like(w)}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        s = average_square(slots["mean_square"], dw, self.rho)
        u = slots["mean_square_step"]
        ratio = u + self.epsilon
        ratio /= s + self.epsilon
        change = xp.sqrt(ratio)
        change *= dw
        u = average_square(u, change, self.rho)
        return w - rate * change, {"mean_square": s, "mean_square_step": u}
