"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentTypeError

if TYPE_CHECKING:
    from neurona.runs.position import Position

Function = Callable[..., object]


class LambdaCallback(Callback):
    """Calls a function of yours at the turning points of training.

    Args:
        on_epoch_begin, on_epoch_end: called with ``(epoch, logs)``.
        on_train_begin, on_train_end: called with ``(logs)``.
        on_train_batch_begin, on_train_batch_end: called with ``(batch, logs)``; they
            make training return to Python every step, which slows small networks.
        on_progress: called with ``(done, total, logs)``, about ten times a second.
        on_position, on_resume: called with ``(position)``.
        on_finding: called with ``(text)``, where the doctor found something wrong.

    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> names = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, list(logs)))
    >>> history = model.fit(x, y, epochs=2, callbacks=[names], verbose=0)
    0 ['loss']
    1 ['loss']
    """

    def __init__(
        self,
        on_epoch_begin: Function | None = None,
        on_epoch_end: Function | None = None,
        on_train_begin: Function | None = None,
        on_train_end: Function | None = None,
        on_train_batch_begin: Function | None = None,
        on_train_batch_end: Function | None = None,
        on_progress: Function | None = None,
        on_position: Function | None = None,
        on_resume: Function | None = None,
        on_finding: Function | None = None,
    ) -> None:
        self._functions = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            "on_progress": on_progress,
            "on_position": on_position,
            "on_resume": on_resume,
            "on_finding": on_finding,
        }
        for hook, function in self._functions.items():
            if function is not None and not callable(function):
                raise ArgumentTypeError(f"{hook} must be a function, got {function!r}.")

    @property
    def hears_batches(self) -> bool:
        hooks = ("on_train_batch_begin", "on_train_batch_end")
        return any(self._functions[hook] is not None for hook in hooks)

    def _call(self, hook: str, *arguments: Any) -> None:
        function = self._functions[hook]
        if function is not None:
            function(*arguments)

    def on_train_begin(self, logs: Logs) -> None:
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Logs) -> None:
        self._call("on_train_end", logs)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self._call("on_epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        self._call("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        self._call("on_train_batch_end", batch, logs)

    def on_progress(self, done: int, total: int | None, logs: Logs) -> None:
        self._call("on_progress", done, total, logs)

    def on_position(self, position: Position) -> None:
        self._call("on_position", position)

    def on_resume(self, position: Position) -> None:
        self._call("on_resume", position)
