"""Saving the model while it trains."""

from __future__ import annotations

import os
from os import PathLike
from string import Formatter
from typing import Any

from neurona import checks
from neurona.callbacks.callback import Logs
from neurona.callbacks.monitor import MonitorCallback, is_number, measured
from neurona.errors import ArgumentError, ArgumentTypeError


class ModelCheckpoint(MonitorCallback):
    """Saves the model after every epoch, or after every so many steps.

    Each file is a whole model, optimizer state included, as ``model.save`` writes
    it: to a temporary file that then takes the name, so that there is a good file
    at any moment. Load it with ``neurona.models.load_model``.

    Args:
        filepath: of the file, ending in ``.safetensors``. Measures and the epoch,
            counted from 1, can be part of it: ``"{epoch:02d}-{val_loss:.2f}.safetensors"``;
            with ``save_freq`` in steps also ``{batch}``. Folders on the way are made.
        monitor: the measure that tells which model is best.
        verbose: 1 to say so at each file.
        save_best_only: save only when ``monitor`` is better than ever before, in
            earlier calls of ``fit`` too.
        save_weights_only: there are no files of weights alone; only False is taken.
        mode: "min", "max", or "auto" to tell from the name which way is better.
        save_freq: "epoch", or a number of steps; the latter makes training return to
            Python every step, and knows running means only.
        initial_value_threshold: what ``monitor`` must be better than for the first
            save, with ``save_best_only``.

    Raises:
        ArgumentError: the path has a field that cannot be filled, or ``monitor`` is
            needed and not measured; at the latest when the first file is due.
        OSError: the file cannot be written.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> folder = Path(tempfile.mkdtemp())
    >>> saving = ModelCheckpoint(folder / "after-{epoch:02d}.safetensors")
    >>> history = model.fit(x, y, epochs=2, callbacks=[saving], verbose=0)
    >>> sorted(file.name for file in folder.iterdir())
    ['after-01.safetensors', 'after-02.safetensors']
    """

    only_records = True
    state_names = ("best", "steps_since_save")

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = _check_path(filepath)
        self.verbose = checks.integer("verbose", verbose)
        self.save_best_only = bool(save_best_only)
        if save_weights_only:
            raise ArgumentError(
                "save_weights_only=True cannot be had: a file holds the whole model, its weights "
                "being most of it. Leave the argument out."
            )
        if initial_value_threshold is not None:
            if not save_best_only:
                raise ArgumentError("initial_value_threshold needs save_best_only=True.")
            self.best = checks.real("initial_value_threshold", initial_value_threshold)
        self.save_freq = (
            "epoch" if save_freq == "epoch" else checks.integer("save_freq", save_freq, 1)
        )
        self.steps_since_save = 0
        self._epoch = 0

    @property
    def hears_batches(self) -> bool:
        return self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self.save_freq == "epoch":
            self._save({"epoch": epoch + 1}, logs)

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        self.steps_since_save += 1
        if self.steps_since_save == self.save_freq:
            self.steps_since_save = 0
            self._save({"epoch": self._epoch + 1, "batch": batch + 1}, logs)

    def _save(self, place: dict[str, int], logs: Logs) -> None:
        path = self._filled({**logs, **place})
        where = f"epoch {place['epoch']}"
        reason = ""
        if self.save_best_only:
            value, before = self.current(logs), self.best
            shown = "no value" if before is None else f"{before:.5g}"
            if not self.improves(value, before):
                if self.verbose:
                    print(f"{where}: {self.monitor} {value:.5g} is no better than {shown}")
                return
            self.best = value
            reason = f"{self.monitor} went from {shown} to {value:.5g}: "
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.model.save(path)
        if self.verbose:
            print(f"{where}: {reason}saved to {path}")

    def _filled(self, values: dict[str, Any]) -> str:
        """The path with its fields filled in, each from the value of exactly its name.

        ``str.format`` would also follow attributes and indexes of the values.
        """
        path = ""
        for text, field, form, _ in Formatter().parse(self.filepath):
            path += text
            if field is not None:
                path += _formatted(field, form or "", measured("filepath", field, values))
        return path


def _formatted(field: str, form: str, value: Any) -> str:
    if not is_number(value):
        raise ArgumentError(f"filepath cannot hold {field!r}: its value is no number.")
    try:
        return format(value, form)
    except ValueError as error:
        raise ArgumentError(
            f"filepath has {{{field}:{form}}}, which does not suit the value {value!r}: {error}."
        ) from None


def _check_path(filepath: str | PathLike[str]) -> str:
    if not isinstance(filepath, (str, PathLike)):
        raise ArgumentTypeError(f"filepath must be a path, got {filepath!r}.")
    path = os.fspath(filepath)
    if not path.endswith(".safetensors"):
        raise ArgumentError(f"filepath must end in .safetensors, got {path!r}.")
    try:
        fields = [part[1:] for part in Formatter().parse(path) if part[1] is not None]
    except ValueError as error:
        raise ArgumentError(
            f"filepath {path!r} has a field that cannot be read: {error}. A brace that is part "
            "of the name is written twice."
        ) from None
    for field, form, conversion in fields:
        if not field or conversion or "{" in (form or ""):
            raise ArgumentError(
                f"filepath {path!r} may hold fields such as {{epoch:02d}} or {{val_loss:.2f}}, "
                f"got {{{field}}} with conversion {conversion!r} and format {form!r}."
            )
    return path
