"""``plot_model``: a network as a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from neurona import checks
from neurona.errors import ArgumentError
from neurona.files import write_whole
from neurona.plots.diagram import boxes, neurons, svg
from neurona.plots.diagram.columns import Column, columns_of
from neurona.plots.outcomes import names_of
from neurona.stack import Stack

MOST_NEURONS = 16  # in any column, to be drawn one by one
MOST_LINES = 1500


@dataclass(frozen=True, eq=False)
class ModelDiagram:
    """A network's diagram. A notebook shows it by itself.

    Attributes:
        columns: the input and every layer, with their weights if those are drawn.
        neurons: whether it is drawn neuron by neuron, or as boxes.
        svg: the picture.
    """

    columns: tuple[Column, ...]
    neurons: bool
    svg: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file ending in ``.svg``, whole or not at all."""
        target = Path(path)
        if target.suffix.lower() != ".svg":
            raise ArgumentError(f"path must end in .svg, got {str(path)!r}.")
        write_whole(target, self.svg.encode())
        return target

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        widths = " → ".join(str(column.units) for column in self.columns)
        return f"<ModelDiagram of {widths}>"


def plot_model(
    model: Stack,
    to_file: str | os.PathLike[str] | None = None,
    show_weights: bool = True,
    neurons_drawn: bool | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    theme: str = "auto",
) -> ModelDiagram:
    """Draw a network: small ones neuron by neuron, large ones as a stack of boxes.

    Between neurons, a line's colour is its weight's sign and its width the weight's size,
    compared with the layer's largest; a disc's colour is the neuron's bias. Resting on a
    line or disc with the pointer shows the number. The bar in a box is the layer's width,
    on a logarithmic scale.

    Args:
        model: a :class:`~neurona.Sequential` that knows its input's shape.
        to_file: also write it there; the name ends in ``.svg``.
        show_weights: whether lines and discs show the weights.
        neurons_drawn: True or False to choose; None draws neurons where no layer has more
            than 16.
        input_names, output_names: one for each, in a picture of neurons.
        theme: "light", "dark", or "auto": as the reader's system is set.

    Raises:
        NotBuiltError: the model does not know its input's shape.
        ArgumentError: too many neurons to draw them all.
        ShapeError: too many or too few names.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(3, "tanh", input_shape=(2,)), layers.Dense(1)], seed=1)
    >>> diagram = plot_model(model)
    >>> diagram, diagram.svg.count("<title>dense 0 → ")
    (<ModelDiagram of 2 → 3 → 1>, 1)
    """
    checks.choice("theme", theme, "auto", "light", "dark")
    plain = columns_of(model, weights=False)
    wide = max(plain, key=lambda column: column.units)
    lines = sum(a.units * b.units for a, b in pairwise(plain))
    fits = wide.units <= MOST_NEURONS and lines <= MOST_LINES
    chosen = fits if neurons_drawn is None else bool(neurons_drawn)
    if chosen and (wide.units > 8 * MOST_NEURONS or lines > 8 * MOST_LINES):
        raise ArgumentError(
            f"neurons_drawn=True would draw {lines:,} lines; layer {wide.name!r} alone has "
            f"{wide.units:,} neurons. Leave it out: large networks are drawn as boxes."
        )
    columns = columns_of(model, weights=True) if chosen and show_weights else plain
    if chosen:
        given = [] if input_names is None else names_of(input_names, columns[0].units)
        named = [] if output_names is None else names_of(output_names, columns[-1].units)
        width, height, parts = neurons.draw(columns, given, named)
    else:
        width, height, parts = boxes.draw(columns)
    title = f"{model.name}: " + " → ".join(str(column.units) for column in columns)
    diagram = ModelDiagram(columns, chosen, svg.document(width, height, title, theme, parts))
    if to_file is not None:
        diagram.save(to_file)
    return diagram
