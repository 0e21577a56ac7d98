"""The epoch loop: the only one there is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from neurona.callbacks.callback import CallbackList
from neurona.data.arrays import Samples
from neurona.data.batches import Batches
from neurona.engines.engine import Engine, Report
from neurona.errors import NonFiniteError
from neurona.evaluation import Tally, evaluate
from neurona.explain.nonfinite import explain_nonfinite
from neurona.metrics.metric import Metric

UPDATES_PER_SECOND = 10.0  # how often an engine comes back for progress and Ctrl-C
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
        batches: given the count of epochs begun before, the sources of one epoch.
        steps, samples: in an epoch, where known beforehand.
        validation, training_set: what to measure at each epoch's end.
        stopped: asked after every epoch and every batch that callbacks hear of.
    """

    epochs: int
    initial_epoch: int
    batches: Callable[[int], Iterable[Batches]]
    steps: int | None
    samples: int | None
    metrics: Mapping[str, Metric]
    validation: Callable[[], Iterable[Samples]] | None
    training_set: Callable[[], Iterable[Samples]] | None
    stopped: Callable[[], bool]


def measures(names: Iterable[str], job: Job) -> dict[str, str]:
    """In words, what each measure of the run is, by its name in the history."""
    kinds = [""] + ["train_"] * bool(job.training_set) + ["val_"] * bool(job.validation)
    return {kind + name: MEASURES[kind] for kind in kinds for name in names}


def train(engine: Engine, job: Job, callbacks: CallbackList) -> None:
    """Run the job's epochs on the engine.

    Raises:
        NonFiniteError: a loss or weight became NaN or infinite; the engine keeps
            the last finite weights.
    """
    callbacks.on_train_begin({})
    logs: dict[str, Any] = {}
    try:
        for epoch in range(job.initial_epoch, job.epochs):
            callbacks.on_epoch_begin(epoch, {})
            logs = _epoch(engine, job, callbacks, epoch)
            callbacks.on_epoch_end(epoch, logs)
            if job.stopped():
                break
    finally:
        callbacks.on_train_end(logs)


def _epoch(engine: Engine, job: Job, callbacks: CallbackList, epoch: int) -> dict[str, Any]:
    tally = Tally(job.metrics)
    sources = job.batches(engine.epoch)
    engine.epoch += 1
    chunks = _Chunks(every_step=callbacks.every_step)
    done = 0
    for batches in sources:
        done = _run(engine, batches, tally, callbacks, chunks, job, epoch, done)
        if chunks.every_step and job.stopped():
            break
    logs = tally.results()
    for prefix, source in (("train_", job.training_set), ("val_", job.validation)):
        if source is not None:
            found = evaluate(engine, source(), job.metrics)
            logs.update({prefix + name: value for name, value in found.items()})
    return logs


def _run(
    engine: Engine,
    batches: Batches,
    tally: Tally,
    callbacks: CallbackList,
    chunks: _Chunks,
    job: Job,
    epoch: int,
    done: int,
) -> int:
    """Train on all of ``batches``; return the rows done in this epoch by then."""
    outputs = batches.batch_size * max(1, engine.program.network.output_size)
    step = 0
    while step < batches.steps:
        last = min(step + chunks.next(MAX_OUTPUTS // outputs), batches.steps)
        if chunks.every_step:
            callbacks.on_train_batch_begin(step, {})
        with chunks:
            report = engine.run_steps(batches, step, last, bool(job.metrics))
        _count(tally, report, batches, step)
        if report.failed_step is not None:
            raise NonFiniteError(explain_nonfinite(engine, batches, report.failed_step, epoch))
        done += report.rows
        step = last
        logs = tally.results()
        if chunks.every_step:
            callbacks.on_train_batch_end(step - 1, logs)
            if job.stopped():
                break
        callbacks.on_progress(done, job.samples, logs)
    return done


def _count(tally: Tally, report: Report, batches: Batches, first: int) -> None:
    tally.add_loss(report.loss, report.rows)
    if report.outputs is not None:
        start = batches.span(first, first).start
        rows: Any = slice(start, start + report.rows)
        if batches.order is not None:
            rows = batches.order[rows]
        weight = batches.sample_weight
        assert batches.y is not None
        tally.add_outputs(batches.y[rows], report.outputs, None if weight is None else weight[rows])


class _Chunks:
    """Chooses how many steps to ask for, from how long the last ones took."""

    def __init__(self, every_step: bool) -> None:
        self.every_step = every_step
        self._steps, self._began = 1, 0.0

    def next(self, most: int) -> int:
        return 1 if self.every_step else max(1, min(self._steps, most))

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *failure: object) -> None:
        taken = max(time.perf_counter() - self._began, 1e-6)
        # Grow by no more than ten times, so that one quick step does not mislead.
        wanted = self._steps / (taken * UPDATES_PER_SECOND)
        self._steps = max(1, int(min(wanted, 10 * self._steps)))
