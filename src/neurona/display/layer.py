"""A layer in a notebook: what it was made with, and its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurona.display.html import box, escape, page, table_html
from neurona.display.numbers import figure, shape_text
from neurona.errors import NotBuiltError

if TYPE_CHECKING:
    from neurona.layers.layer import Layer

HEADINGS = ("weight", "shape", "mean", "deviation", "smallest", "largest")


def layer_html(layer: Layer) -> str:
    """The layer as a box."""
    name = layer.name or "no name yet"
    made = f'<div class="nrn-f">{escape(repr(layer))}</div>'
    try:
        weights = layer.get_weights()
    except NotBuiltError:
        note = '<div class="nrn-s">in no model whose shapes are known: no weights yet</div>'
        return page(box(name, made, note, about=type(layer).__name__))
    model = layer.owner
    names = [key.rsplit("/", 1)[1] for key in model.layer_keys(layer)]
    rows = [
        (
            weight,
            shape_text(w.shape),
            *(figure(float(v)) for v in (w.mean(), w.std(), w.min(), w.max())),
        )
        for weight, w in zip(names, weights, strict=True)
        if w.size
    ]
    frozen = "" if layer.trainable else '<div class="nrn-s">frozen: not trained</div>'
    table = table_html(HEADINGS, rows) if rows else '<div class="nrn-s">no weights</div>'
    return page(box(name, made, frozen, table, about=type(layer).__name__))
