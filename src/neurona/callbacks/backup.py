"""Checkpoints from which a broken-off training goes on, to the same bits."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurona import checks
from neurona.callbacks.callback import Callback, CallbackList
from neurona.errors import ArgumentError, DifferentRunError, FileFormatError, NeuronaError
from neurona.network import Program, State
from neurona.runs.background import Background
from neurona.runs.checkpoint import Checkpoint
from neurona.runs.checkpoints import Checkpoints
from neurona.runs.identity import differences, fingerprint, identity
from neurona.runs.lock import FolderLock
from neurona.runs.position import Position
from neurona.runs.signals import HeldSignals
from neurona.schedules import Schedule
from neurona.tally import EpochTally

if TYPE_CHECKING:
    from neurona.training import Job


class BackupAndRestore(Callback):
    """Saves where training is, and goes on from there when ``fit`` is called again.

    A run that is broken off — by Ctrl-C, an error, ``kill -9``, a power cut — and
    then started again in the same way ends with the same weights and the same
    history as one that was never interrupted, to the bit: on every engine, with
    any number of threads. A checkpoint holds weights, optimizer, counters, the
    place within the epoch and its measures so far, the history, the state of the
    other callbacks, and a fingerprint of the data and all settings.

    Once the run is complete, another ``fit`` changes nothing and returns the same
    history; with more ``epochs`` it goes on. For a new run give another folder.

    While it trains, Ctrl-C and SIGTERM first write a checkpoint and then end the
    training, with KeyboardInterrupt and SystemExit(143); a second one does so at once.

    Checkpoints are written beside the training. Where a disk takes longer than what lies
    between two of them, it gets the newest each time, and those in between are left out.

    Args:
        folder: for the checkpoints; it is made if need be, and locked meanwhile.
        save_freq: "epoch", a number of steps, or seconds as in "30s". The end of
            training is always saved.
        keep: how many checkpoints to keep; if the newest turns out to be damaged,
            the one before it is taken.
        allow_different: resume even if data, settings or versions are others than
            those the run was begun with. It then ends in other bits.
        verbose: 0 to say nothing of what was found.

    Raises:
        DifferentRunError: when training begins, if the folder holds another run;
            lists what differs.
        LockedError: another process trains with that folder.
        ArgumentTypeError: at the first save, if the state of a callback or a metric
            of your own cannot be kept.
        OSError: a checkpoint cannot be written.

    Warns:
        RecoveryWarning: the newest checkpoint is damaged.

    An iterable of batches must give the same ones again from its beginning: those
    of the epoch that were trained on are passed over.

    >>> import tempfile
    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> def train(folder, epochs):
    ...     model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
    ...     model.compile(optimizer="adam", loss="mse")
    ...     backup = BackupAndRestore(folder, verbose=0)
    ...     return model.fit(x, y, epochs=epochs, callbacks=[backup], verbose=0).history
    >>> folder = tempfile.mkdtemp()
    >>> part = train(folder, epochs=2)  # as if interrupted
    >>> train(folder, epochs=5) == train(tempfile.mkdtemp(), epochs=5)
    True
    """

    only_records = True

    def __init__(
        self,
        folder: str | PathLike[str],
        save_freq: str | int = "epoch",
        keep: int = 2,
        allow_different: bool = False,
        verbose: int = 1,
    ) -> None:
        self.folder = Path(folder)
        self.save_freq = save_freq
        self._seconds = _seconds(save_freq)
        self._steps = save_freq if isinstance(save_freq, int) else None
        self.keep = checks.integer("keep", keep, 1)
        self.allow_different = bool(allow_different)
        self.verbose = checks.integer("verbose", verbose)

    # --- resuming --------------------------------------------------------------------

    def begin_at(self, job: Job, listeners: CallbackList, leaving: ExitStack) -> Position | None:
        self.folder.mkdir(parents=True, exist_ok=True)
        leaving.enter_context(FolderLock(self.folder / "lock"))
        self._checkpoints = Checkpoints(self.folder, self.keep)
        self._others = [callback for callback in listeners.callbacks if callback is not self]
        named = [callback for callback in self._others if not callback.only_records]
        self._epochs = job.epochs
        self._identity = identity(self.model, job, named, self.params["engine"])
        self._identity["data"] = {name: fingerprint(array) for name, array in job.data.items()}
        self._background = leaving.enter_context(Background())
        found = self._checkpoints.newest()
        position = None if found is None else self._restore(*found, job.metrics)
        self._identity_text = json.dumps(self._identity)
        self._since, self._saved_at = 0, time.monotonic()
        self._last = (position.epoch, position.step) if position else (job.initial_epoch, 0)
        self._saved = self._last if position else None
        self._signals = leaving.enter_context(HeldSignals())
        return position

    def _restore(self, path: Path, found: Checkpoint, metrics: Mapping[str, Any]) -> Position:
        """Put model and callbacks into the state of a checkpoint."""
        try:
            return self._taken(path, found, metrics)
        except NeuronaError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"{path} is whole, but holds what this run cannot go on from ({error!r}). "
                f"Give another folder for a new run."
            ) from error

    def _taken(self, path: Path, found: Checkpoint, metrics: Mapping[str, Any]) -> Position:
        self._check_same(path, found)
        self.model.state = self._fitting(path, found.state)
        self.model.stop_training = found.stopped
        self._found = found
        self._restore_others()
        tally = EpochTally(metrics)
        if found.step:
            tally.set_state(found.tally)
        if self.verbose:
            print(self._greeting(path, found))
        origin = None if found.origin is None else self._fitting(path, found.origin)
        return Position(found.epoch, tally, found.step, found.rows, origin)

    def _greeting(self, path: Path, found: Checkpoint) -> str:
        if found.step == 0 and (found.stopped or found.epoch >= self._epochs):
            return (
                f"The run in {self.folder} is complete: {found.epoch} epochs. Its weights and "
                f"history were taken; nothing is left to train."
            )
        step = f", step {found.step + 1}" if found.step else ""
        return f"Resumed from {path}: epoch {found.epoch + 1}{step}."

    def _check_same(self, path: Path, found: Checkpoint) -> None:
        was = json.loads(found.identity)
        self._accept_rate(was, found)
        lines = differences(was, self._identity)
        if lines and not self.allow_different:
            raise DifferentRunError(
                f"{path} belongs to another run than this one:\n  "
                + "\n  ".join(lines)
                + "\nGive another folder for a new run, or make these the same; "
                "with allow_different=True this run goes on from there all the same.",
                lines,
            )

    def _accept_rate(self, was: dict[str, Any], found: Checkpoint) -> None:
        """A model that is still in memory has the rate that callbacks gave it."""
        here, there = (side["compile"]["optimizer"]["config"] for side in (self._identity, was))
        if found.learning_rate is not None and here["learning_rate"] == found.learning_rate:
            here["learning_rate"] = there.get("learning_rate")

    def _fitting(self, path: Path, state: State) -> State:
        """The state, with fresh slots where the optimizer is another now."""
        model = self.model
        program = Program(model.network, model.loss, model.optimizer, model.seed, model.dtype)
        here = model.state.weights
        if _forms(here) != _forms(state.weights):
            raise DifferentRunError(
                f"The weights in {path} are not those of this model: layers, units and dtype must "
                f"be the same. Give another folder for a new run."
            )
        weights = {key: state.weights[key] for key in here}  # in the layers' order
        slots = program.init_slots(weights)
        if {k: _forms(s) for k, s in slots.items()} == {
            k: _forms(s) for k, s in state.slots.items()
        }:
            slots = {key: state.slots[key] for key in slots}
        return State(weights, slots, state.iteration, state.epoch)

    def _restore_others(self) -> None:
        """The other callbacks' states, each to the next of its class, and the learning rate."""
        left = list(self._found.callbacks)
        for callback in self._others:
            mine = [entry for entry in left if entry[0] == type(callback).__name__]
            if mine:
                left.remove(mine[0])
                callback.set_state(mine[0][1])
        optimizer = self.model.optimizer
        assert optimizer is not None
        rate = self._found.learning_rate
        if rate is not None and not isinstance(optimizer.learning_rate, Schedule):
            optimizer.learning_rate = rate

    def on_resume(self, position: Position) -> None:
        # What on_epoch_begin does was done when the epoch began, and is in the states.
        self._restore_others()

    # --- saving ----------------------------------------------------------------------

    @property
    def steps_to_position(self) -> int | None:
        return None if self._steps is None else self._steps - self._since

    def on_position(self, position: Position) -> None:
        place = (position.epoch, position.step)
        before = self._last[1] if position.epoch == self._last[0] else 0
        if position.step < before:  # the epoch was begun again
            before, self._saved = 0, None
        self._since += position.step - before
        self._last = place
        if place != self._saved and (self._signals.noted is not None or self._due(position)):
            self._save(position)
            self._saved, self._since, self._saved_at = place, 0, time.monotonic()
        if self._signals.noted is not None:
            self._background.wait()  # for the checkpoint to be on the disk
            self._signals.obey()

    def _due(self, position: Position) -> bool:
        if position.step == 0 and (self.save_freq == "epoch" or self._ends(position)):
            return True
        if self._steps is not None:
            return self._since >= self._steps
        return self._seconds is not None and time.monotonic() - self._saved_at >= self._seconds

    def _ends(self, position: Position) -> bool:
        return position.epoch >= self._epochs or self.model.stop_training

    def _save(self, position: Position) -> None:
        model = self.model
        assert model.optimizer is not None
        rate = model.optimizer.learning_rate
        if not self._checkpoints.complete:
            self._background.wait()  # for the checkpoint before
        checkpoint = Checkpoint(
            identity=self._identity_text,
            state=model.state,
            epoch=position.epoch,
            step=position.step,
            rows=position.rows,
            tally=position.tally.get_state() if position.step else {},
            callbacks=[(type(c).__name__, state) for c in self._others if (state := c.get_state())],
            learning_rate=None if isinstance(rate, Schedule) else float(rate),
            stopped=model.stop_training,
            origin=position.origin if position.step else None,
        )
        packed = checkpoint.packed()  # before training changes what it was made of
        number = self._checkpoints.number()
        self._background.start(lambda: self._checkpoints.write(number, *packed))


def _seconds(save_freq: Any) -> float | None:
    """Seconds from one save to the next, if that is what ``save_freq`` says."""
    if save_freq == "epoch":
        return None
    if not isinstance(save_freq, str):
        checks.integer("save_freq", save_freq, 1)
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*s", save_freq)
    if match is None:
        raise ArgumentError(
            f'save_freq must be "epoch", a number of steps, or seconds such as "30s"; '
            f"got {save_freq!r}."
        )
    return float(match[1])


def _forms(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}
