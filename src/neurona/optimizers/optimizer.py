"""What every optimizer is: two pure functions, ``init`` and ``update``."""

from __future__ import annotations

import math
from typing import Any, TypedDict

import numpy as np

from neurona import checks, schedules
from neurona.errors import ArgumentError
from neurona.part import Part, Registry

Array = Any
Slots = dict[str, Array]  # what an optimizer remembers of one weight, by name


class Optimizer(Part):
    """An optimizer: how a weight moves, given its gradient.

    State is a value: ``init`` makes a weight's slots, ``update`` takes weight,
    gradient and slots and returns the new weight and slots, changing nothing.

    Args:
        learning_rate: step size η, a number or a schedule.
        weight_decay: decoupled decay: each step also takes ``η · weight_decay · w``
            off every trainable weight (Loshchilov & Hutter 2019). None for none.
        clipnorm: scale each weight's gradient down to this Euclidean norm.
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
        self.weight_decay = (
            None if weight_decay is None else checks.real("weight_decay", weight_decay, 0.0)
        )
        self.clipnorm = _limit("clipnorm", clipnorm)
        self.clipvalue = _limit("clipvalue", clipvalue)
        self.global_clipnorm = _limit("global_clipnorm", global_clipnorm)
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
            self._learning_rate = checks.real("learning_rate", value, 0.0, schedules.MAX_RATE)

    def rate(self, iteration: int) -> float:
        """The learning rate of step number ``iteration``, counted from 0.

        Raises:
            ArgumentError: a schedule gives something that is no learning rate.
        """
        schedule = self._learning_rate
        if not isinstance(schedule, schedules.Schedule):
            return float(schedule)
        try:
            rate = float(schedule(iteration))
        except OverflowError:
            rate = math.inf
        if not 0.0 <= rate <= schedules.MAX_RATE:
            raise ArgumentError(
                f"The schedule {schedule!r} gives the learning rate {rate!r} at iteration "
                f"{iteration}; it must lie between 0 and {schedules.MAX_RATE:g}."
            )
        return rate

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


class Shared(TypedDict, total=False):
    """The arguments that every optimizer takes besides its own and ``weight_decay``."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    lr: Any
    decay: float


class Common(Shared, total=False):
    """The arguments that every optimizer takes besides its own."""

    weight_decay: float | None


def average(old: Array, new: Array, beta: float) -> Array:
    """A moving average's next value: ``β · old + (1 − β) · new``.

    As elsewhere in the optimizers, ``+=`` and the like change arrays made here
    in place in NumPy, which spares it the memory; jax.numpy makes new ones.
    """
    change = new - old
    change *= 1.0 - beta
    change += old
    return change


def average_square(old: Array, new: Array, beta: float) -> Array:
    """A moving average of squares: ``β · old + (1 − β) · new²``."""
    change = new * new
    change -= old
    change *= 1.0 - beta
    change += old
    return change


def _with_decay(rate: Any, decay: float) -> Any:
    if not checks.real("decay", decay, 0.0):
        return rate
    if isinstance(rate, schedules.Schedule):
        raise ArgumentError("decay is for a learning rate that is a number, not a schedule.")
    return schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)


def _limit(name: str, value: Any) -> float | None:
    return None if value is None else checks.positive(name, value)
