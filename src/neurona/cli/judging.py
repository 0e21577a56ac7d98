"""Loss, metrics and confusion matrix on rows that the model was not trained on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import Sequential
from neurona.activations import Sigmoid, Softmax
from neurona.callbacks.monitor import is_number
from neurona.callbacks.progress.text import number
from neurona.cli import output
from neurona.metrics import ConfusionMatrix

Array = NDArray[Any]

MOST_SHOWN = 12  # classes; of more only the most confused pairs are shown
PAIRS = 10
Z95 = 1.959964  # the normal distribution's 97.5 % point


@dataclass(frozen=True)
class Verdict:
    """How a model did on some rows.

    Args:
        rows: how many there were.
        measures: loss and metrics.
        confusion: (k, k) counts, true class by predicted class; None for regression.
        names: of the classes.
    """

    rows: int
    measures: dict[str, Any]
    confusion: Array | None
    names: tuple[str, ...]

    @property
    def right(self) -> int:
        """Rows whose class was told rightly."""
        return 0 if self.confusion is None else int(np.trace(self.confusion))

    def as_json(self) -> dict[str, Any]:
        """The numbers, for ``--json``."""
        found: dict[str, Any] = {"rows": self.rows, **self.measures}
        if self.confusion is not None:
            low, high = interval(self.right, self.rows)
            found["accuracy_95_percent_interval"] = [low, high]
            found["confusion_matrix"] = self.confusion
            found["class_names"] = self.names
        return found


def judge(model: Sequential, x: Array, y: Array) -> Verdict:
    """Measure the model on rows x with class numbers or values y."""
    measures = model.evaluate(x, y, return_dict=True)
    if not is_classifier(model):
        return Verdict(len(x), measures, None, ())
    confusion = ConfusionMatrix()(y, model.predict(x))
    return Verdict(len(x), measures, confusion, class_names(model))


def is_classifier(model: Sequential) -> bool:
    """Whether the outputs are probabilities of classes that exclude each other."""
    activation = model.layers[-1].activation
    if model.output_shape == (1,):
        return isinstance(activation, Sigmoid)
    return isinstance(activation, Softmax)


def class_names(model: Sequential) -> tuple[str, ...]:
    """The classes' names from ``model.info``; their numbers where it has none."""
    count = max(2, model.output_shape[-1])
    names = model.info.get("class_names")
    if isinstance(names, list) and len(names) == count:
        return tuple(map(str, names))
    return tuple(map(str, range(count)))


def interval(right: int, rows: int) -> tuple[float, float]:
    """Wilson's interval (1927): it holds the true rate in 95 % of such tests.

    >>> low, high = interval(29, 30)
    >>> round(low, 3), round(high, 3)
    (0.833, 0.994)
    """
    rate, z2 = right / rows, Z95**2
    middle = (rate + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z95 * math.sqrt(rate * (1 - rate) / rows + z2 / (4 * rows**2)) / (1 + z2 / rows)
    return max(0.0, middle - half), min(1.0, middle + half)


def show(verdict: Verdict, title: str, matrix: bool = True) -> None:
    """Print the measures, how far to trust them, and the confusion matrix."""
    parts = [f"{k} {number(float(v))}" for k, v in verdict.measures.items() if is_number(v)]
    output.line(f"{title}: {', '.join(parts)}")
    if verdict.confusion is None:
        return
    low, high = interval(verdict.right, verdict.rows)
    output.line(
        f"{verdict.right:,} of {verdict.rows:,} right "
        f"(95 % interval of the accuracy: {low:.3f} to {high:.3f})"
    )
    if matrix:
        output.line()
        _show_confusion(verdict.confusion, verdict.names)


def _show_confusion(matrix: Array, names: Sequence[str]) -> None:
    columns = range(1, len(names) + 1)
    cells = [[str(n) if n else "·" for n in row] for row in matrix.tolist()]
    by_name = [[name, *row] for name, row in zip(names, cells, strict=True)]
    numbers = [str(i) for i in range(len(names))]
    by_number = [
        [name if name == i else f"{i} {name}", *row]
        for i, name, row in zip(numbers, names, cells, strict=True)
    ]
    for headings, rows in ((names, by_name), (numbers, by_number)):
        if len(names) <= MOST_SHOWN and output.fits(["true", *headings], rows):
            output.line("Confusion matrix (rows: true class, columns: predicted)")
            output.table(["true", *headings], rows, columns)
            return
    pairs = most_confused(matrix, names)
    output.line("Most confused classes" if pairs else "No two classes were confused.")
    if pairs:
        output.table(["true", "predicted", "rows"], pairs, [2])


def most_confused(matrix: Array, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Which class was taken for which other, and how often; the most frequent first.

    >>> most_confused(np.array([[5, 1], [2, 4]]), ["a", "b"])
    [('b', 'a', 2), ('a', 'b', 1)]
    """
    wrong = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    found = [(int(i) // len(names), int(i) % len(names)) for i in order]
    return [(names[i], names[j], int(wrong[i, j])) for i, j in found if wrong[i, j]]
