"""Adagrad: a step size of its own for every weight, ever smaller."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import Array, Common, Optimizer, Slots, registry


@registry.register("adagrad")
class Adagrad(Optimizer):
    r"""Divide each step by the root of all squared gradients so far.

    .. math:: s \leftarrow s + g^2, \qquad w \leftarrow w - \eta g / \sqrt{s + \epsilon}

    Args:
        learning_rate: η, a number or a schedule.
        initial_accumulator_value: s before the first step, at least 0.
        epsilon: ε, greater than 0.
        **common: the arguments of :class:`Optimizer`.

    Source: Duchi, Hazan & Singer 2011, JMLR 12.

    >>> optimizer, w = Adagrad(0.1), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 0.1, 0)
    >>> w.round(4), slots["accumulator"]
    (array([0.9012]), array([4.1]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.initial_accumulator_value = checks.real(
            "initial_accumulator_value", initial_accumulator_value, 0.0
        )
        self.epsilon = checks.positive("epsilon", epsilon)

    def init(self, w: Array, xp: Any = np) -> Slots:
        return {"accumulator": xp.full_like(w, self.initial_accumulator_value)}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        s = dw * dw
        s += slots["accumulator"]
        step = dw / xp.sqrt(s + self.epsilon)
        step *= rate
        return w - step, {"accumulator": s}
