"""``neurona summary`` and ``neurona datasets``: what is there."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neurona import Sequential, datasets
from neurona.cli import output
from neurona.cli.judging import class_names, is_classifier
from neurona.cli.models import open_model
from neurona.cli.recipes import FILE, RECIPES, Recipe
from neurona.cli.sources import POINTS
from neurona.data.datasets.catalogue import GENERATED, PACKAGED, DatasetInfo
from neurona.memory import human
from neurona.summary import HEADINGS, layer_rows


def show_layers(model: Sequential) -> None:
    """Print the model's table of layers, or a list of them on a narrow terminal."""
    lines: list[str] = []
    model.summary(print_fn=lambda text: lines.extend(str(text).splitlines()))
    if max(map(len, lines)) <= output.width():
        output.line("\n".join(lines))
        return
    output.line(lines[0])
    output.table(HEADINGS, layer_rows(model.network))
    output.line("\n".join(lines[-3:]))


def summary(path: Path, as_json: bool) -> None:
    """What ``neurona summary`` prints."""
    model = open_model(path)
    facts = _facts(model, path)
    if as_json:
        layers = [
            {"name": n.name, "output_shape": n.output_shape, "parameters": n.count_params()}
            for n in model.network.nodes
        ]
        output.write_json(
            {
                "command": "summary",
                "model": os.fspath(path),
                "input_shape": model.input_shape,
                "layers": layers,
                "parameters": model.count_params(),
                **facts,
            }
        )
        return
    show_layers(model)
    output.line()
    for name, value in facts.items():
        if value is not None:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            output.line(f"{name.replace('_', ' ')}: {shown}")


def _facts(model: Sequential, path: Path) -> dict[str, Any]:
    return {
        "data_set": model.info.get("dataset"),
        "classes": list(class_names(model)) if is_classifier(model) else None,
        "loss": None if model.loss is None else repr(model.loss),
        "optimizer": None if model.optimizer is None else repr(model.optimizer),
        "epochs_begun": model.state.epoch,
        "steps": model.state.iteration,
        "seed": model.seed,
        "dtype": model.dtype,
        "file_size": human(path.stat().st_size),
    }


def list_datasets(defaults: bool, as_json: bool) -> None:
    """What ``neurona datasets`` prints."""
    known = [info for info in datasets.available() if info.name in RECIPES]
    if as_json:
        output.write_json({"command": "datasets", "datasets": [_entry(info) for info in known]})
    elif defaults:
        rows = [_default_row(name, recipe) for name, recipe in (*RECIPES.items(), (".npz", FILE))]
        output.table(("data set", "layers", "activation", "optimizer", "batch", "epochs"), rows)
    else:
        rows = [(info.name, f"{_rows(info):,}", info.summary, where(info)) for info in known]
        output.table(("data set", "rows", "what it is", "where it is"), rows, (1,))
        output.line()
        output.line("Or your own: a .npz file with x and y, numpy.savez('data.npz', x=x, y=y).")


def _entry(info: DatasetInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "task": info.task,
        "rows": _rows(info),
        "features": info.features,
        "classes": info.classes,
        "summary": info.summary,
        "where": where(info),
        "defaults": asdict(RECIPES[info.name]),
    }


def _rows(info: DatasetInfo) -> int:
    return 2 * POINTS if info.rows is None else info.rows


def where(info: DatasetInfo) -> str:
    """Where a set's rows come from on this machine."""
    if info.origin == GENERATED:
        return "generated"
    if info.origin == PACKAGED:
        return "included"
    folder = getattr(datasets, info.name).folder()
    return "to be fetched" if folder is None else str(folder)


def _default_row(name: str, recipe: Recipe) -> tuple[str, ...]:
    rate = f"{recipe.optimizer} {recipe.learning_rate:g}"
    momentum = f", momentum {recipe.momentum:g}" if recipe.momentum else ""
    return (
        name,
        ",".join(map(str, recipe.layers)) or "none",
        recipe.activation if recipe.layers else "–",
        rate + momentum,
        str(recipe.batch_size),
        str(recipe.epochs),
    )
