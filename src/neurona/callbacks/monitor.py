"""Watching a measure: what the callbacks that act on one have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from neurona import checks, losses
from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentError, ArgumentTypeError, suggestion
from neurona.part import normalise

# Words in a measure's name from which mode="auto" tells the better direction.
FALLING = {"loss", "error", "crossentropy", "rmse"}
RISING = {"accuracy", "acc", "auc", "precision", "recall", "f1", "fbeta", "r2"}


class MonitorCallback(Callback):
    """Compares a measure with the best value it had so far.

    Args:
        monitor: the measure's name in the logs.
        mode: whether a lower ("min") or a higher ("max") value is better; "auto"
            tells from the name.
        min_delta: a change of no more than this is no improvement.

    Raises:
        ArgumentError: ``mode`` is "auto" and the name says nothing.

    Attributes:
        best: the best value so far; None before the first.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if not isinstance(monitor, str):
            raise ArgumentTypeError(f"monitor must be a measure's name, got {monitor!r}.")
        self.monitor = monitor
        self.mode = checks.choice("mode", mode, "auto", "min", "max")
        self.min_delta = abs(checks.real("min_delta", min_delta))
        self.rising = rises(monitor) if mode == "auto" else mode == "max"
        self.best: float | None = None
        self._resumed = False

    def reset(self) -> None:
        """Forget the training before."""

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state(state)
        self._resumed = True

    def on_train_begin(self, logs: Logs) -> None:
        if not self._resumed:
            self.reset()
        self._resumed = False

    def on_train_end(self, logs: Logs) -> None:
        self._resumed = False  # a state set meanwhile is for this training

    def current(self, logs: Logs) -> float:
        """The monitored measure's value.

        Raises:
            ArgumentError: it is not measured, or is no number.
        """
        value = measured(type(self).__name__, self.monitor, logs)
        if not is_number(value):
            raise ArgumentError(
                f"{type(self).__name__} cannot monitor {self.monitor!r}: its value is no "
                f"number but {type(value).__name__}."
            )
        return float(value)

    def improves(self, value: float, on: float | None) -> bool:
        """Whether ``value`` is better than another by more than ``min_delta``.

        Any number is better than None; NaN and infinity are never better.
        """
        if not math.isfinite(value):
            return False
        if on is None:
            return True
        return value - self.min_delta > on if self.rising else value + self.min_delta < on


def rises(name: str) -> bool:
    """Whether a measure of that name is better when higher.

    >>> rises("val_accuracy"), rises("val_loss")
    (True, False)

    Raises:
        ArgumentError: the name does not tell.
    """
    plain = name.removeprefix("val_").removeprefix("train_")
    words = set(plain.lower().split("_"))
    if words & FALLING or normalise(plain) in map(normalise, losses.registry.names()):
        return False
    if words & RISING:
        return True
    raise ArgumentError(
        f"mode='auto' cannot tell whether {name!r} should rise or fall. Give mode='max' or "
        "mode='min'."
    )


def measured(who: str, name: str, logs: Mapping[str, Any]) -> Any:
    """The value of the measure ``name`` that ``who`` asks for.

    Raises:
        ArgumentError: there is none; lists what is measured and suggests the nearest.
    """
    if name in logs:
        return logs[name]
    if name.startswith("val_") and not any(other.startswith("val_") for other in logs):
        fix = " Give fit validation_data or a validation_split."
    elif name.startswith("train_") and not any(other.startswith("train_") for other in logs):
        fix = " Give fit evaluate_training=True."
    else:
        fix = suggestion(name, logs)
    raise ArgumentError(
        f"{who} needs {name!r}, which is not measured.{fix} Measured: {', '.join(logs) or 'none'}."
    )


def is_number(value: Any) -> bool:
    """Whether a measure is one number, as opposed to a matrix."""
    return isinstance(value, Real)
