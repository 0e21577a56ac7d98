"""``neurona explain``: one training step on one row, with all its numbers."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from neurona import Sequential
from neurona.cli import output
from neurona.cli.evaluate import rows_for, trained_on
from neurona.cli.models import open_model, runnable
from neurona.cli.results import check_out
from neurona.display.html import escape
from neurona.errors import ArgumentError, NotBuiltError
from neurona.explain import LayerStep, Step, WeightStep, Why
from neurona.explain.render_text import LEAST
from neurona.files import write_whole

ENTRY = re.compile(r"(.+?)(?:\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\])?")


def explain(
    path: Path,
    name: str | None,
    folder: Path | None,
    row: int,
    why: str | None,
    check: bool,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Do what ``neurona explain`` was asked for."""
    if out is not None:
        check_out(out, overwrite, "an explained step goes", ".html", ".md", ".tex", ".txt")
    model = runnable(open_model(path), path)
    if model.loss is None or model.optimizer is None:
        raise NotBuiltError(
            f"{path} was saved without a loss, so there is no step to explain. Compile the model "
            f"in Python before saving it."
        )
    source = name if name is not None else trained_on(model, path, "explain")
    step, what = _step(model, source, folder, row)
    if out is not None:
        write_whole(out, _page(step, out.suffix).encode())
    if as_json:
        about = {"model": os.fspath(path), "dataset": source, "part": what, "row": row}
        output.write_json({"command": "explain", **about, **_as_json(step, why, check)})
    elif why is not None:
        output.line(_asked(step, why).text)
    elif check:
        output.line(str(step.check()))
    elif out is None:
        output.line(f"Row {row} of {source}, {what}. Nothing is trained by this.")
        step.show(max(LEAST, output.width()))
    else:
        output.line(f"Wrote the step to {out}")


def _step(model: Sequential, source: str, folder: Path | None, row: int) -> tuple[Step, str]:
    x, y, what = rows_for(model, source, folder)
    if row >= len(x):
        raise ArgumentError(
            f"--row: there is no row {row} in {source}, {what}; they are 0 to {len(x) - 1}."
        )
    return model.explain_step(x[row : row + 1], y[row : row + 1]), what


def _asked(step: Step, why: str) -> Why:
    """The explanation of ``dense.kernel[2,0]``."""
    found = ENTRY.fullmatch(why.strip())
    if found is None:
        raise ArgumentError(
            f"--why takes a number's name and place, dense.kernel[2,0]; got {why!r}."
        )
    name, place = found.groups()
    return step.why(name, *(int(i) for i in place.split(",")) if place else ())


def _page(step: Step, suffix: str) -> str:
    if suffix == ".md":
        return step.to_markdown()
    if suffix == ".tex":
        return step.to_latex(document=True)
    if suffix == ".txt":
        return step.to_text() + "\n"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(step.name)}: step {step.iteration + 1}</title></head>"
        f'<body style="font-family:sans-serif"><main>{step.to_html()}</main></body></html>\n'
    )


def _as_json(step: Step, why: str | None, check: bool) -> dict[str, Any]:
    if why is not None:
        found = _asked(step, why)
        asked = {"name": found.what, "index": found.index, "value": found.value}
        return {**asked, "terms": list(map(float, found.terms)), "text": found.text}
    if check:
        report = step.check()
        return {"largest": report.largest, "weights": [vars(w) for w in report.weights]}
    return {
        "step": step.iteration + 1,
        "optimizer": repr(step.optimizer),
        "learning_rate": step.rate,
        "loss": step.loss.value,
        "penalties": dict(step.loss.penalties),
        "layers": [_layer(layer) for layer in step.layers],
    }


def _layer(layer: LayerStep) -> dict[str, Any]:
    names = ("z", "h", "derivative", "dh", "delta")
    arrays = {name: getattr(layer, name) for name in names}
    return {
        "name": layer.name,
        "class": type(layer.layer).__name__,
        **arrays,
        "weights": {name: _weight(weight) for name, weight in layer.weights.items()},
    }


def _weight(weight: WeightStep) -> dict[str, Any]:
    names = ("before", "gradient", "penalty_gradient", "clipped", "slots_before", "slots_after")
    return {name: getattr(weight, name) for name in (*names, "update", "after")}
