"""What a classifier said of rows whose class is known, in one form for all pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.data.arrays import as_array
from neurona.data.targets import class_indices
from neurona.errors import ArgumentTypeError, ShapeError
from neurona.metrics import alignment
from neurona.random import Float64

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Classes by number.

    Attributes:
        true, estimated: (n,) classes.
        p: (n, k) the outputs, of two classes where the network had one output;
            None where only the estimated classes are known.
        classes: k.
    """

    true: Ints
    estimated: Ints
    p: Float64 | None
    classes: int


def outcomes(name: str, y: Any, p: Any) -> Outcomes:
    """Labels and predictions as classes.

    Args:
        name: of the picture, for messages.
        y: class numbers (n,) or (n, 1), or one-hot rows (n, k).
        p: outputs (n, k); probabilities of class 1, (n,) or (n, 1); or estimated
            classes (n,), as whole numbers of an integer dtype.

    Raises:
        ShapeError, DataError, ArgumentTypeError, NonFiniteError: they do not fit.
    """
    labels, outputs = as_array("y", y), as_array("p", p)
    if outputs.ndim == 1 and outputs.dtype.kind in "iu":
        return _from_classes(labels, outputs)
    if outputs.ndim > 2:
        raise ShapeError(f"{name}: p must have shape (n, k), got {outputs.shape}.")
    if outputs.ndim == 2 and outputs.shape[1] > 1:
        true, outputs = alignment.class_indices(name, labels, outputs)
        alignment.check_predictions(name, outputs)
        values = outputs.astype(np.float64)
        return Outcomes(true, values.argmax(axis=1), values, values.shape[1])
    yes, outputs = alignment.yes_or_no(name, labels, outputs)
    alignment.check_predictions(name, outputs)
    one = outputs[:, 0].astype(np.float64)
    both = np.stack([1.0 - one, one], axis=1)
    return Outcomes(yes[:, 0].astype(np.int64), (one > 0.5).astype(np.int64), both, 2)


def _from_classes(labels: NDArray[Any], estimated: NDArray[Any]) -> Outcomes:
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    labels = labels.reshape(-1)
    if labels.shape != estimated.shape:
        raise ShapeError(f"y has {len(labels)} rows but p has {len(estimated)}: one for each row.")
    classes = int(max(labels.max(), estimated.max())) + 1
    true, said = (class_indices(a, classes) for a in (labels, estimated))
    return Outcomes(true, said, None, max(2, classes))


def names_of(class_names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """A name for each class: those given, or their numbers.

    Raises:
        ShapeError: too many or too few names.
    """
    if class_names is None:
        return tuple(map(str, range(count)))
    if isinstance(class_names, str):
        raise ArgumentTypeError(f"class_names must be a list of names, got {class_names!r}.")
    if len(class_names) != count:
        raise ShapeError(
            f"class_names has {len(class_names)} names, but there are {count} classes."
        )
    return tuple(map(str, class_names))


def one_class_scores(name: str, y: Any, p: Any) -> tuple[NDArray[np.bool_], Float64]:
    """For each row whether it is positive, and how sure the model was that it is.

    Args:
        y: 0 and 1 (or −1 and 1), or booleans, (n,) or (n, 1).
        p: any score that grows with the belief in class 1, (n,) or (n, 1); or two
            columns, of which the second is taken.
    """
    labels, outputs = as_array("y", y), as_array("p", p)
    if outputs.ndim == 2 and outputs.shape[1] == 2:
        if labels.shape == outputs.shape:
            labels = labels[:, 1]
        outputs = outputs[:, 1]
    if outputs.ndim > 2 or (outputs.ndim == 2 and outputs.shape[1] > 1):
        raise ShapeError(
            f"{name}: p has shape {outputs.shape}, but the curve is that of one class against the "
            f"rest. Take one: y == c and p[:, c]."
        )
    labels = labels.reshape(-1)
    truth, scores = alignment.yes_or_no(name, labels, outputs.reshape(-1))
    alignment.check_predictions(name, scores)
    return truth[:, 0], scores[:, 0].astype(np.float64)
