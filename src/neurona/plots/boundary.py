"""Decision boundaries: which class a model gives to every point of the plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona.plots.canvas import Canvas, canvas
from neurona.plots.outcomes import names_of
from neurona.plots.plane import Ints, Plane, plane
from neurona.plots.scoring import Scores, scores
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED = 12  # classes in a legend


@dataclass(frozen=True, eq=False)
class DecisionBoundary:
    """What a model says of every point of a plane.

    Attributes:
        plane: the grid and the data's points in it.
        scores: (rows, columns, k) the model's outputs.
        margins: (rows, columns, k) how far each output is ahead of the others, or for
            one output of the threshold. A boundary is where it is 0.
        numbers: (rows, columns) the classes, by number.
        confidence: (rows, columns), from 0 at a boundary to 1.
        class_names: of the numbers.
        title: of the picture.
    """

    plane: Plane
    scores: Float64
    margins: Float64
    numbers: Ints
    confidence: Float64
    class_names: tuple[str, ...]
    title: str = ""

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> Axes:
        """Draw the regions, paler where the model is less sure, and the points."""
        with canvas(ax, theme) as area:
            panel = area.one((4.6, 4.0))
            paint(panel, area, self.plane, _tinted(self.numbers, self.confidence, area))
            for k in range(self.margins.shape[2]):
                zero_line(panel, area, self.plane, self.margins[:, :, k])
            self.plane.frame(panel, area, self.class_names)
            panel.set_title(self.title)
            if self.plane.labels is not None and len(self.class_names) <= MOST_NAMED:
                area.legend(panel, handletextpad=0)
            return panel


def decision_boundary_data(
    model: Any,
    x: Any,
    y: Any = None,
    features: tuple[int, int] = (0, 1),
    at: Any = None,
    resolution: int = 200,
    threshold: float | None = None,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    title: str = "",
) -> DecisionBoundary:
    """Ask a model about every point of the plane of two features.

    Args:
        model: a :class:`~neurona.Sequential`; a single neuron of ``neurona.perceptron``;
            anything with ``predict_proba`` or ``decision_function``; or a function of rows
            that gives (n,), (n, 1) or (n, k) scores.
        x: (n, features) the data; their range is the region.
        y: (n,) their classes, or one-hot rows; None to draw all points alike.
        features: which two features make the plane.
        at: of a model with more features, the others' values: a row of all features, or
            "mean" (the default) or "median" of x. The picture is then a slice.
        resolution: grid points along each axis.
        threshold: of a single output, above which it says class 1; by default the middle
            of the last activation's range (0.5 for a sigmoid, 0 for tanh), 0 if it has none.
        class_names, feature_names: one for each.
        title: of the picture.

    Raises:
        ShapeError, ArgumentError, ArgumentTypeError, DataError: something does not fit.

    >>> field = decision_boundary_data(lambda rows: rows[:, 0] > 0, [[-1, 0], [1, 1]])
    >>> field.numbers[0, 0], field.numbers[0, -1]
    (np.int64(0), np.int64(1))
    """
    area = plane(x, y, features, at, resolution, feature_names)
    said = scores(model, area.rows(), threshold)
    numbers, known = _same_numbers(said, area)
    count = max(len(known), 2)
    if class_names is None and area.labels is not None and len(known) == count:
        names = tuple(map(str, known))
    else:
        names = names_of(class_names, count)
    return DecisionBoundary(
        plane=area,
        scores=area.grid(said.values),
        margins=area.grid(said.margins()),
        numbers=area.grid(numbers),
        confidence=area.grid(said.confidence()),
        class_names=names,
        title=title,
    )


def decision_boundary(
    model: Any,
    x: Any,
    y: Any = None,
    features: tuple[int, int] = (0, 1),
    at: Any = None,
    resolution: int = 200,
    threshold: float | None = None,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    title: str = "",
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> Axes:
    """Draw which class a model gives to every point of the plane of two features.

    Args:
        model, x, y, features, at, resolution, threshold, class_names, feature_names, title:
            as in :func:`decision_boundary_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> from neurona.perceptron import Perceptron
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]
    >>> ax = decision_boundary(Perceptron().fit(x, y), x, y, feature_names=["a", "b"])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('a', 'b')
    """
    data = decision_boundary_data(
        model, x, y, features, at, resolution, threshold, class_names, feature_names, title
    )
    return data.plot(ax, theme=theme)


def paint(ax: Axes, area: Canvas, where: Plane, image: NDArray[Any], **options: Any) -> Any:
    """Fill the plane with an image (rows, columns[, 3]), one pixel about each grid point."""
    left, right, bottom, top = where.extent
    dx = (right - left) / (len(where.x1) - 1) / 2
    dy = (top - bottom) / (len(where.x2) - 1) / 2
    return ax.imshow(
        image,
        extent=(left - dx, right + dx, bottom - dy, top + dy),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        **options,
    )


def zero_line(
    ax: Axes, area: Canvas, where: Plane, values: Float64, width: float = 1.0, **options: Any
) -> None:
    """Draw where ``values`` (rows, columns) change sign; nothing if they never do."""
    if values.min() < 0.0 < values.max():
        settings = {"colors": [area.theme.ink], "linewidths": width, **options}
        ax.contour(where.x1, where.x2, values, levels=[0.0], **settings)


def _tinted(numbers: Ints, confidence: Float64, area: Canvas) -> Float64:
    image = np.zeros((*numbers.shape, 3))
    for number in np.unique(numbers).tolist():
        here = numbers == number
        full = np.array(area.theme.blend(area.theme.colour(number), 0.48))
        faint = np.array(area.theme.blend(area.theme.colour(number), 0.08))
        image[here] = faint + confidence[here][:, None] * (full - faint)
    return image


def _same_numbers(said: Scores, area: Plane) -> tuple[Ints, tuple[Any, ...]]:
    """Classes by the numbers that the points have, too, and what they are called."""
    numbers, known = said.numbers(), area.classes
    outputs = max(2, said.values.shape[1])
    if said.classes is None:
        return numbers, known if len(known) >= outputs else tuple(range(outputs))
    if area.labels is None:
        return numbers, said.classes
    called = list(known) + [name for name in said.classes if name not in known]
    return np.array([called.index(name) for name in said.classes])[numbers], tuple(called)
