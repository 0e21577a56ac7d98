"""Setting the learning rate at each epoch's beginning."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from neurona import checks
from neurona.callbacks import learning_rate
from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentTypeError
from neurona.schedules import MAX_RATE


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of every epoch.

    For a rate that changes at every step, give the optimizer a schedule instead.
    The rate of each epoch is recorded in the history as ``"learning_rate"``.

    Args:
        schedule: called with the epoch, counted from 0, and the rate until then;
            returns the new rate. A function of the epoch alone will do.
        verbose: 1 to print each epoch's rate.

    Raises:
        ArgumentTypeError, ArgumentError: while training, if ``schedule`` returns
            something that is no learning rate.

    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> halving = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    >>> model.fit(x, y, epochs=3, callbacks=[halving], verbose=0).history["learning_rate"]
    [0.01, 0.005, 0.0025]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise ArgumentTypeError(
                f"schedule must be a function of epoch and rate, got {schedule!r}."
            )
        self.schedule = schedule
        self.verbose = checks.integer("verbose", verbose)
        self._takes_rate = _takes_two(schedule)

    def on_train_begin(self, logs: Logs) -> None:
        learning_rate.prepare(self)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        before = learning_rate.current_rate(self)
        found = self.schedule(epoch, before) if self._takes_rate else self.schedule(epoch)
        rate = checks.real(f"The rate that schedule returns for epoch {epoch}", found, 0, MAX_RATE)
        learning_rate.set_rate(self, rate)
        if self.verbose:
            print(f"epoch {epoch + 1}: learning rate {rate:.6g}")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        learning_rate.record(self, logs)


def _takes_two(schedule: Callable[..., Any]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a function written in C may have no signature
        return True
    return True
