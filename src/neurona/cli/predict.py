"""``neurona predict``: what a saved model makes of rows."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import Sequential
from neurona.cli import output, sources
from neurona.cli.files import read_features
from neurona.cli.judging import class_names, is_classifier
from neurona.cli.models import open_model, runnable
from neurona.cli.output import printable
from neurona.cli.results import check_out
from neurona.errors import ArgumentError
from neurona.saving import write_whole

Array = NDArray[Any]


def predict(
    path: Path,
    source: str,
    folder: Path | None,
    row: int | None,
    probabilities: bool,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Do what ``neurona predict`` was asked for."""
    model = runnable(open_model(path), path)
    if out is not None:
        check_out(out, overwrite, "predictions go", ".csv", ".npy")
    x = _fitting(_features(source, folder), model)
    first = 0
    if row is not None:
        if row >= len(x):
            raise ArgumentError(
                f"--row: there is no row {row} in {source}; its rows are 0 to {len(x) - 1}."
            )
        x, first = x[row : row + 1], row
    outputs = model.predict(x)
    if as_json:
        output.write_json(_as_json(model, path, source, outputs, first))
        return
    if out is None:
        for text in _csv_lines(model, outputs, first, probabilities):
            print(printable(text))
        return
    _write(out, model, outputs, first, probabilities)
    output.line(f"Wrote {len(outputs):,} predictions to {out}")


def _features(source: str, folder: Path | None) -> Array:
    if sources.is_file(source):
        return read_features(Path(source))
    return sources.load(source, folder).test[0]


def _fitting(x: Array, model: Sequential) -> Array:
    """Rows of numbers take the shape of the model's input, if they have as many."""
    shape = model.input_shape or ()
    if x.shape[1:] != shape and x.ndim <= 2 and math.prod(x.shape[1:]) == math.prod(shape):
        return x.reshape(len(x), *shape)
    if x.shape == shape:  # a single row
        return x.reshape(1, *shape)
    return x


def _write(out: Path, model: Sequential, outputs: Array, first: int, probabilities: bool) -> None:
    file = io.BytesIO()
    if out.suffix == ".npy":
        np.save(file, outputs, allow_pickle=False)
    else:
        for text in _csv_lines(model, outputs, first, probabilities):
            file.write(f"{text}\n".encode())
    write_whole(out, file.getvalue())


def _csv_lines(model: Sequential, outputs: Array, first: int, probabilities: bool) -> Iterator[str]:
    """Headings, then a line for each row: its number, what is predicted, how probable."""
    if is_classifier(model):
        names, every = class_names(model), by_class(outputs)
        more = [f"p({name})" for name in names] if probabilities else []
        yield _csv(["row", "prediction", "probability", *more])
        for number, p in enumerate(every, first):
            best = int(p.argmax())
            each = [f"{v:.6g}" for v in p] if probabilities else []
            yield _csv([number, names[best], f"{p[best]:.6g}", *each])
        return
    flat = outputs.reshape(len(outputs), -1)
    count = flat.shape[1]
    yield _csv(["row", *(["prediction"] if count == 1 else [f"output_{i}" for i in range(count)])])
    for number, values in enumerate(flat, first):
        yield _csv([number, *(f"{v:.6g}" for v in values)])


def by_class(outputs: Array) -> Array:
    """Probabilities (n, classes): a single output is that of the second of two."""
    return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs


def _csv(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _as_json(
    model: Sequential, path: Path, source: str, outputs: Array, first: int
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "command": "predict",
        "model": os.fspath(path),
        "source": source,
        "first_row": first,
        "rows": len(outputs),
    }
    if is_classifier(model):
        names, every = class_names(model), by_class(outputs)
        predictions = [names[i] for i in every.argmax(axis=1)]
        return {**found, "class_names": names, "predictions": predictions, "probabilities": every}
    return {**found, "predictions": outputs}
