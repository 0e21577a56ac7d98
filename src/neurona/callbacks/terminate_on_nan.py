"""Stopping when a measure is NaN or infinite."""

from __future__ import annotations

import numpy as np

from neurona.callbacks.callback import Callback, Logs
from neurona.errors import NonFiniteError


class TerminateOnNaN(Callback):
    """Stops training after an epoch in which any measure was NaN or infinite.

    ``fit`` needs no callback to stop at a training loss or a weight that is not
    finite: it does so at that very step and says where it came from. This one
    watches everything else that is measured, validation and your own metrics.

    Args:
        raise_error: raise an error instead of ending training quietly.

    Raises:
        NonFiniteError: a measure was not finite and ``raise_error`` was asked for.

    >>> TerminateOnNaN(raise_error=True).on_epoch_end(2, {"loss": 0.5, "val_loss": float("nan")})
    Traceback (most recent call last):
    ...
    neurona.errors.NonFiniteError: epoch 3: val_loss is nan: training stopped.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = bool(raise_error)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for name, value in logs.items():
            numbers = np.asarray(value)
            if numbers.dtype.kind != "f" or np.isfinite(numbers).all():
                continue
            message = f"epoch {epoch + 1}: {name} is {value}: training stopped."
            if self.raise_error:
                raise NonFiniteError(message)
            print(message)
            self.model.stop_training = True
            return
