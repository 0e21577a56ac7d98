"""Several short epochs in one run of the engine, where nothing has to happen between them.

A small network's epoch takes microseconds, less than Python takes to go from one to the
next. The steps are the same ones, and so are all measures: who listens is told of each
epoch afterwards, in turn.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from neurona.callbacks.callback import CallbackList
from neurona.chunks import Chunks
from neurona.data.batches import Batches
from neurona.engines.engine import Engine, Report, Steps
from neurona.runs.position import Position
from neurona.tally import EpochTally, measured_steps, whole_epochs

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
) -> Generator[Steps, Report, tuple[dict[str, Any], Position]]:
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
        report = yield measured_steps(engine, batches, 0, batches.steps, job.metrics)
    if report.refused is not None:
        raise report.refused
    done, left = divmod(len(report.losses), batches.steps_per_epoch)
    tallies = _tallies(job, report, batches)
    measured = [tally.results() for tally in tallies[:done]]
    for number, logs in enumerate(measured):
        callbacks.on_epoch_begin(epoch + number, {})
        if number + 1 == done:
            callbacks.on_progress(batches.rows_per_epoch, job.samples, logs)
        callbacks.on_epoch_end(epoch + number, logs)
    last = measured[-1] if measured else {}
    if done == count:
        return last, Position.before(epoch + count, job.metrics)
    engine.epoch = begun + done + bool(left)
    return last, Position(epoch + done, tallies[done], left, left * batches.batch_size)


def _tallies(job: Job, report: Report, batches: Batches) -> list[EpochTally]:
    """What each whole epoch came to, and at the end what was begun."""
    steps, rows = batches.steps_per_epoch, batches.rows_per_epoch
    done = len(report.losses) // steps
    begun = EpochTally(job.metrics)
    if report.outputs is None:
        tallies = [*(EpochTally(job.metrics) for _ in range(done)), begun]
    else:
        y, weight = batches.labels(0, len(report.losses))
        before, after = slice(done * rows), slice(done * rows, None)
        w, left = (None, None) if weight is None else (weight[before], weight[after])
        tallies = [*whole_epochs(job.metrics, done, y[before], report.outputs[before], w), begun]
        begun.add_outputs(y[after], report.outputs[after], left)
    for number, tally in enumerate(tallies):
        span, counted = slice(number * steps, (number + 1) * steps), report.rows - number * rows
        tally.add_losses(report.losses[span], min(rows, counted))
        if report.right is not None:
            tally.add_right(report.right[span], min(rows, counted))
    return tallies
