"""Stopping when a measure no longer improves."""

from __future__ import annotations

from typing import Any

from neurona import checks
from neurona.callbacks.callback import Logs
from neurona.callbacks.monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stops training when a measure has not improved for ``patience`` epochs.

    Args:
        monitor: the measure to watch.
        min_delta: a change of no more than this is no improvement.
        patience: epochs without improvement after which training stops.
        verbose: 1 to say so when it stops.
        mode: "min", "max", or "auto" to tell from the name which way is better.
        baseline: what the measure must be better than for an epoch to count as
            improvement.
        restore_best_weights: at the end give the model the weights of its best
            epoch, also when training was interrupted. The optimizer's state stays.
        start_from_epoch: epochs before this one, counted from 0, are not judged.

    Raises:
        ArgumentError: at the first epoch's end, if ``monitor`` is not measured.

    Attributes:
        best, best_epoch: the best value and its epoch, counted from 0.
        stopped_epoch: the epoch that training was stopped after; 0 if it was not.
        best_weights: those of the best epoch, as from ``model.get_weights()``.

    Source: Prechelt 1998, *Early Stopping – But When?*; Goodfellow, Bengio &
    Courville 2016, §7.8.

    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> stopping = EarlyStopping(monitor="loss", min_delta=0.5, patience=3)
    >>> history = model.fit(x, y, epochs=100, callbacks=[stopping], verbose=0)
    >>> len(history.epoch)
    4
    """

    state_names = ("wait", "best", "best_epoch", "stopped_epoch", "best_weights")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = checks.integer("patience", patience)
        self.verbose = checks.integer("verbose", verbose)
        self.baseline = None if baseline is None else checks.real("baseline", baseline)
        self.restore_best_weights = bool(restore_best_weights)
        self.start_from_epoch = checks.integer("start_from_epoch", start_from_epoch)
        self.reset()

    def reset(self) -> None:
        self.wait = self.best_epoch = self.stopped_epoch = 0
        self.best = None
        self.best_weights: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        value = self.current(logs)
        if epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._remember(epoch)
        self.wait += 1
        if self.improves(value, self.best):
            self.best = value
            self._remember(epoch)
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs) -> None:
        super().on_train_end(logs)
        if self.verbose and self.stopped_epoch:
            best = "never a number" if self.best is None else f"at best {self.best:.5g}"
            print(f"epoch {self.stopped_epoch + 1}: {self.monitor} was {best}: stopped early")
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            if self.verbose:
                print(f"restored the weights of epoch {self.best_epoch + 1}")
