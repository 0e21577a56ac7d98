"""``neurona train`` and ``neurona resume``: load, build, fit, judge, save."""

from __future__ import annotations

import os
import sys
import time
from contextlib import nullcontext, redirect_stdout
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurona.callbacks import Callback, EarlyStopping, History
from neurona.callbacks.progress.text import duration
from neurona.cli import INTERRUPTED, StoppedError, output, run_folder, sources
from neurona.cli.building import build
from neurona.cli.judging import Verdict, judge, show
from neurona.cli.plan import Asked, check_rest, make_optimizer, option, recipe_for
from neurona.cli.program import options_of
from neurona.cli.recipes import Recipe
from neurona.cli.records import FINDINGS
from neurona.cli.results import Target, target_for
from neurona.cli.run_folder import RunFolder
from neurona.cli.show import show_layers
from neurona.cli.sources import Data
from neurona.data.datasets.dataset import Pair
from neurona.data.splitting import holdout_indices
from neurona.display.numbers import counted
from neurona.optimizers import Optimizer
from neurona.runs.signals import ENDED

if TYPE_CHECKING:
    from neurona.plots.statistics import LayerStatistics


def train(asked: Asked, report: bool = False) -> None:
    """Do what ``neurona train`` was asked for.

    Args:
        asked: the options.
        report: also write a page on the run.

    Raises:
        NeuronaError: an option, the data or the training is at fault.
        StoppedError: Ctrl-C, after the weights so far were saved.
    """
    check_rest(asked)
    recipe = recipe_for(asked, sources.recipe_of(asked.dataset))
    if asked.run is None:
        _train(asked, recipe, target_for(asked.out, asked.dataset), None, report)
        return
    with run_folder.begun(asked.run, asked) as folder:
        # Once more: where no epochs are asked for, they are the run's own.
        recipe = recipe_for(folder.asked, sources.recipe_of(asked.dataset))
        _train(folder.asked, recipe, folder.target, folder, report)


def resume(path: Path, **changes: Any) -> None:
    """Do what ``neurona resume`` was asked for.

    Args:
        path: of the run's folder.
        changes: options that are others than when the run was begun.

    Raises:
        As :func:`train`.
    """
    with run_folder.found(path, **changes) as folder:
        asked = folder.asked
        check_rest(asked)
        recipe = recipe_for(asked, sources.recipe_of(asked.dataset))
        _train(asked, recipe, folder.target, folder)


def _train(
    asked: Asked, recipe: Recipe, target: Target, folder: RunFolder | None, report: bool = False
) -> None:
    optimizer = make_optimizer(recipe)
    page = _page(target, asked) if report else None
    run = _Run(asked, recipe, optimizer, target, sources.load(asked.dataset, asked.data))
    if report:
        run.watch_layers()
    if folder is None:
        run.train()
    else:
        run.train_in(folder)
    run.keep_record()
    target.save(run.model, run.history)  # first of all: what follows may be interrupted
    verdict = judge(run.model, *run.data.test)
    if page is not None:
        run.write(page)
    if asked.json:
        output.write_json(run.as_json(verdict))
    else:
        run.report(verdict)
        if page is not None:
            output.line(f"Report: {page} (open it in a browser)")


def _page(target: Target, asked: Asked) -> Path:
    """Where the report goes, checked before the training so that it is not in vain."""
    from neurona.cli import report

    page = report.page_for(target.model if asked.run is None else asked.run)
    report.check_page(page)
    return page


