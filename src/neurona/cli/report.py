"""``neurona report``: a run as one page."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from neurona import Sequential
from neurona.callbacks import History
from neurona.cli import output, sources
from neurona.cli.evaluate import rows_for, trained_on
from neurona.cli.models import runnable
from neurona.cli.plan import Asked
from neurona.cli.program import command_of, options_of, program_of
from neurona.cli.recipes import Recipe
from neurona.cli.records import Record, open_record
from neurona.cli.results import check_out
from neurona.cli.sources import Data
from neurona.data.splitting import holdout_indices
from neurona.errors import ArgumentError, NotBuiltError
from neurona.memory import human
from neurona.report import Origin, Report, build
from neurona.report.contents import fingerprints
from neurona.report.markup import GENERATOR
from neurona.saving import SUFFIX

NAME = "report.html"


def report(
    path: Path, dataset: str | None, folder: Path | None, out: Path | None, overwrite: bool
) -> None:
    """Do what ``neurona report`` was asked for."""
    if out is not None:
        check_out(out, overwrite, "a report goes", ".html")
    record = open_record(path)
    target = page_for(path) if out is None else out
    if out is None:
        check_page(target, overwrite)
    if record.model.loss is None:
        raise NotBuiltError(
            f"{path} was saved without a loss, so there is nothing to measure with. Compile the "
            f"model in Python before saving it."
        )
    runnable(record.model, path)
    asked, recipe = record.asked, record.recipe
    if dataset is None and record.is_run and asked is not None and recipe is not None:
        data = sources.load(asked.dataset, folder)
        told = of_training(record.model, record.history, asked, recipe, data)
    else:
        told = _of_model(record, dataset, folder)
    told.save(target)
    size = human(target.stat().st_size)
    output.line(f"Report: {shlex.quote(str(target))} ({size}; open it in a browser)")


def _of_model(record: Record, dataset: str | None, folder: Path | None) -> Report:
    """A model's file: its training data are known if they are those that it names."""
    model, asked, recipe = record.model, record.asked, record.recipe
    source = trained_on(model, record.path, "report") if dataset is None else dataset
    data = _training_data(model, source, folder)
    if data is not None and asked is not None and recipe is not None:
        return of_training(model, record.history, asked, recipe, data)
    x, y, what = rows_for(model, source, folder)
    name = str(model.info.get("dataset") or model.name)
    training = None if data is None else data.train
    origin = Origin(
        data=name,
        test=f"{source}, {what}",
        settings=_said(model),
        fingerprints=fingerprints(training=training, test=(x, y)),
        notes=() if data else (f"The model was tested on {source}.",),
    )
    return build(model, x, y, history=record.history, training=training, origin=origin)


def _training_data(model: Sequential, source: str, folder: Path | None) -> Data | None:
    """What the model was trained on, if that is what ``source`` names."""
    said = model.info.get("dataset")
    if not sources.is_file(source):
        return sources.load(source, folder) if sources.set_name(source) == said else None
    data = sources.load(source, folder)
    return data if data.sha256 == model.info.get("data_sha256") else None


def of_training(
    model: Sequential,
    history: History | None,
    asked: Asked,
    recipe: Recipe,
    data: Data,
    seconds: float | None = None,
) -> Report:
    """The report of a run of ``neurona train``."""
    x, y = data.train
    held = 0
    if recipe.validation:
        strategy = "stratified" if data.classes else "random"
        rows, others = holdout_indices(len(x), recipe.validation, strategy, y, asked.seed)
        x, y, held = x[rows], y[rows], len(others)
    settings = {
        **_said(model),
        "batch size": "all rows" if recipe.batch_size == "all" else f"{recipe.batch_size} rows",
        "epochs": f"{recipe.epochs}, at most" if asked.early_stopping else recipe.epochs,
        "validation": f"{recipe.validation:.0%} of the training rows" if held else "none",
        "early stopping": _patience(asked),
        "options given": ", ".join(f"{k} {v}" for k, v in options_of(asked).items()) or "none",
    }
    origin = Origin(
        data=data.name,
        test=f"{data.name}, {len(data.test[0]):,} rows that training did not see",
        rows={"training": len(x), "validation": held},
        settings=settings,
        seconds=seconds,
        command=command_of(asked),
        program=program_of(asked, recipe, data),
        fingerprints=fingerprints(training=data.train, test=data.test),
    )
    return build(model, *data.test, history=history, training=(x, y), origin=origin)


def _patience(asked: Asked) -> str:
    if asked.early_stopping is None:
        return ""
    return f"after {asked.early_stopping} epochs without a lower val_loss; the best weights kept"


def _said(model: Sequential) -> dict[str, Any]:
    """The settings that the model itself tells of."""
    config = model.get_compile_config() or {}
    return {
        "optimizer": repr(model.optimizer) if model.optimizer else "",
        "loss": repr(model.loss),
        "metrics": ", ".join(config.get("metrics", {})),
    }


def page_for(path: Path) -> Path:
    """Where the report of a run's folder or of a model's file goes."""
    return path / NAME if path.suffix != SUFFIX else path.with_suffix(f".{NAME}")


def check_page(path: Path, overwrite: bool = False) -> None:
    """See to it that nothing but an older report is replaced.

    Raises:
        ArgumentError: there is another file of that name.
    """
    if overwrite or not path.exists():
        return
    if not path.is_file() or not _is_report(path):
        raise ArgumentError(
            f"{path} exists and is no report, so it is not replaced. Move it away, or give "
            f"neurona report --out another name."
        )


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(1000)
