"""Gradient descent: plain, stochastic, with momentum, and Nesterov's."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.optimizers.optimizer import Array, Common, Optimizer, Slots, registry


@registry.register("sgd")
class SGD(Optimizer):
    r"""Gradient descent with momentum.

    .. math:: v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v

    and with Nesterov's look-ahead :math:`w \leftarrow w + \mu v - \eta g`. Without
    momentum, :math:`w \leftarrow w - \eta g`. Whether it is gradient descent,
    stochastic or mini-batch is the ``batch_size`` of ``fit``.

    Args:
        learning_rate: η, a number or a schedule.
        momentum: μ in [0, 1).
        nesterov: look ahead along the velocity.
        **common: the arguments of :class:`Optimizer`.

    Source: Polyak 1964; Nesterov 1983; Sutskever et al. 2013, ICML.

    >>> optimizer = SGD(lr=0.01, decay=1e-6, momentum=0.9)
    >>> w, slots = np.array([1.0]), {"velocity": np.array([0.5])}
    >>> w, slots = optimizer.update(w, np.array([2.0]), slots, 0.1, 0)
    >>> w.round(6), slots["velocity"].round(6)
    (array([1.25]), array([0.25]))
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        self.momentum = checks.fraction("momentum", momentum)
        self.nesterov = bool(nesterov)

    def init(self, w: Array, xp: Any = np) -> Slots:
        return {"velocity": xp.zeros_like(w)} if self.momentum else {}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        if not self.momentum:
            return w - rate * dw, slots
        step = rate * dw
        v = self.momentum * slots["velocity"]
        v -= step
        return w + (self.momentum * v - step if self.nesterov else v), {"velocity": v}
