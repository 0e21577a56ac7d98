"""Several short epochs in one run of the engine, where nothing has to happen between them.

A small network's epoch takes microseconds, less than Python takes to go from one to the
next. The steps are the same ones, and so are all measures: who listens is told of each
epoch afterwards, in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neurona.blas import OneBlasThread
from neurona.callbacks.callback import CallbackList
from neurona.chunks import Chunks
from neurona.data.batches import Batches
from neurona.engines.engine import Engine, Report
from neurona.runs.position import Position
from neurona.tally import EpochTally

if TYPE_CHECKING:
    from neurona.training import Job

MAX_ENTRIES = 2**22  # row numbers, or outputs, of one run


def epochs_together(
    engine: Engine, job: Job, callbacks: CallbackList, at: Position, chunks: Chunks
) -> int:
    """How many epochs to run at once from there on; 1 where they are to go one by one."""
    if (
        job.several is None
        or job.steps is None
        or job.samples is None
        or at.step
        or job.validation is not None
        or job.training_set is not None
        or job.recover is not None
        or callbacks.every_step
    ):
        return 1
    outputs = engine.program.network.output_size if job.metrics else 1
    most = min(job.epochs - at.epoch, MAX_ENTRIES // (job.samples * max(1, outputs)))
    unheard = callbacks.epochs_to_hear
    return max(1, chunks.next_epochs(job.steps, most if unheard is None else min(most, unheard)))


def run_together(
    engine: Engine, job: Job, callbacks: CallbackList, epoch: int, count: int, chunks: Chunks
) -> tuple[dict[str, Any], Position]:
    """Train ``count`` epochs from ``epoch`` on.

    Returns:
        The measures of the last one that was done, and the place after it; or, where
        a step failed, the place before that step.
    """
    assert job.several is not None
    begun = engine.epoch
    batches = job.several(begun, count)
    engine.epoch += count
    with chunks:
        report = engine.run_steps(batches, 0, batches.steps, bool(job.metrics))
    steps = batches.steps_per_epoch
    ended = batches.steps if report.failed_step is None else report.failed_step
    done, left = divmod(ended, steps)
    logs: dict[str, Any] = {}
    with OneBlasThread():
        for number in range(done):
            logs = _tally(job, report, batches, number * steps, (number + 1) * steps).results()
            callbacks.on_epoch_begin(epoch + number, {})
            if number + 1 == done:
                callbacks.on_progress(batches.rows_per_epoch, job.samples, logs)
            callbacks.on_epoch_end(epoch + number, logs)
    if done == count:
        return logs, Position.before(epoch + count, job.metrics)
    engine.epoch = begun + done + bool(left)
    tally = _tally(job, report, batches, done * steps, ended)
    return logs, Position(epoch + done, tally, left, left * batches.batch_size)


def _tally(job: Job, report: Report, batches: Batches, first: int, last: int) -> EpochTally:
    """What steps ``first`` to ``last − 1`` of one epoch came to."""
    tally = EpochTally(job.metrics)
    outputs = None if report.outputs is None else report.outputs[batches.span(first, last)]
    tally.add_steps(batches, first, report.losses[first:last], outputs)
    return tally
