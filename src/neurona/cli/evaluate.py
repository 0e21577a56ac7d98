"""``neurona evaluate``: judge a saved model."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neurona import Sequential
from neurona.cli import output, sources
from neurona.cli.files import Arrays, read_npz
from neurona.cli.judging import class_names, is_classifier, judge, show
from neurona.cli.labels import Classes
from neurona.cli.models import open_model, runnable
from neurona.errors import ArgumentError, NotBuiltError

Array = NDArray[Any]


def evaluate(path: Path, name: str | None, folder: Path | None, as_json: bool) -> None:
    """Do what ``neurona evaluate`` was asked for."""
    model = runnable(open_model(path), path)
    if model.loss is None:
        raise NotBuiltError(
            f"{path} was saved without a loss, so there is nothing to measure with. Compile the "
            f"model in Python before saving it; or use neurona predict."
        )
    source = name if name is not None else trained_on(model, path, "evaluate")
    x, y, what = rows_for(model, source, folder)
    verdict = judge(model, x, y)
    if as_json:
        found = {"dataset": source, "part": what, **verdict.as_json()}
        output.write_json({"command": "evaluate", "model": os.fspath(path), **found})
    else:
        show(verdict, f"{source}, {what}")


def trained_on(model: Sequential, path: Path, command: str) -> str:
    """The set or file that the model says it was trained on.

    Args:
        command: to name in the message.

    Raises:
        ArgumentError: it does not say, or the file is not here.
    """
    name = model.info.get("dataset")
    if not isinstance(name, str):
        raise ArgumentError(f"{path} does not say what it was trained on: name a data set or file.")
    if sources.is_file(name) and not Path(name).exists():
        raise ArgumentError(
            f"{path} was trained on {name}, which is not in this folder. Give its path: "
            f"neurona {command} {path} {Path('…') / name}"
        )
    return name


def rows_for(model: Sequential, source: str, folder: Path | None) -> tuple[Array, Array, str]:
    """x, y and, in words, which rows they are.

    Of a set, or of the very file that the model was trained on, the test part:
    the rows that training did not see. Of another file all rows, or its x_test.
    """
    if not sources.is_file(source):
        x, y = sources.load(source, folder).test
        return x, y, f"test part, {len(x):,} rows"
    arrays = read_npz(Path(source))
    if arrays.sha256() == model.info.get("data_sha256"):
        x, y = sources.from_arrays(source, arrays).test
        return x, y, f"{len(x):,} rows that training did not see"
    x, y = arrays.test or (arrays.x, arrays.y)
    which = "rows of x_test" if arrays.test else "rows"
    return x, sources.targets(y, _classes(model, arrays)), f"all {len(x):,} {which}"


def _classes(model: Sequential, arrays: Arrays) -> Classes:
    """The classes that the model was trained with."""
    if not is_classifier(model):
        return Classes()
    names = class_names(model)
    labels = model.info.get("labels")
    if not isinstance(labels, list) or len(labels) != len(names):
        return Classes(tuple(range(len(names))), names)
    return Classes(tuple(labels), names)
