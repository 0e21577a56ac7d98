"""Lion: the sign of the momentum."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import Array, Common, Optimizer, Slots, average, registry


@registry.register("lion")
class Lion(Optimizer):
    r"""Every weight moves by the same amount; only the direction is learned.

    .. math:: w \leftarrow w - \eta \operatorname{sign}(\beta_1 m + (1 - \beta_1) g), \qquad
              m \leftarrow \beta_2 m + (1 - \beta_2) g

    Wants a learning rate 3 to 10 times smaller than Adam's.

    Args:
        learning_rate: η, a number or a schedule.
        beta_1, beta_2: β₁, β₂ in [0, 1).
        **common: the arguments of :class:`Optimizer`.

    Source: Chen et al. 2023, NeurIPS, "Symbolic discovery of optimization algorithms".

    >>> optimizer, w = Lion(0.1), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 0.1, 0)
    >>> w, slots["m"].round(4)
    (array([0.9]), array([0.02]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = checks.fraction("beta_1", beta_1)
        self.beta_2 = checks.fraction("beta_2", beta_2)

    def init(self, w: Array, xp: Any = np) -> Slots:
        return {"m": xp.zeros_like(w)}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        m = slots["m"]
        step = xp.sign(average(m, dw, self.beta_1))
        step *= rate
        return w - step, {"m": average(m, dw, self.beta_2)}
