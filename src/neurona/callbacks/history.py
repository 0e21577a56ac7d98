"""What a training run measured, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from neurona.callbacks.callback import Callback, Logs
from neurona.explain.doctor import Finding


class History(Callback):
    """The record that ``fit`` returns.

    Attributes:
        epoch: the epochs' numbers, counted from 0.
        history: for each measure, its value in each epoch.
        measures: for each measure, in words, what it is: ``"loss"`` is a running
            mean over the epoch's batches while the weights were changing;
            ``"train_loss"`` (asked for by ``evaluate_training=True``) and
            ``"val_loss"`` are measured with the weights at the epoch's end.
        params: how the run was made: epochs, batch size, seed, engine …
        findings: what the doctor found wrong, each once, in plain words.

    >>> record = History()
    >>> record.on_epoch_end(0, {"loss": 0.5})
    >>> record.history
    {'loss': [0.5]}
    """

    only_records = True
    state_names = ("epoch", "history", "findings")

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}
        self.measures: dict[str, str] = {}
        self.params = {}
        self.findings: list[Finding] = []

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "findings": [astuple(found) for found in self.findings]}

    def set_state(self, state: Mapping[str, Any]) -> None:
        super().set_state(state)
        self.findings = [Finding(*found) for found in state["findings"]]

    @property
    def epochs_to_hear(self) -> int | None:
        return None

    def on_train_begin(self, logs: Logs) -> None:
        self.measures = dict(self.params.get("measures", {}))

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        from neurona.display.numbers import counted

        last = ", ".join(
            f"{name}={values[-1]:.4g}"
            for name, values in self.history.items()
            if isinstance(values[-1], (int, float))
        )
        epochs = counted(len(self.epoch), "epoch")
        return f"<History of {epochs}; the last: {last or 'nothing measured'}>"

    def _repr_html_(self) -> str:
        from neurona.display.history import history_html

        return history_html(self)
