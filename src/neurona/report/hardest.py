"""The rows that a model did worst on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.display.numbers import figure
from neurona.errors import ShapeError
from neurona.plots.images import as_images
from neurona.report import markup
from neurona.report.png import data_uri
from neurona.report.results import Results

Array = NDArray[Any]

IMAGES, ROWS = 24, 12
COLUMNS = 12  # of a row's numbers
LARGEST = 64  # pixels: larger images would make the page heavy


def hardest_html(results: Results, feature_names: Sequence[str] | None = None) -> str:
    """The rows of the largest loss: images as a gallery, other rows as a table.

    Args:
        feature_names: of the columns of a table.
    """
    order = np.argsort(-np.nan_to_num(results.losses, nan=np.inf), kind="stable")
    pictures = _pictures(results.x)
    note = markup.paragraph(
        "The rows with the largest loss, the worst first. Are they mislabelled, unlike the rest, "
        "or hard for people, too?"
    )
    if pictures is not None:
        note += markup.paragraph(
            "Below each: true class → estimated class; ✓ if they are the same."
        )
        return note + _gallery(results, pictures, order[:IMAGES])
    return note + _table(results, order[:ROWS], feature_names)


def _pictures(x: Array) -> Array | None:
    if x.ndim not in (3, 4):
        return None
    try:
        images = as_images(x)
    except ShapeError:
        return None
    return images if min(images.shape[1:3]) >= 2 and max(images.shape[1:3]) <= LARGEST else None


def _gallery(results: Results, images: Array, order: Array) -> str:
    chosen = images[order]
    low, high = float(chosen.min()), float(chosen.max())
    parts = []
    for row, image in zip(order.tolist(), chosen, strict=True):
        said = _said(results, row)
        parts.append(
            f'<li><figure><img src="{data_uri(image, low, high)}" width="{image.shape[1]}" '
            f'height="{image.shape[0]}" alt="{markup.text(f"Row {row}: {_in_words(said)}")}">'
            f"<figcaption>{_caption(row, said)}</figcaption></figure></li>"
        )
    return f'<ul class="gallery">{"".join(parts)}</ul>'


def _said(results: Results, row: int) -> dict[str, str]:
    """What is to be told of a row, by name."""
    loss = figure(results.losses[row], 3)
    if results.true is None or results.estimated is None:
        y, p = (np.atleast_1d(a[row]).reshape(-1) for a in (results.y, results.outputs))
        true, said = (", ".join(figure(float(v)) for v in values[:4]) for values in (y, p))
        return {"true": true, "estimated": said, "loss": loss}
    true, said = (results.names[int(c[row])] for c in (results.true, results.estimated))
    return {"true": true, "estimated": said, "loss": loss}


def _in_words(said: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _caption(row: int, said: dict[str, str]) -> str:
    true, estimated = markup.text(said["true"]), markup.text(said["estimated"])
    told = f'{true} → <span class="wrong">{estimated}</span>' if true != estimated else f"{true} ✓"
    return f"{told}<br>row {row}<br>loss {said['loss']}"


def _table(results: Results, order: Array, feature_names: Sequence[str] | None) -> str:
    x = results.x.reshape(len(results.x), -1)
    shown = min(x.shape[1], COLUMNS)
    if feature_names is None or len(feature_names) != x.shape[1]:
        feature_names = [f"x{i}" for i in range(x.shape[1])]
    rows = []
    for row in order.tolist():
        said = _said(results, row)
        rows.append([row, *said.values(), *(figure(float(v)) for v in x[row, :shown])])
    table = markup.table(
        "Hardest rows, counted from 0",
        ["row", "true", "estimated", "loss", *feature_names[:shown]],
        rows,
        range(3, 4 + shown),
    )
    if shown == x.shape[1]:
        return table
    return table + markup.paragraph(f"The first {shown} of {x.shape[1]:,} numbers of a row.")