class _Run:
    """One training run: its rows, its model and what came of it."""

    def __init__(
        self, asked: Asked, recipe: Recipe, optimizer: Optimizer, target: Target, data: Data
    ) -> None:
        self.asked, self.recipe, self.target, self.data = asked, recipe, target, data
        x, y = data.train
        self.validation: Pair | None = None
        if recipe.validation:
            strategy = "stratified" if data.classes else "random"
            with option("--validation"):
                rows, held = holdout_indices(len(x), recipe.validation, strategy, y, asked.seed)
            self.validation = (x[held], y[held])
            x, y = x[rows], y[rows]
        self.x, self.y = x, y
        self.model = build(data, x, y, recipe, optimizer, asked)
        # A run may be resumed with other threads, and ends in the same bits.
        kept = asked if asked.run is None else replace(asked, threads=None)
        self.model.info["options"] = options_of(kept)
        self.stopping = self._stopping()
        self.statistics: LayerStatistics | None = None
        self.seconds = 0.0

    def _stopping(self) -> EarlyStopping | None:
        if self.asked.early_stopping is None:
            return None
        return EarlyStopping(patience=self.asked.early_stopping, restore_best_weights=True)

    def watch_layers(self) -> None:
        """Record the layers' health after every epoch, for the report."""
        from neurona.plots.statistics import LayerStatistics

        self.statistics = LayerStatistics(self.x, self.y)

    def keep_record(self) -> None:
        """Put what was found and recorded of the layers into the model, for reports to come."""
        self.model.info[FINDINGS] = list(map(astuple, self.history.findings))
        if self.statistics is not None:
            from neurona.report.health import INFO, as_json

            self.model.info[INFO] = as_json(self.statistics)

    @property
    def history(self) -> History:
        """What the epochs measured."""
        return self.model.history or History()

    def train(self) -> None:
        """Fit the model; if that is interrupted, save it as it is."""
        try:
            self._fit([])
        except KeyboardInterrupt:
            raise StoppedError(self._rescue()) from None

    def train_in(self, folder: RunFolder) -> None:
        """Fit the model, or go on with it, keeping all in the folder."""
        monitor = "loss" if self.validation is None else "val_loss"
        try:
            with folder.explained():
                self._fit(folder.callbacks(monitor))
        except KeyboardInterrupt:
            raise folder.stopped(INTERRUPTED, self._so_far()) from None
        except SystemExit as end:
            if end.code != ENDED:  # by another reason than SIGTERM
                raise
            raise folder.stopped(ENDED, self._so_far()) from None

    def _so_far(self) -> str:
        return f" after {counted(len(self.history.epoch), 'whole epoch')}"

    def _fit(self, callbacks: list[Callback]) -> None:
        """Fit the model, saying what goes on unless that is not wanted."""
        if not (self.asked.json or self.asked.quiet):
            self._introduce()
        own = [callback for callback in (self.stopping, self.statistics) if callback is not None]
        began = time.perf_counter()
        # With --json, stdout is for the one object: progress goes to stderr.
        with redirect_stdout(sys.stderr) if self.asked.json else nullcontext():
            self.model.fit(
                self.x,
                self.y,
                batch_size=self.recipe.batch_size,
                epochs=self.recipe.epochs,
                validation_data=self.validation,
                callbacks=[*own, *callbacks],
                verbose=0 if self.asked.quiet else "auto",
            )
        self.seconds = time.perf_counter() - began

    def _introduce(self) -> None:
        recipe, held = self.recipe, 0 if self.validation is None else len(self.validation[0])
        output.line(
            f"{self.data.name}: {len(self.x):,} rows to train on, {held:,} for validation, "
            f"{len(self.data.test[0]):,} for the test"
        )
        momentum = f"momentum {recipe.momentum:g}, " if recipe.momentum else ""
        size = "all rows" if recipe.batch_size == "all" else f"{recipe.batch_size} rows"
        output.line(
            f"{recipe.optimizer}, learning rate {self._learning_rate():g}, {momentum}"
            f"{size} a step, {counted(recipe.epochs, 'epoch')}, seed {self.asked.seed}"
        )
        output.line()
        show_layers(self.model)
        output.line()

    def _rescue(self) -> str:
        """Save what has been learned, and say where it is."""
        epochs = len(self.history.epoch)
        if not self.model.state.iteration:
            return "interrupted before the first step; nothing was written."
        target = self.target.interrupted()
        target.save(self.model, self.history)
        return (
            f"interrupted after {epochs} of {self.recipe.epochs} epochs. Nothing is lost: the "
            f"weights so far are in {target.model}, the history in {target.history}."
        )

    def report(self, verdict: Verdict) -> None:
        """Tell a person the result."""
        epochs = len(self.history.epoch)
        if not self.asked.quiet:
            output.line(f"{self._trained(epochs)} in {duration(self.seconds)}.{self._stopped()}")
            output.line()
        title = f"Test on {verdict.rows:,} rows that training did not see"
        show(verdict, title, matrix=not self.asked.quiet)
        if not self.asked.quiet:
            output.line()
        output.line(f"Saved the model in {self.target.model}, its history in {self.target.history}")
        if not self.asked.quiet:
            folder = "" if self.asked.data is None else f" --data {self.asked.data}"
            rows = f"{self.asked.dataset}{folder}"
            output.line(f"Next: neurona predict {self.target.model} {rows} --row 0")

    def _trained(self, epochs: int) -> str:
        before = self.history.params.get("start_epoch", 0)
        if before:
            return f"Trained {counted(epochs - before, 'more epoch')}, {epochs} in all,"
        return f"Trained {counted(epochs, 'epoch')}"

    def _stopped(self) -> str:
        stopping = self.stopping
        if stopping is None or not self.history.epoch:
            return ""
        best = f"the weights of epoch {stopping.best_epoch + 1}, the best, were kept."
        if not stopping.stopped_epoch:
            return f" Early stopping: {best}"
        epochs = counted(stopping.patience, "epoch")
        return f" Stopped early: val_loss fell no more for {epochs}; {best}"

    def write(self, page: Path) -> None:
        """Write the report."""
        from neurona.cli.report import of_training

        made = (self.model, self.history, self.asked, self.recipe, self.data, self.seconds)
        of_training(*made).save(page)

    def as_json(self, verdict: Verdict) -> dict[str, Any]:
        """The result for programs."""
        history = self.history
        return {
            "command": "train",
            "dataset": self.data.name,
            "model": os.fspath(self.target.model),
            "history_file": os.fspath(self.target.history),
            "rows": {
                "training": len(self.x),
                "validation": 0 if self.validation is None else len(self.validation[0]),
                "test": verdict.rows,
            },
            "settings": self._settings(),
            "parameters": self.model.count_params(),
            "epochs": len(history.epoch),
            "best_epoch": None if self.stopping is None else self.stopping.best_epoch + 1,
            "seconds": round(self.seconds, 6),
            "test": verdict.as_json(),
            "history": history.history,
            "measures": history.measures,
        }

    def _settings(self) -> dict[str, Any]:
        return {
            **asdict(self.recipe),
            "learning_rate": self._learning_rate(),
            "dropout": self.asked.dropout,
            "l2": self.asked.l2,
            "seed": self.asked.seed,
            "engine": self.history.params["engine"],
            "threads": self.asked.threads,
            "dtype": self.asked.dtype,
        }

    def _learning_rate(self) -> float:
        optimizer = self.model.optimizer
        assert optimizer is not None  # the model is compiled
        return float(optimizer.learning_rate)
