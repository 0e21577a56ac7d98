"""Lowering the learning rate when a measure no longer improves."""

from __future__ import annotations

from neurona import checks
from neurona.callbacks import learning_rate
from neurona.callbacks.callback import Logs
from neurona.callbacks.monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Lowers the learning rate when a measure has not improved for ``patience`` epochs.

    The new rate is ``max(rate · factor, min_lr)``. The rate of each epoch is
    recorded in the history as ``"learning_rate"``.

    Args:
        monitor: the measure to watch.
        factor: what to multiply the rate by, in [0, 1).
        patience: epochs without improvement after which the rate is lowered.
        verbose: 1 to say so each time.
        mode: "min", "max", or "auto" to tell from the name which way is better.
        min_delta: a change of no more than this is no improvement.
        cooldown: epochs after each lowering that are not counted.
        min_lr: the rate goes no lower.

    Raises:
        ArgumentError: when training begins, if the optimizer has a schedule; at the
            first epoch's end, if ``monitor`` is not measured.

    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> lowering = ReduceLROnPlateau(monitor="loss", factor=0.5, patience=2, min_delta=0.1)
    >>> model.fit(x, y, epochs=5, callbacks=[lowering], verbose=0).history["learning_rate"]
    [0.01, 0.01, 0.01, 0.005, 0.005]
    """

    state_names = ("wait", "best", "cooldown_counter")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = checks.fraction("factor", factor)
        self.patience = checks.integer("patience", patience)
        self.verbose = checks.integer("verbose", verbose)
        self.cooldown = checks.integer("cooldown", cooldown)
        self.min_lr = checks.real("min_lr", min_lr, 0.0)
        self.reset()

    def reset(self) -> None:
        self.wait = self.cooldown_counter = 0
        self.best = None

    def on_train_begin(self, logs: Logs) -> None:
        super().on_train_begin(logs)
        learning_rate.prepare(self)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        learning_rate.record(self, logs)
        value = self.current(logs)
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif self.cooldown_counter == 0:
            self.wait += 1
            if self.wait >= self.patience:
                self._lower(epoch)

    def _lower(self, epoch: int) -> None:
        before = learning_rate.current_rate(self)
        if before <= self.min_lr:
            return
        rate = max(before * self.factor, self.min_lr)
        learning_rate.set_rate(self, rate)
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose:
            print(f"epoch {epoch + 1}: learning rate lowered from {before:.6g} to {rate:.6g}")
