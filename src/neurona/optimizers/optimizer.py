"""What every optimizer is: two pure functions, ``init`` and ``update``."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np

from neurona import checks, schedules
from neurona.errors import ArgumentError
from neurona.part import Part, Registry

Array = Any
Slots = dict[str, Array]  # what an optimizer remembers of one weight, by name

MAX_LEARNING_RATE = 1e6  # beyond, one step leaves any float32 network's range


class Optimizer(Part):
    """An optimizer: how a weight moves, given its gradient.

    State is a value: ``init`` makes a weight's slots, ``update`` takes weight,
    gradient and slots and returns the new weight and slots, changing nothing.

    Args:
        learning_rate: step size η, a number or a schedule.
        weight_decay: decoupled decay: each step also takes ``η · weight_decay · w``
            off every kernel-like weight (Loshchilov & Hutter 2019). None for none.
        clipnorm: scale each gradient down to this Euclidean norm.
        clipvalue: limit each entry of a gradient to ± this.
        global_clipnorm: scale all gradients together down to this norm.
        lr: the older name of ``learning_rate``.
        decay: the older form of a schedule: ``η / (1 + decay · iteration)``.
    """

    aliases = ("lr", "decay")

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        lr: Any = None,
        decay: float = 0.0,
    ) -> None:
        self.learning_rate = _with_decay(learning_rate if lr is None else lr, decay)
        self.weight_decay = _positive("weight_decay", weight_decay)
        self.clipnorm = _positive("clipnorm", clipnorm)
        self.clipvalue = _positive("clipvalue", clipvalue)
        self.global_clipnorm = _positive("global_clipnorm", global_clipnorm)
        if sum(c is not None for c in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError("Give only one of clipnorm, clipvalue and global_clipnorm.")

    @property
    def learning_rate(self) -> Any:
        """The step size: a float, or a schedule. May be set while training."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, schedules.Schedule):
            self._learning_rate: Any = value
        else:
            self._learning_rate = checks.real("learning_rate", value, 0.0, MAX_LEARNING_RATE)

    def rate(self, iteration: int) -> float:
        """The learning rate of step number ``iteration``, counted from 0."""
        rate = self._learning_rate
        return float(rate(iteration)) if isinstance(rate, schedules.Schedule) else float(rate)

    def init(self, w: Array, xp: Any = np) -> Slots:
        """The slots of a weight before its first step."""
        return {}

    def update(
        self, w: Array, dw: Array, slots: Slots, rate: float, iteration: int, xp: Any = np
    ) -> tuple[Array, Slots]:
        """One step.

        Args:
            w: the weight.
            dw: the loss's gradient by it, of the same shape.
            slots: what :meth:`init` or the step before returned.
            rate: this step's learning rate η.
            iteration: steps taken before this one.

        Returns:
            The new weight and the new slots.
        """
        raise NotImplementedError(f"{type(self).__name__} must define update.")


registry: Registry[Optimizer] = Registry("optimizer", lambda: Optimizer)


def get(identifier: Any) -> Optimizer:
    """The optimizer for a name, an instance, a class or a configuration.

    >>> get("sgd")
    SGD()
    """
    return registry.get(identifier)


class Common(TypedDict, total=False):
    """The arguments that every optimizer takes besides its own."""

    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    lr: Any
    decay: float


def _with_decay(rate: Any, decay: float) -> Any:
    if not checks.real("decay", decay, 0.0):
        return rate
    if isinstance(rate, schedules.Schedule):
        raise ArgumentError("decay is for a learning rate that is a number, not a schedule.")
    return schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)


def _positive(name: str, value: Any) -> float | None:
    return None if value is None else checks.real(name, value, 0.0)
