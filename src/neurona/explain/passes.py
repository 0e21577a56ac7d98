"""A single neuron's visits of its points: which point, which side, what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
from neurona.errors import ArgumentError, DataError
from neurona.perceptron import Adaline, DeltaRule, Hebb, Neuron, Perceptron, Update, inputs
from neurona.perceptron.inputs import Float64

MOST_VISITS = 100_000
RULES: dict[type[Neuron], tuple[str, str]] = {
    Perceptron: (
        "where y·z ≤ 0: w ← w + η·y·(1, x)",
        r"y z \le 0:\quad w \leftarrow w + \eta\, y\, (1, x)",
    ),
    DeltaRule: (
        "w ← w + η·(y − ŷ)·(1, x), ŷ = [z ≥ 0]",
        r"w \leftarrow w + \eta\, (y - \hat y)\, (1, x)",
    ),
    Adaline: ("w ← w + η·(y − z)·(1, x)", r"w \leftarrow w + \eta\, (y - z)\, (1, x)"),
    Hebb: ("w ← w + η·y·(1, x)", r"w \leftarrow w + \eta\, y\, (1, x)"),
}
ANY_RULE = ("w ← w + η·error·(1, x)", r"w \leftarrow w + \eta \cdot \mathrm{error} \cdot (1, x)")


@dataclass(frozen=True, eq=False)
class Visit:
    """One look at a point.

    Attributes:
        epoch: counted from 0, as in the neuron's path.
        point: the row of x; None where all were looked at together.
        x: the point, without the leading 1, where x was given.
        side: the side that its class stands for, −1 or 1 (0 or 1 for the delta rule).
        z: the weighted sum ⟨w, (1, x)⟩ before the change.
        mistake: whether it was on the wrong side.
        before, after: the weights, bias first; the same where nothing changed.
    """

    epoch: int
    point: int | None
    x: Float64 | None
    side: float | None
    z: float | None
    mistake: bool
    before: Float64
    after: Float64

    @property
    def change(self) -> Float64:
        """``after − before``."""
        return np.asarray(self.after - self.before)

    @property
    def changed(self) -> bool:
        """Whether the weights moved."""
        return bool((self.after != self.before).any())


@dataclass(frozen=True, eq=False)
class Pass:
    """A neuron's visits, in order; :func:`explain_pass` makes it.

    Attributes:
        neuron: whose they are.
        visits: the visits; where x and y were not given, those alone that changed w.
        complete: whether the visits begin with the first one of the training.
    """

    neuron: Neuron
    visits: tuple[Visit, ...]
    complete: bool

    def __len__(self) -> int:
        return len(self.visits)

    def __iter__(self) -> Iterator[Visit]:
        return iter(self.visits)

    @property
    def rule(self) -> tuple[str, str]:
        """What changes the weights, in Unicode and in LaTeX."""
        return RULES.get(type(self.neuron), ANY_RULE)

    def to_text(self, width: int = 100) -> str:
        """The visits as a table of plain text, in so many columns."""
        from neurona.explain.render_pass import pass_text

        return pass_text(self, width)

    def to_markdown(self) -> str:
        """The visits as a Markdown table."""
        from neurona.explain.render_pass import pass_markdown

        return pass_markdown(self)

    def to_html(self) -> str:
        """The visits as a self-contained piece of HTML."""
        from neurona.explain.render_pass import pass_html

        return pass_html(self)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return str(self)


def explain_pass(neuron: Neuron, x: Any = None, y: Any = None, epoch: int | None = None) -> Pass:
    """What a fitted neuron did with each point: its side, and what changed.

    Args:
        neuron: a fitted :class:`~neurona.perceptron.Perceptron`,
            :class:`~neurona.perceptron.DeltaRule`, :class:`~neurona.perceptron.Adaline`
            or :class:`~neurona.perceptron.Hebb`.
        x, y: what it was fitted to. With them every visit is told, without them
            those alone that changed the weights.
        epoch: tell of that one alone, counted from 0.

    Raises:
        ArgumentError: the neuron kept no path, or there are too many visits.
        DataError, ShapeError: x and y are not what it was fitted to.
        NotBuiltError: it is not fitted.

    >>> from neurona.perceptron import Perceptron
    >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, 1]
    >>> explain_pass(Perceptron().fit(x, y), x, y, epoch=0)
    Perceptron: where y·z ≤ 0: w ← w + η·y·(1, x), η = 1
    Converged in 6 epochs; mistakes by epoch: 3 1 2 2 1 0
      epoch  point       x   y   z   side          Δw          w′
      0          0  (0, 0)  -1   0  wrong  (-1, 0, 0)  (-1, 0, 0)
      0          1  (0, 1)   1  -1  wrong   (1, 0, 1)   (0, 0, 1)
      0          2  (1, 0)   1   0  wrong   (1, 1, 0)   (1, 1, 1)
      0          3  (1, 1)   1   3  right           –   (1, 1, 1)
    """
    path = neuron.path
    if not path and neuron.updates_run:
        raise ArgumentError(
            f"The neuron kept no path of its {neuron.updates_run} changes: fit one with "
            f"path_length={neuron.updates_run} or more."
        )
    if epoch is not None:
        epoch = checks.integer("epoch", epoch, 0, neuron.epochs_run - 1)
    if (x is None) != (y is None):
        raise ArgumentError("Give both x and y, or neither.")
    if x is None or any(update.point is None for update in path):
        visits = [_of(update) for update in path]
    else:
        visits = list(_replayed(neuron, path, x, y, epoch))
    kept = tuple(visit for visit in visits if epoch in (None, visit.epoch))
    return Pass(neuron, kept, len(path) == neuron.updates_run)


def _of(update: Update, x: Float64 | None = None) -> Visit:
    return Visit(
        update.epoch,
        update.point,
        x,
        update.side,
        update.z,
        update.mistake,
        update.before,
        update.after,
    )


def _replayed(
    neuron: Neuron, path: list[Update], x: Any, y: Any, epoch: int | None
) -> Iterator[Visit]:
    """Every visit, from the first that the path still holds."""
    final = np.concatenate([[neuron.bias], neuron.weights_])
    points = inputs.points(x, features=len(final) - 1)
    classes, positive = inputs.two_classes(y, len(points))
    if not np.array_equal(classes, neuron.classes_):
        raise DataError(
            f"y holds the classes {classes.tolist()}, but the neuron was fitted to "
            f"{neuron.classes_.tolist()}."
        )
    sides = np.where(positive, neuron.targets[1], neuron.targets[0])
    if len(points) * (neuron.epochs_run if epoch is None else 1) > MOST_VISITS:
        raise ArgumentError(
            f"{neuron.epochs_run} epochs of {len(points)} points are more than {MOST_VISITS} "
            f"visits: say which epoch=, or leave x and y out."
        )
    updates = {(update.epoch, update.point): update for update in path}
    complete = len(path) == neuron.updates_run
    start = (0, 0) if complete else (path[0].epoch, path[0].point or 0)
    w = path[0].before if path else final
    extended = inputs.with_leading_one(points)
    for e in range(start[0], neuron.epochs_run):
        for i in range(start[1] if e == start[0] else 0, len(points)):
            update = updates.get((e, i))
            z = float(inputs.inner(extended[i], w))
            if update is None:
                side = float(sides[i])
                yield Visit(e, i, points[i], side, z, neuron._is_mistake(side, z), w, w)
                continue
            if (update.z, update.side) != (z, sides[i]):
                raise DataError(f"Row {i} of x and y is not what the neuron was fitted to.")
            yield _of(update, points[i])
            w = update.after
