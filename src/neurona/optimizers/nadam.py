"""Nadam: Adam with Nesterov's look-ahead."""

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


@registry.register("nadam")
class Nadam(Optimizer):
    r"""Adam whose momentum warms up and looks one step ahead.

    With :math:`\mu_t = \beta_1 (1 - \tfrac12 0.96^t)`, t counting from 1, and m, v as in
    :class:`Adam`:

    .. math:: \hat m = \frac{\mu_{t+1} m}{1 - \prod_{i=1}^{t+1} \mu_i}
              + \frac{(1 - \mu_t) g}{1 - \prod_{i=1}^{t} \mu_i}, \qquad
              w \leftarrow w - \frac{\eta \hat m}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Args:
        learning_rate: η, a number or a schedule.
        beta_1, beta_2: β₁, β₂ in [0, 1).
        epsilon: ε, greater than 0.
        **common: the arguments of :class:`Optimizer`.

    Source: Dozat 2016, ICLR workshop.

    >>> optimizer, w = Nadam(0.1), np.array([1.0])
    >>> w, slots = optimizer.update(w, np.array([2.0]), optimizer.init(w), 0.1, 0)
    >>> w.round(4), slots["mu_product"].round(4).item()
    (array([0.8937]), 0.468)
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
        product = xp.ones((), dtype=w.dtype)
        return {"m": xp.zeros_like(w), "v": xp.zeros_like(w), "mu_product": product}

    def momentum_product(self, iteration: int, dtype: Any) -> Array:
        """Π μ over the first ``iteration`` steps: what "mu_product" then holds."""
        product = np.ones((), dtype=dtype)
        for i in range(1, iteration + 1):
            product = np.asarray(product * (self.beta_1 * (1.0 - 0.5 * 0.96**i)), dtype=dtype)
            if not product:
                break
        return product

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        t = iteration + 1
        mu, next_mu = (self.beta_1 * (1.0 - 0.5 * 0.96**i) for i in (t, t + 1))
        product = xp.asarray(slots["mu_product"] * mu, dtype=w.dtype)
        m = average(slots["m"], dw, self.beta_1)
        v = average_square(slots["v"], dw, self.beta_2)
        ahead = (rate * next_mu / (1.0 - product * next_mu)) * m
        ahead += (rate * (1.0 - mu) / (1.0 - product)) * dw
        size = xp.sqrt(v)
        size /= (1.0 - self.beta_2**t) ** 0.5
        size += self.epsilon
        ahead /= size
        return w - ahead, {"m": m, "v": v, "mu_product": product}
