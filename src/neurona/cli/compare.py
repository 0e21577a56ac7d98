"""``neurona compare``: runs side by side."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from neurona.cli import output, say, sources
from neurona.cli.evaluate import rows_for, trained_on
from neurona.cli.models import runnable
from neurona.cli.records import Record, open_record
from neurona.cli.results import check_out
from neurona.errors import ArgumentError, NeuronaError
from neurona.memory import human
from neurona.report import Comparison, Entry, Results
from neurona.report import compare as put_together
from neurona.report.results import judge

SHAPING = ("Normalization", "Rescaling", "Flatten", "Reshape")
NEEDLESS = re.compile(r",? ?name='[^']*'|units=|activation=|\(\)")  # to tell layers apart


def compare(
    paths: Sequence[Path], folder: Path | None, out: Path | None, overwrite: bool, as_json: bool
) -> None:
    """Do what ``neurona compare`` was asked for."""
    if out is not None:
        check_out(out, overwrite, "a comparison goes", ".html")
    if len(paths) < 2:
        raise ArgumentError("Comparing takes two runs or more: neurona compare RUN RUN")
    names = names_of(paths)
    entries = []
    for name, path in zip(names, paths, strict=True):
        record = open_record(path)
        entries.append(Entry(name, record.history, _settings(record), _judged(record, folder)))
    found = put_together(entries)
    if out is not None:
        found.save(out)
    if as_json:
        output.write_json(_as_json(found, paths))
        return
    _show(found)
    if out is not None:
        output.line()
        output.line(f"Page: {out} ({human(out.stat().st_size)}; open it in a browser)")


def names_of(paths: Sequence[Path]) -> list[str]:
    """As short as they can be told from each other: file or folder names, or whole paths.

    >>> names_of([Path("runs/a"), Path("runs/b")]), names_of([Path("a/x"), Path("b/x")])
    (['a', 'b'], ['a/x', 'b/x'])
    """
    short = [path.resolve().name if path.is_dir() else path.stem for path in paths]
    if len(set(short)) == len(short):
        return short
    whole = [os.fspath(path) for path in paths]
    if len(set(whole)) < len(whole):
        twice = next(name for name in whole if whole.count(name) > 1)
        raise ArgumentError(f"{twice} is named twice: compare different runs.")
    return whole


def _settings(record: Record) -> dict[str, str]:
    """All that is known of how a run was made, by name."""
    model, recipe, asked = record.model, record.recipe, record.asked
    found = {
        "data": str(model.info.get("dataset", "")) or "–",
        "layers": ", ".join(_layers(record)),
        "parameters": f"{model.count_params():,}",
        "loss": repr(model.loss),
        "optimizer": repr(model.optimizer),
        "seed": str(model.seed),
        "dtype": model.dtype,
    }
    if recipe is not None and asked is not None:
        found |= {
            "batch size": str(recipe.batch_size),
            "epochs asked for": str(recipe.epochs),
            "validation": f"{recipe.validation:g}",
            "early stopping": str(asked.early_stopping or "no"),
            "engine": asked.engine,
        }
    return found


def _layers(record: Record) -> list[str]:
    """The layers in short, but for those that scale and shape the data."""
    kinds = (node.layer for node in record.model.network.nodes)
    said = (repr(layer) for layer in kinds if type(layer).__name__ not in SHAPING)
    return [NEEDLESS.sub("", words) for words in said]


def _judged(record: Record, folder: Path | None) -> Results | None:
    if record.model.loss is None:
        return None
    try:
        runnable(record.model, record.path)
        if record.is_run and record.asked is not None:
            data = sources.load(record.asked.dataset, folder if _fetched(record) else None)
            return judge(record.model, *data.test)
        source = trained_on(record.model, record.path, "compare")
        x, y, _ = rows_for(record.model, source, folder if _fetched(record) else None)
        return judge(record.model, x, y)
    except NeuronaError as error:
        say(f"{record.path} is not tested: {error}")
        return None


def _fetched(record: Record) -> bool:
    """Whether its data set is one that ``--data`` tells the folder of."""
    return record.model.info.get("dataset") in ("mnist", "fashion_mnist")


def _show(found: Comparison) -> None:
    columns = range(1, len(found.entries) + 1)
    output.table(("result", *found.names), found.results, columns)
    for note in found.notes:
        output.line(note)
    output.line()
    if found.settings:
        output.table(("setting that differs", *found.names), found.settings)
    else:
        output.line("All settings that are known are the same.")


def _as_json(found: Comparison, paths: Sequence[Path]) -> dict[str, Any]:
    runs = []
    for entry, path in zip(found.entries, paths, strict=True):
        measures = () if entry.results is None else entry.results.measures
        runs.append(
            {
                "name": entry.name,
                "path": os.fspath(path),
                "settings": dict(entry.settings),
                "test": {
                    m.name: {"value": m.value, "95_percent_interval": [m.low, m.high]}
                    for m in measures
                },
                "history": {} if entry.history is None else entry.history.history,
            }
        )
    return {
        "command": "compare",
        "runs": runs,
        "differing_settings": [row[0] for row in found.settings],
        "notes": found.notes,
    }
