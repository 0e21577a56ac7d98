"""The epoch loop: the only one there is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

from neurona.blas import OneBlasThread
from neurona.callbacks.callback import CallbackList
from neurona.chunks import Chunks
from neurona.data.arrays import Array, Samples
from neurona.data.batches import Batches
from neurona.engines.engine import Engine, Report, Steps
from neurona.errors import NonFiniteError
from neurona.evaluation import evaluate
from neurona.explain.nonfinite import explain_nonfinite, stopped_by
from neurona.metrics.metric import Metric
from neurona.runs.position import Position
from neurona.tally import measured_steps
from neurona.together import epochs_together, run_together

T = TypeVar("T")

MAX_OUTPUTS = 2**22  # numbers that one chunk of steps may return for the metrics

MEASURES = {
    "": "running mean over the epoch's batches, while the weights were changing",
    "train_": "the training set, with the weights at the epoch's end",
    "val_": "the validation set, with the weights at the epoch's end",
}


@dataclass(frozen=True)
class Job:
    """What to train on, and for how long.

    Attributes:
        epochs: number of the last epoch plus one.
        batches: the sources of one epoch, given the count of epochs that the model
            began before, and the number of the epoch in this job, from 0.
        steps, samples: in an epoch, where known beforehand.
        several: several epochs in one, given the count of epochs begun before and how many;
            None where they come one by one.
        validation, training_set: what to measure at each epoch's end.
        stopped: asked after every epoch and every batch that callbacks hear of.
        recover: asked when an epoch failed, with its number and what happened: True to
            begin it again from its first step.
        skip: told of a step that failed and is not taken; where None, training ends.
        data, settings: what the result depends on besides the model, by name.
    """

    epochs: int
    initial_epoch: int
    batches: Callable[[int, int], Iterable[Batches]]
    steps: int | None
    samples: int | None
    several: Callable[[int, int], Batches] | None
    metrics: Mapping[str, Metric]
    validation: Callable[[], Iterable[Samples]] | None
    training_set: Callable[[], Iterable[Samples]] | None
    stopped: Callable[[], bool]
    recover: Callable[[int, str], bool] | None = None
    skip: Callable[[str], None] | None = None
    data: Mapping[str, Array] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def measures(names: Iterable[str], job: Job) -> dict[str, str]:
    """In words, what each measure of the run is, by its name in the history."""
    kinds = [""] + ["train_"] * bool(job.training_set) + ["val_"] * bool(job.validation)
    return {kind + name: MEASURES[kind] for kind in kinds for name in names}


Running = Generator[Steps, Report, T]  # yields the steps to run next, is sent their report


def alone(training: Running[None]) -> None:
    """Run a training by itself."""
    with closing(training):  # at once, if it is broken off between two steps
        try:
            steps = next(training)
            while True:
                steps = training.send(steps.run())
        except StopIteration:
            return


def train(engine: Engine, job: Job, callbacks: CallbackList, start: Position) -> Running[None]:
    """The job's epochs on the engine, from ``start`` on, for :func:`alone` or others to run.

    Where a run was stopped after an epoch, there is nothing left to do.

    Raises:
        NonFiniteError: a loss or weight became NaN or infinite; the engine keeps
            the last finite weights.
    """
    over = start.step == 0 and job.stopped()
    callbacks.on_train_begin({})
    logs: dict[str, Any] = {}
    # What one epoch shows of the machine's speed, the next one uses; and the next training,
    # with care: the same rows may be slower this time.
    work = job.steps, job.samples
    chunks = Chunks(max(1, engine.pace[1] // 2) if engine.pace[0] == work else 1)
    try:
        if start.step == 0 and start.epoch > job.initial_epoch:
            callbacks.on_resume(start)
        at = start
        while at.epoch < job.epochs and not over:
            last = at.epoch + epochs_together(engine, job, callbacks, at, chunks)
            if last > at.epoch + 1:
                count = last - at.epoch
                done, at = yield from run_together(engine, job, callbacks, at.epoch, count, chunks)
                logs = done or logs
            if at.epoch < last:  # one by one, or the one in which a step fails
                callbacks.on_epoch_begin(at.epoch, {})
                if at.step:
                    callbacks.on_resume(at)
                logs = yield from _run_epoch(engine, job, callbacks, at, chunks)
                callbacks.on_epoch_end(at.epoch, logs)
                at = Position.before(at.epoch + 1, job.metrics)
                callbacks.on_position(at)
            over = job.stopped()
    finally:
        engine.pace = work, chunks.wanted
        callbacks.on_train_end(logs)


def _run_epoch(
    engine: Engine, job: Job, callbacks: CallbackList, at: Position, chunks: Chunks
) -> Running[dict[str, Any]]:
    """One epoch, begun again after a failure where the job wants that."""
    if job.recover is None:
        return (yield from _Epoch(engine, job, callbacks, at, chunks).run())
    origin = engine.state if at.origin is None else at.origin
    while True:
        at.origin = origin
        try:
            return (yield from _Epoch(engine, job, callbacks, at, chunks).run())
        except NonFiniteError as failure:
            if not job.recover(at.epoch, failure.what):
                raise
        engine.load(origin)
        at = Position.before(at.epoch, job.metrics)


class _Epoch:
    """One epoch, from where it is entered to its end."""

    def __init__(
        self,
        engine: Engine,
        job: Job,
        callbacks: CallbackList,
        position: Position,
        chunks: Chunks,
    ) -> None:
        self.engine, self.job, self.callbacks, self.at = engine, job, callbacks, position
        self.chunks = chunks
        self.every_step = callbacks.every_step

    def run(self) -> Running[dict[str, Any]]:
        """Train to the epoch's end, and return what was measured."""
        engine, job, at = self.engine, self.job, self.at
        if at.step == 0:
            engine.epoch += 1
        done_before = at.step
        for batches in job.batches(engine.epoch - 1, at.epoch - job.initial_epoch):
            first = min(done_before, batches.steps)
            done_before -= first
            yield from self._train(batches, first)
            at.tally.close_group()
            if self._cut_short():
                break
        logs = at.tally.results()
        for prefix, source in (("train_", job.training_set), ("val_", job.validation)):
            if source is not None:
                found = evaluate(engine, source(), job.metrics, between=self._pause)
                logs.update({prefix + name: value for name, value in found.items()})
        return logs

    def _pause(self) -> None:
        """While the epoch is measured: nothing changes, so training can be left here, too."""
        self.callbacks.on_position(self.at)

    def _cut_short(self) -> bool:
        return self.at.step > 0 and self.every_step and self.job.stopped()

    def _train(self, batches: Batches, first: int) -> Running[None]:
        """Train on all of ``batches`` from step ``first`` on."""
        callbacks, job, at = self.callbacks, self.job, self.at
        step = first
        while step < batches.steps and not self._cut_short():
            last = step + self._chunk(batches, batches.steps - step)
            if self.every_step:
                callbacks.on_train_batch_begin(at.step, {})
            steps = measured_steps(self.engine, batches, step, last, job.metrics)
            with self.chunks:
                report = yield steps
            if report.refused is not None:
                raise report.refused
            self._count(report, batches, step)
            if report.failed_step is not None:
                last = self._failed(batches, report.failed_step) + 1
            at.step += last - step
            at.rows += report.rows
            step = last
            logs = at.tally.results()
            if self.every_step:
                callbacks.on_train_batch_end(at.step - 1, logs)
            callbacks.on_progress(at.rows, job.samples, logs)
            callbacks.on_position(at)

    def _failed(self, batches: Batches, step: int) -> int:
        """Say what went wrong; where the job would rather go on, the step is passed over."""
        what = explain_nonfinite(self.engine, batches, step, self.at.epoch)
        if self.job.skip is None:
            raise stopped_by(what)
        self.job.skip(what)
        return step

    def _chunk(self, batches: Batches, left: int) -> int:
        """How many of the steps left to run at once."""
        if self.every_step:
            return 1
        outputs = batches.batch_size * max(1, self.engine.program.network.output_size)
        return self.chunks.next(left, MAX_OUTPUTS // outputs, self.callbacks.steps_to_position)

    def _count(self, report: Report, batches: Batches, first: int) -> None:
        tally = self.at.tally
        tally.add_losses(report.losses, report.rows)
        if report.right is not None:
            tally.add_right(report.right, report.rows)
        if report.outputs is not None:
            y, weight = batches.labels(first, first + len(report.losses))
            with OneBlasThread():
                tally.add_outputs(y, report.outputs, weight)
