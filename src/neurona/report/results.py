"""How a model did on rows that it was not trained on, and how far to trust that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import fitting
from neurona.backprop import forward
from neurona.callbacks.monitor import is_number
from neurona.cli.judging import class_names, is_classifier
from neurona.data.arrays import Samples, as_samples
from neurona.errors import NotBuiltError
from neurona.plots.confusion import Confusion, confusion_matrix_data
from neurona.plots.outcomes import Ints, outcomes
from neurona.random import Float64

if TYPE_CHECKING:
    from neurona.model import Sequential

Array = NDArray[Any]

CHUNK = 1024  # rows of a forward pass
RESAMPLES, FEWEST = 1000, 100
NUMBERS = 10**8  # outputs that all resamples together may hold
TAIL = 2.5  # % on either side of an interval


@dataclass(frozen=True)
class Measure:
    """A measure on the test rows.

    Attributes:
        name: such as "accuracy".
        value: on all rows.
        low, high: 95 % of bootstrap samples lie between; NaN with fewer than two rows.
    """

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Results:
    """How a model did, row by row and altogether.

    Attributes:
        x, y: the rows, as given.
        outputs: (n, …) what the model said.
        losses: (n,) of each row, without the regularizers' penalties.
        measures: loss and metrics, with their uncertainty.
        resamples: how many bootstrap samples there were.
        true, estimated: (n,) classes; None for other models than classifiers.
        confusion: the confusion matrix; None likewise.
        names: of the classes.
    """

    x: Array
    y: Array
    outputs: Array
    losses: Float64
    measures: tuple[Measure, ...]
    resamples: int
    true: Ints | None
    estimated: Ints | None
    confusion: Confusion | None
    names: tuple[str, ...]


def judge(model: Sequential, x: Any, y: Any, seed: int = 0) -> Results:
    """Measure a model on rows that it was not trained on.

    The uncertainty is that of the rows: a measure's interval holds 95 % of its values on
    bootstrap samples, each of n rows drawn from the n with replacement. It says how the
    result would vary with other rows of the same kind, not with another training.

    Args:
        x, y: the rows, as ``model.evaluate`` takes them.
        seed: of the bootstrap.

    Raises:
        NotBuiltError: the model was not compiled with a loss.
        ShapeError, DataError: the rows do not fit the model.

    Source: Efron 1979, "Bootstrap methods: another look at the jackknife".

    >>> from neurona import Sequential, datasets, layers
    >>> x, y = datasets.xor(200, seed=1)
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("adam", "binary_crossentropy", ["accuracy"])
    >>> history = model.fit(x, y, epochs=3, verbose=0)
    >>> loss, accuracy = judge(model, x, y).measures
    >>> accuracy.low <= accuracy.value <= accuracy.high
    True
    """
    if model.loss is None:
        raise NotBuiltError(
            "The model is not compiled with a loss, so there is nothing to measure with. Call "
            'model.compile(…, loss="mse"), for example.'
        )
    values = model.evaluate(x, y, return_dict=True)
    samples = fitting.aligned(as_samples(x, y), model.program)
    outputs, losses = _outputs(model, samples)
    resamples = int(np.clip(NUMBERS // max(1, outputs.size), FEWEST, RESAMPLES))
    measures = _with_intervals(model, values, samples, outputs, losses, resamples, seed)
    true = estimated = confusion = None
    names: tuple[str, ...] = ()
    if is_classifier(model):
        said = outcomes("report", y, outputs)
        true, estimated, names = said.true, said.estimated, class_names(model)
        confusion = confusion_matrix_data(y, outputs, names)
    rows, targets = np.asarray(samples.x), np.asarray(samples.y)
    return Results(
        rows, targets, outputs, losses, measures, resamples, true, estimated, confusion, names
    )


def resampled(rows: int, resamples: int, seed: int) -> Iterator[Ints]:
    """Bootstrap samples: the same for the same arguments, so that models are compared pairwise."""
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield rng.integers(0, rows, rows)


def interval(values: Float64) -> tuple[float, float]:
    """Between which 95 % of some values lie.

    >>> interval(np.arange(1001.0))
    (25.0, 975.0)
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.percentile(known, [TAIL, 100.0 - TAIL])
    return float(low), float(high)


def _outputs(model: Sequential, samples: Samples) -> tuple[Array, Float64]:
    """What the model says of each row, and the row's loss."""
    program, weights, loss = model.program, model.weights, model.loss
    assert loss is not None
    assert samples.y is not None
    kept = next((w.dtype for w in weights.values()), np.dtype(np.float32))
    outputs, losses = [], []
    with np.errstate(all="ignore"):
        for start in range(0, len(samples), CHUNK):
            x = samples.x[start : start + CHUNK].astype(kept, copy=False)
            y = samples.y[start : start + CHUNK]
            last = forward(program.network, weights, x)[-1]
            if program.fused:
                values = program.fused.values(y, last.z, last.h)
            else:
                values = loss.values(loss.targets(y, last.h), last.h)
            outputs.append(last.h)
            losses.append(values.reshape(len(x), -1).mean(axis=1, dtype=np.float64))
    return np.concatenate(outputs), np.concatenate(losses)


def _with_intervals(
    model: Sequential,
    values: dict[str, Any],
    samples: Samples,
    outputs: Array,
    losses: Float64,
    resamples: int,
    seed: int,
) -> tuple[Measure, ...]:
    numeric = {name: float(value) for name, value in values.items() if is_number(value)}
    assert samples.y is not None
    n = len(outputs)
    measured: dict[str, Callable[[Ints], float]] = {}
    for name, metric in model._measured().items():
        if name in numeric:
            measured[name] = lambda rows, m=metric: m(samples.y[rows], outputs[rows])  # type: ignore[misc]
    # Penalties do not depend on the rows.
    shift = numeric["loss"] - float(losses.mean())
    measured["loss"] = lambda rows: float(losses[rows].mean()) + shift
    found: dict[str, list[float]] = {name: [] for name in numeric}
    with np.errstate(all="ignore"):
        for rows in resampled(n, resamples if n > 1 else 0, seed):
            for name, function in measured.items():
                found[name].append(float(function(rows)))
    return tuple(
        Measure(name, value, *interval(np.array(found[name]))) for name, value in numeric.items()
    )
