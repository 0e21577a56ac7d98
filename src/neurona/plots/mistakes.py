"""The gallery of misclassified images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import checks
from neurona.data.arrays import as_array
from neurona.errors import ArgumentError, ShapeError
from neurona.plots.canvas import canvas, frame_off
from neurona.plots.images import Array, as_images
from neurona.plots.outcomes import names_of, outcomes
from neurona.plots.plane import Ints
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# In units of 0.85 inches: an image's longer side, a row of images, and all of a row.
SIDE, ROW, WIDEST = 0.72, 0.8, 11.0
SMALLEST = 1e-300  # so that the loss of probability 0 is a number


@dataclass(frozen=True, eq=False)
class Misclassified:
    """The images whose class was not told rightly, the worst first.

    Attributes:
        images: (shown, height, width[, 3]).
        rows: (errors,) their rows in the data, of all errors.
        true, estimated: (errors,) classes, by number.
        losses: (errors,) −log of the probability that the true class was given; by it they
            are sorted. NaN where only classes are known, which then keep their order.
        total: how many rows there were.
        class_names: of the numbers.
    """

    images: Array
    rows: Ints
    true: Ints
    estimated: Ints
    losses: Float64
    total: int
    class_names: tuple[str, ...]

    @property
    def errors(self) -> int:
        """How many were wrong."""
        return len(self.rows)

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the images in rows: true class top right, estimated class bottom right."""
        shown = len(self.images)
        longest = max(map(len, self.class_names))
        short = longest < 3
        cell = SIDE + 0.1 + (0.14 if short else 0.09) * longest
        with canvas(ax, theme) as area:
            columns = min(max(shown, 1), int(WIDEST / cell))
            rows = -(-shown // columns) or 1
            panel = area.one((max(3.6, 0.85 * cell * columns), 0.85 * ROW * rows + 0.6))
            frame_off(panel)
            wide, tall = _fitted(self.images.shape[1:3])
            low, high = (self.images.min(), self.images.max()) if shown else (0, 1)
            for i in range(shown):
                row, column = divmod(i, columns)
                left, top = column * cell + 0.04, row * ROW + 0.04
                panel.imshow(
                    self.images[i],
                    extent=(left, left + wide, top + tall, top),
                    cmap="gray_r" if area.theme.name == "light" else "gray",
                    vmin=low,
                    vmax=high,
                    interpolation="nearest",
                )
                for at, classes, colour in (
                    (0.13, self.true, area.theme.colours[2]),
                    (0.58, self.estimated, area.theme.colours[1]),
                ):
                    panel.text(
                        left + SIDE + 0.05,
                        top + at,
                        self.class_names[classes[i]],
                        color=colour,
                        fontsize=10 if short else 7,
                        va="center",
                    )
            panel.set(xlim=(0, columns * cell), ylim=(rows * ROW, 0), aspect="equal")
            panel.set(title=self._title(), xlabel="top: true class    bottom: estimated class")
            return panel

    def _title(self) -> str:
        rate = f"{100 * self.errors / self.total:.3g} %"
        text = f"{self.errors:,} error{'s' * (self.errors != 1)} in {self.total:,} ({rate})"
        if len(self.images) == self.errors:
            return text
        which = "first" if np.isnan(self.losses).any() else "worst"
        return f"{text}, the {which} {len(self.images)}"


def misclassified_data(
    x: Any,
    y: Any,
    p: Any,
    class_names: Sequence[str] | None = None,
    most: int = 44,
    image_shape: Sequence[int] | None = None,
) -> Misclassified:
    """Find the images whose class was not told rightly, sorted by their loss.

    Args:
        x: images (n, height, width), (n, height, width, 1 or 3), or flat rows (n, pixels).
        y: (n,) true classes, or one-hot rows (n, k).
        p: probabilities (n, k); or of class 1, (n,) or (n, 1); or estimated classes (n,),
            as integers.
        class_names: of the k classes.
        most: how many images to keep, the worst.
        image_shape: (height, width) of flat rows; None for a square.

    Raises:
        ShapeError, DataError, NonFiniteError: something does not fit.

    >>> x, y = np.zeros((3, 4, 4)), [0, 1, 1]
    >>> p = [[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]
    >>> found = misclassified_data(x, y, p)
    >>> found.rows.tolist(), found.losses.round(3).tolist()
    ([2, 1], [1.204, 0.916])
    """
    pictures = as_images(as_array("x", x), image_shape)
    said = outcomes("misclassified", y, p)
    if len(pictures) != len(said.true):
        raise ShapeError(f"x has {len(pictures)} rows but y has {len(said.true)}.")
    names = names_of(class_names, said.classes)
    wrong = np.flatnonzero(said.true != said.estimated)
    losses = np.full(len(wrong), np.nan)
    if said.p is not None:
        given = said.p[wrong, said.true[wrong]]
        if said.p.min() < 0.0 or said.p.max() > 1.0 + 1e-6:
            raise ArgumentError(
                "p holds numbers outside [0, 1]: scores, not probabilities. Give what a softmax "
                "or sigmoid makes of them, or the estimated classes p.argmax(axis=1)."
            )
        losses = -np.log(np.maximum(given, SMALLEST))
        order = np.argsort(-losses, kind="stable")
        wrong, losses = wrong[order], losses[order]
    shown = wrong[: checks.integer("most", most, 1)]
    return Misclassified(
        pictures[shown], wrong, said.true[wrong], said.estimated[wrong], losses, len(y), names
    )


def misclassified(
    x: Any,
    y: Any,
    p: Any,
    class_names: Sequence[str] | None = None,
    most: int = 44,
    image_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw the misclassified images, the worst first.

    The true class is top right of each, the estimated class bottom right; above are the
    number of errors and their rate.

    Args:
        x, y, p, class_names, most, image_shape: as in :func:`misclassified_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> misclassified(np.zeros((3, 4, 4)), [0, 1, 1], [0, 0, 1]).get_title()
    '1 error in 3 (33.3 %)'
    """
    return misclassified_data(x, y, p, class_names, most, image_shape).plot(ax, theme=theme)


def _fitted(shape: tuple[int, ...]) -> tuple[float, float]:
    """Width and height of an image in its place, its pixels square."""
    height, width = shape
    longer = max(height, width, 1)
    return SIDE * width / longer, SIDE * height / longer
