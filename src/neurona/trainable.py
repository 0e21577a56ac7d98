"""From the arguments of ``fit`` to a training: what is checked, and who listens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from neurona import checks, fitting, preflight
from neurona.callbacks import Callback, CallbackList, Doctor, History, Rollback, progress
from neurona.callbacks.callback import checked
from neurona.compiled import Compiled
from neurona.data.arrays import Array, Samples, as_array, as_samples
from neurona.engines import Engine
from neurona.errors import ArgumentError
from neurona.layers.layer import Layer
from neurona.runs.position import Position
from neurona.training import Job, Running, measures, train

if TYPE_CHECKING:
    from neurona.model import Sequential

ON_NONFINITE = ("stop", "rollback", "ignore")


class Trainable(Compiled):
    """Layers that know how they are to be trained, and make trainings of data.

    Attributes:
        history: what the last training measured.
        stop_training: set by callbacks, to end it.
    """

    def __init__(self, layers: Iterable[Layer], name: str, seed: int | None, dtype: str) -> None:
        self.history: History | None = None
        self.stop_training = False
        super().__init__(layers, name, seed, dtype)

    def _fitting(self, asked: fitting.Arguments, among: int = 1) -> Running[None]:
        """What ``fit`` runs, one ``among`` so many at once; all is checked here and now."""
        epochs = checks.integer("epochs", asked.epochs, 0)
        validation: Samples | None = None
        if fitting.is_batches(asked.x, asked.y):
            source, engine = self._from_batches(asked)
            if asked.validation_split:
                raise ArgumentError("validation_split needs arrays; give validation_data.")
        else:
            if asked.steps_per_epoch is not None:
                raise ArgumentError("steps_per_epoch is for iterables of batches, not arrays.")
            samples = as_samples(asked.x, asked.y, asked.sample_weight)
            engine = self._built_for(samples.x)
            samples = fitting.aligned(samples, engine.program)
            rows, validation = fitting.split(
                samples, asked.validation_split, asked.validation_strategy, self.seed
            )
            count = len(samples) if rows is None else len(rows)
            size = fitting.check_batch_size(asked.batch_size, count)
            samples = fitting.weighted(samples, asked.class_weight)
            preflight.check_data(engine, samples)
            source = fitting.array_source(
                samples, rows, size, bool(asked.shuffle), self.seed, engine.threads
            )
        given: dict[str, Array] = {}  # data that is not in the source
        if asked.validation_data is not None:
            validation = fitting.validation_samples(asked.validation_data, engine.program)
            given = fitting.named(validation, "validation ")
        if validation is not None:
            preflight.check_validation(engine, validation)
        settings = {
            "batch_size": source.batch_size,
            "steps_per_epoch": source.steps,
            "shuffle": bool(asked.shuffle),
            "validation_split": asked.validation_split,
            "validation_strategy": asked.validation_strategy,
            "evaluate_training": bool(asked.evaluate_training),
            "on_nonfinite": checks.choice("on_nonfinite", asked.on_nonfinite, *ON_NONFINITE),
            "initial_epoch": checks.integer("initial_epoch", asked.initial_epoch, 0),
        }
        job = self._job(source, validation, epochs, {**source.data, **given}, settings)
        params = self._params(job, source, engine, asked.verbose)
        return self._training_on(engine, job, asked.callbacks or (), params, among)

    def _job(
        self,
        source: fitting.Source,
        validation: Samples | None,
        epochs: int,
        data: dict[str, Array],
        settings: dict[str, Any],
    ) -> Job:
        if settings["evaluate_training"] and source.again is None:
            raise ArgumentError("evaluate_training needs arrays, not an iterable of batches.")
        return Job(
            epochs=epochs,
            initial_epoch=settings["initial_epoch"],
            batches=source.batches,
            steps=source.steps,
            samples=source.samples,
            several=source.several,
            metrics=self._measured(),
            validation=None if validation is None else lambda: [validation],
            training_set=source.again if settings["evaluate_training"] else None,
            stopped=lambda: self.stop_training,
            data=data,
            settings=settings,
        )

    def _training_on(
        self,
        engine: Engine,
        job: Job,
        callbacks: Sequence[Callback],
        params: dict[str, Any],
        among: int,
    ) -> Running[None]:
        self.history, self.stop_training = History(), False
        doctor = Doctor(self.history, among)
        heard = [*progress.display(params["verbose"]), *checked(callbacks), self.history, doctor]
        if job.settings["on_nonfinite"] == "rollback":
            heard.append(rollback := Rollback(doctor.tell))
            job = replace(job, recover=rollback.recover)
        elif job.settings["on_nonfinite"] == "ignore":
            job = replace(job, skip=doctor.tell_of_skipped)
        listeners = CallbackList(heard, cast("Sequential", self), params)
        with ExitStack() as leaving:
            leaving.callback(engine.release)
            found = listeners.begin_at(job, listeners, leaving)
            start = found or Position.before(job.initial_epoch, job.metrics)
            params["start_epoch"] = start.epoch
            yield from train(engine, job, listeners, start)

    def _from_batches(self, asked: fitting.Arguments) -> tuple[fitting.Source, Engine]:
        if asked.y is not None or asked.sample_weight is not None:
            raise ArgumentError("With an iterable of batches, y and weights come in the batches.")
        first, iterable = fitting.peek(asked.x)
        engine = self._built_for(as_array("x", first[0] if isinstance(first, tuple) else first))
        steps = asked.steps_per_epoch
        steps = None if steps is None else checks.integer("steps_per_epoch", steps, 1)
        weights = asked.class_weight
        source = fitting.iterable_source(iterable, first, engine.program, weights, steps)
        return source, engine

    def _built_for(self, x: Array) -> Engine:
        """The engine, the input's shape taken from x if it was not known."""
        if self._network is None and self._input_shape is None:
            self.build(fitting.row_shape(x))
        return self._training()

    def _params(
        self, job: Job, source: fitting.Source, engine: Engine, verbose: Any
    ) -> dict[str, Any]:
        return {
            "epochs": job.epochs,
            "initial_epoch": job.initial_epoch,
            "steps": job.steps,
            "samples": job.samples,
            "batch_size": source.batch_size,
            "seed": self.seed,
            "engine": engine.name,
            "threads": self._threads,
            "dtype": self.dtype,
            "verbose": verbose,
            "measures": measures(["loss", *job.metrics], job),
        }
