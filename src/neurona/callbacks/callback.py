"""What every callback is: hooks that training calls at its turning points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurona.model import Sequential

Logs = Mapping[str, Any]  # measures by name, such as {"loss": 0.31, "val_loss": 0.35}


class Callback:
    """Something that is told what training does. Every hook may be left out.

    To write one, derive from this class and define the hooks you need. Setting
    ``self.model.stop_training = True`` ends training at the epoch's end (in a
    batch hook: after that batch). ``self.model.optimizer.learning_rate`` may be set at any time.

    Attributes:
        model: the model in training.
        params: ``{"epochs": …, "steps": …, "samples": …, "batch_size": …,
            "seed": …, "engine": …, "threads": …, "verbose": …, "measures": {…}}``.
    """

    model: Sequential
    params: Mapping[str, Any]

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch, also when training was stopped or interrupted."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation; ``logs`` holds all its measures."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before each step. Defining it makes training return to Python every step."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After each step. Defining it makes training return to Python every step."""

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        """About ten times a second: rows done in this epoch, of how many, and running means."""


class CallbackList(Callback):
    """Calls several callbacks, in their order."""

    def __init__(
        self, callbacks: Sequence[Callback], model: Sequential, params: Mapping[str, Any]
    ) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            callback.model, callback.params = model, params

    @property
    def every_step(self) -> bool:
        """Whether any of them wants to hear of each batch."""
        hooks = ("on_train_batch_begin", "on_train_batch_end")
        return any(
            getattr(type(c), h) is not getattr(Callback, h) for c in self.callbacks for h in hooks
        )

    def on_train_begin(self, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_begin(logs)

    def on_train_end(self, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        for callback in self.callbacks:
            callback.on_progress(done, total, logs)
