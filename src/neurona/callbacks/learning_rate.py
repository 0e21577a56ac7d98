"""The learning rate of the model in training: what the callbacks that set it share."""

from __future__ import annotations

from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentError
from neurona.schedules import Schedule

NAME = "learning_rate"
MEANING = "the optimizer's learning rate in that epoch"


def prepare(callback: Callback) -> None:
    """Check, before training, that the callback can set the rate, and announce the measure.

    Raises:
        ArgumentError: a schedule already rules over the rate.
    """
    rate = callback.model.optimizer.learning_rate  # type: ignore[union-attr]
    if isinstance(rate, Schedule):
        raise ArgumentError(
            f"{type(callback).__name__} sets the learning rate, but the optimizer takes it from "
            f"{rate!r}. Use one of the two: give the optimizer a number, or drop the callback."
        )
    callback.params["measures"][NAME] = MEANING


def current_rate(callback: Callback) -> float:
    """The rate that the next step takes."""
    return float(callback.model.optimizer.learning_rate)  # type: ignore[union-attr]


def set_rate(callback: Callback, rate: float) -> None:
    """Let the following steps take ``rate``."""
    callback.model.optimizer.learning_rate = rate  # type: ignore[union-attr]


def record(callback: Callback, logs: Logs) -> None:
    """Enter the rate of the epoch that ends into its logs."""
    logs.setdefault(NAME, current_rate(callback))
