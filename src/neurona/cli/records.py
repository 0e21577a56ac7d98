"""A run that is there on the disk: its model, its history, its options."""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from neurona import Sequential
from neurona.callbacks import History
from neurona.callbacks.learning_rate import NAME
from neurona.cli import run_folder, sources
from neurona.cli.models import open_model
from neurona.cli.plan import Asked, recipe_for
from neurona.cli.program import NO_SETTINGS
from neurona.cli.recipes import FILE, Recipe
from neurona.cli.results import Target
from neurona.errors import ArgumentError, FileFormatError, NeuronaError, RecoveryWarning
from neurona.explain.doctor import Finding
from neurona.runs.checkpoint import Checkpoint
from neurona.saving import SUFFIX

FINDINGS = "findings"  # in a model's info
RUNNING = "running mean over the epoch"
MOST = 2**28  # bytes of a history; a real one has far fewer
# What reading a line that holds something else may raise.
ODD = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, eq=False)
class Record:
    """What is known of a run.

    Args:
        path: as the user gave it: a run's folder, or a model's file.
        model: the model.
        history: what its epochs measured; None if nothing was kept.
        asked: the options; None where the model was not made by ``neurona train``.
    """

    path: Path
    model: Sequential
    history: History | None
    asked: Asked | None

    @property
    def is_run(self) -> bool:
        """Whether it is a run's folder, in place of a model's file."""
        return self.path.is_dir()

    @property
    def recipe(self) -> Recipe | None:
        """How it was trained, or None where that is not known."""
        if self.asked is None:
            return None
        is_file = sources.is_file(self.asked.dataset)
        usual = FILE if is_file else sources.recipe_of(self.asked.dataset)
        try:
            return recipe_for(self.asked, usual)
        except NeuronaError:  # the file's info was written by other hands
            return None


def open_record(path: Path) -> Record:
    """A run's folder, or a model's file, with what lies beside it.

    Raises:
        ArgumentError: the folder holds no run, or one that has no model yet.
        DatasetError, FileFormatError: there is no such file, or it is damaged.
    """
    if not path.is_dir():
        model = open_model(path)
        history = _history_of(Target(path).history, _from_csv)
        if history is not None:
            history.findings = _findings_in(model.info.get(FINDINGS))
        return Record(path, model, history, _asked_in(model))
    if not (path / run_folder.CONFIG).is_file():
        raise ArgumentError(
            f"{path} holds no run: there is no {run_folder.CONFIG} in it. Name the folder of "
            f"neurona train --run, or a model's file."
        )
    asked = run_folder.read_options(path)
    for name in ("model", "best"):
        if (file := path / f"{name}{SUFFIX}").is_file():
            history = _history_of(path / run_folder.HISTORY, _from_jsonl)
            if history is not None:
                history.findings = _findings_of(path / run_folder.CHECKPOINTS)
            return Record(path, open_model(file), history, asked)
    raise ArgumentError(f"The run in {path} has no model yet. Go on with it: neurona resume {path}")


def _asked_in(model: Sequential) -> Asked | None:
    """The options that ``neurona train`` has left in the model."""
    options, dataset = model.info.get("options"), model.info.get("dataset")
    if not isinstance(options, dict) or not isinstance(dataset, str):
        return None
    known = {f.name for f in fields(Asked)} - set(NO_SETTINGS)
    if not set(options) <= known:
        return None
    try:
        return Asked(dataset, **run_folder.checked(dict(options)))
    except ValueError:
        return None


def _history_of(path: Path, read: Any) -> History | None:
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MOST:
            raise ValueError(f"more than {MOST:,} bytes")
        rows = dict(read(path))
    except (*ODD, csv.Error) as error:
        raise FileFormatError(f"{path} is damaged ({error}). Move it away to do without.") from None
    history = History()
    for epoch in sorted(rows):
        history.on_epoch_end(epoch, rows[epoch])
    whole = {k: v for k, v in history.history.items() if len(v) == len(history.epoch)}
    losses_first = sorted(whole, key=lambda name: not name.endswith("loss"))
    history.history = {name: whole[name] for name in losses_first}
    made_while_training = (k for k in whole if k != NAME and not k.startswith(("val_", "train_")))
    history.measures = dict.fromkeys(made_while_training, RUNNING)
    return history


def _from_csv(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            epoch = int(row.pop("epoch"))
            yield epoch, {k: _number(v) for k, v in row.items() if not v.startswith("[")}


def _number(text: str) -> float:
    return float("nan") if text == "NA" else float(text)


def _from_jsonl(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    damaged = []
    for number, line in enumerate(path.read_text("utf-8", "replace").split("\n"), 1):
        try:
            if line:
                yield _measures(json.loads(line))
        except ODD:  # resuming adds what is missing at the end
            damaged.append(number)
    if damaged:
        message = (
            f"{path}: {len(damaged)} of its lines, first line {damaged[0]}, hold no measures and "
            f"were passed over."
        )
        warnings.warn(message, RecoveryWarning, stacklevel=2)


def _measures(row: dict[str, Any]) -> tuple[int, dict[str, float]]:
    epoch = int(row.pop("epoch"))
    numbers = {k: v for k, v in row.items() if not isinstance(v, list)}
    return epoch, {k: float("nan") if v is None else float(v) for k, v in numbers.items()}


def _findings_in(told: Any) -> list[Finding]:
    """What the doctor found, as it stands in a file; nothing where that is something else."""
    try:
        return [Finding(*map(str, found)) for found in told]
    except TypeError:
        return []


def _findings_of(folder: Path) -> list[Finding]:
    """What the doctor found while the run was trained, from its newest checkpoint."""
    for path in sorted(folder.glob(f"checkpoint-*{SUFFIX}"), reverse=True):
        try:
            states = Checkpoint.read(path).callbacks
            told = next(s["findings"] for name, s in states if name == History.__name__)
            return _findings_in(told)
        except (NeuronaError, OSError, StopIteration, KeyError, TypeError):
            continue  # the report can do without
    return []
