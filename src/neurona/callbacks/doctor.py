"""Looks at a training while it goes on, and says once what seems wrong."""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING

from neurona.callbacks.callback import Callback, CallbackList, Logs
from neurona.callbacks.history import History
from neurona.data.arrays import Samples
from neurona.explain.doctor import Finding, examine_history, examine_layers

if TYPE_CHECKING:
    from neurona.runs.position import Position
    from neurona.training import Job

ROWS = 64  # looked at
BUDGET = 0.01  # of the training's time
MOMENT = 0.01  # seconds; what trains for less is looked at from its fourth epoch on
LOOKS = 8  # at the losses, for each doubling of the epochs


class Doctor(Callback):
    """Examines the model after epochs 1, 2, 4, 8 …, and the losses more often.

    ``fit`` has one at work always; what it finds is in ``history.findings`` and
    in the lines of the progress display. It changes nothing, and takes no more
    than about a hundredth of the training's time.

    Args:
        history: where the losses are, and where findings go.
        among: how many trainings go on at once, with a doctor each.
    """

    only_records = True

    def __init__(self, history: History, among: int = 1) -> None:
        self._history = history
        self._budget = BUDGET / among
        self._samples: Samples | None = None
        self._listeners: CallbackList | None = None
        self._began = self._spent = 0.0

    def begin_at(self, job: Job, listeners: CallbackList, leaving: ExitStack) -> Position | None:
        self._listeners = listeners
        data = job.data
        if "x" in data and "y" in data:
            self._samples = Samples(data["x"][:ROWS], data["y"][:ROWS])
        leaving.callback(self._forget)
        return None

    @property
    def epochs_to_hear(self) -> int | None:
        """Until it looks at the layers again."""
        seen = len(self._history.epoch)
        return None if self._samples is None else (1 << seen.bit_length()) - seen

    def _forget(self) -> None:
        self._samples = self._listeners = None

    def on_train_begin(self, logs: Logs) -> None:
        self._began, self._spent = perf_counter(), 0.0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        seen = len(self._history.epoch)
        every = max(8, (1 << seen.bit_length()) // (2 * LOOKS))  # they grow more numerous
        whole = seen & (seen - 1) == 0  # after 1, 2, 4, 8 … epochs
        if whole or seen % every == every // 2:
            for finding in examine_history(self._history.history):
                self.tell(finding)
        if whole:
            for finding in self._examine_layers(seen):
                self.tell(finding)

    def _examine_layers(self, seen: int) -> list[Finding]:
        now = perf_counter()
        taken = now - self._began
        if self._samples is None or self._spent > self._budget * taken:
            return []
        if seen < 4 and taken < MOMENT:
            return []
        found = examine_layers(self.model.program, self.model.weights, self._samples)
        self._spent += perf_counter() - now
        return found

    def tell_of_skipped(self, failure: str) -> None:
        """Say, once, that steps are passed over."""
        self.tell(Finding("skipped steps", "", f"a step was passed over: {failure}"))

    def tell(self, finding: Finding) -> None:
        """Write a finding down and show it, unless it is known."""
        known = {(old.kind, old.where) for old in self._history.findings}
        if (finding.kind, finding.where) not in known:
            self._history.findings.append(finding)
            if self._listeners is not None:
                self._listeners.on_finding(str(finding))
