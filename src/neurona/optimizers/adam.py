"""Adam and AdamW: momentum, and steps divided by the running size of the gradient."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import (
    Array,
    Common,
    Optimizer,
    Shared,
    Slots,
    average,
    average_square,
    registry,
)


@registry.register("adam")
class Adam(Optimizer):
    r"""Adaptive moments.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2

    .. math:: w \leftarrow w - \alpha_t m / (\sqrt{v} + \epsilon), \qquad
              \alpha_t = \eta \sqrt{1 - \beta_2^t} / (1 - \beta_1^t)

    where t counts from 1. AMSGrad takes the greatest v so far in its place.

    Args:
        learning_rate: η, a number or a schedule.
        beta_1, beta_2: β₁, β₂ in [0, 1).
        epsilon: ε, greater than 0; the paper's "epsilon hat".
        amsgrad: never let the divisor shrink.
        **common: the arguments of :class:`Optimizer`.

    Source: Kingma & Ba 2015, ICLR, §2; AMSGrad: Reddi, Kale & Kumar 2018, ICLR.

    >>> optimizer, w = Adam(0.1), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 0.1, 0)
    >>> w.round(4), slots["m"].round(4), slots["v"].round(4)
    (array([0.9]), array([0.2]), array([0.004]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = checks.fraction("beta_1", beta_1)
        self.beta_2 = checks.fraction("beta_2", beta_2)
        self.epsilon = checks.positive("epsilon", epsilon)
        self.amsgrad = bool(amsgrad)

    def init(self, w: Array, xp: Any = np) -> Slots:
        names = ("m", "v", "v_max") if self.amsgrad else ("m", "v")
        return {name: xp.zeros_like(w) for name in names}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        t = iteration + 1
        alpha = rate * (1.0 - self.beta_2**t) ** 0.5 / (1.0 - self.beta_1**t)
        m = average(slots["m"], dw, self.beta_1)
        v = average_square(slots["v"], dw, self.beta_2)
        new = {"m": m, "v": v}
        if self.amsgrad:
            new["v_max"] = v = xp.maximum(slots["v_max"], v)
        size = xp.sqrt(v)
        size += self.epsilon
        step = m / size
        step *= alpha
        return w - step, new


@registry.register("adamw")
class AdamW(Adam):
    r"""Adam with decoupled weight decay: each step also takes :math:`\eta \lambda w` off w.

    Args:
        learning_rate: η, a number or a schedule.
        weight_decay: λ, at least 0.
        beta_1, beta_2, epsilon, amsgrad: as for :class:`Adam`.
        **common: the other arguments of :class:`Optimizer`.

    Source: Loshchilov & Hutter 2019, ICLR.

    >>> AdamW(weight_decay=0.01)
    AdamW(weight_decay=0.01)
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **common: Unpack[Shared],
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **common
        )
