"""Looks at a training while it goes on, and says once what seems wrong."""

from __future__ import annotations

from contextlib import ExitStack
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
FREE = 4  # after so many epochs it looks for the first time, whatever that costs
LOOKS = 8  # at the losses, for each doubling of the epochs
# Times are reckoned, as measured ones would find other things at each run.
STEP, SPEED = 3e-6, 800e9  # seconds, and operations a second, of a fast training on a CPU
LOOK, LOOK_SPEED = 1e-3, 30e9  # the same of a look at the layers
OPERATIONS = 6  # for each weight and row: a product and a sum in each of three passes


class Doctor(Callback):
    """Examines the model after some of the epochs 1, 2, 4, 8 …, and the losses more often.

    ``fit`` has one at work always; what it finds is in ``history.findings`` and
    in the lines of the progress display. It changes nothing, and takes no more
    than about a hundredth of the training's time, but for one look at the fourth
    epoch. That is reckoned from the sizes of network and data, so the same training
    has the same findings.

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
        self._epochs = 0
        self._epoch = self._look = 0.0  # seconds, reckoned

    def begin_at(self, job: Job, listeners: CallbackList, leaving: ExitStack) -> Position | None:
        self._listeners, self._epochs = listeners, job.epochs
        data = job.data
        if "x" in data and "y" in data:
            self._samples = Samples(data["x"][:ROWS], data["y"][:ROWS])
            operations = OPERATIONS * self.model.count_params()
            self._epoch = (job.steps or 0) * STEP + (job.samples or 0) * operations / SPEED
            self._look = LOOK + ROWS * operations / LOOK_SPEED
        leaving.callback(self._forget)
        return None

    @property
    def epochs_to_hear(self) -> int | None:
        """Until it looks at the layers again: losses can be looked at afterwards."""
        seen = len(self._history.epoch)
        look = 1 << seen.bit_length()
        while self._samples is not None and look <= self._epochs:
            if self._worth_a_look(look):
                return look - seen
            look *= 2
        return None

    def _forget(self) -> None:
        self._samples = self._listeners = None

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
        if self._samples is None or not self._worth_a_look(seen):
            return []
        return examine_layers(self.model.program, self.model.weights, self._samples)

    def _worth_a_look(self, seen: int) -> bool:
        spent, worth, epochs = 0.0, False, 1
        while epochs <= seen:
            afford = spent + self._look <= self._budget * epochs * self._epoch
            worth = afford or (not spent and epochs >= FREE)
            spent += self._look * worth
            epochs *= 2
        return worth

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
