"""Adamax: Adam with the infinity norm."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import Array, Common, Optimizer, Slots, average, registry


@registry.register("adamax")
class Adamax(Optimizer):
    r"""Momentum, and steps divided by the greatest recent gradient.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad
              u \leftarrow \max(\beta_2 u, |g|), \qquad
              w \leftarrow w - \frac{\eta}{1 - \beta_1^t} \frac{m}{u + \epsilon}

    where t counts from 1.

    Args:
        learning_rate: η, a number or a schedule.
        beta_1, beta_2: β₁, β₂ in [0, 1).
        epsilon: ε, greater than 0.
        **common: the arguments of :class:`Optimizer`.

    Source: Kingma & Ba 2015, ICLR, §7.1.

    >>> optimizer, w = Adamax(0.1), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 0.1, 0)
    >>> w.round(4), slots["m"].round(4), slots["u"]
    (array([0.9]), array([0.2]), array([2.]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = checks.fraction("beta_1", beta_1)
        self.beta_2 = checks.fraction("beta_2", beta_2)
        self.epsilon = checks.positive("epsilon", epsilon)

    def init(self, w: Array, xp: Any = np) -> Slots:
        return {"m": xp.zeros_like(w), "u": xp.zeros_like(w)}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        alpha = rate / (1.0 - self.beta_1 ** (iteration + 1))
        m = average(slots["m"], dw, self.beta_1)
        u = xp.maximum(self.beta_2 * slots["u"], xp.abs(dw))
        step = m / (u + self.epsilon)
        step *= alpha
        return w - step, {"m": m, "u": u}
