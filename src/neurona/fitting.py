"""From the arguments of ``fit`` to a job for the epoch loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.callbacks import Callback
from neurona.data.arrays import Array, Samples, as_samples
from neurona.data.batches import Batches
from neurona.data.splitting import holdout_indices
from neurona.data.targets import align
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    DataWarning,
    ShapeError,
    warn,
)
from neurona.network import Program
from neurona.random import Purpose, Stream

DEFAULT_BATCH_SIZE = 32
EVALUATION_ROWS = 1024

Rows = NDArray[np.int64]
ClassWeight = Mapping[int, float] | str | None


@dataclass(frozen=True)
class Arguments:
    """Those of ``Sequential.fit``; see there."""

    x: Any
    y: Any = None
    batch_size: int | str | None = None
    epochs: int = 1
    verbose: Any = "auto"
    callbacks: Sequence[Callback] | None = None
    validation_split: float = 0.0
    validation_data: Any = None
    shuffle: bool = True
    class_weight: ClassWeight = None
    sample_weight: Any = None
    initial_epoch: int = 0
    steps_per_epoch: int | None = None
    validation_strategy: str = "last"
    evaluate_training: bool = False
    on_nonfinite: str = "stop"


@dataclass(frozen=True)
class Source:
    """What one ``fit`` trains on: samples in memory, or batches that arrive."""

    batches: Callable[[int, int], Iterable[Batches]]
    several: Callable[[int, int], Batches] | None  # epochs in one, if they need not come singly
    data: Mapping[str, Array]  # what tells it from other data
    again: Callable[[], Iterable[Samples]] | None  # the training set once more, to measure it
    steps: int | None
    samples: int | None
    batch_size: int | None


def is_batches(x: Any, y: Any = None) -> bool:
    """Whether x is an iterable of batches, in place of an array or a list of rows."""
    if isinstance(x, (list, tuple)):  # of batches (x, y), if y is not given beside it
        return y is None and bool(x) and all(isinstance(item, tuple) for item in x)
    if isinstance(x, (np.ndarray, str, bytes)) or hasattr(x, "__array__"):
        return False
    return hasattr(x, "__iter__") and not hasattr(x, "columns") and not hasattr(x, "to_frame")


def check_features(x: Array, program: Program) -> Array:
    """x with one row per sample of the network's input shape.

    Raises:
        ShapeError: rows of another shape, the usual slips named with their fix.
    """
    expected = program.network.input_shape
    if x.shape[1:] == expected:
        return x
    first = program.network.nodes[0].name
    fix = ""
    if x.ndim == 1:
        fix = (
            " One row of features: x.reshape(1, -1)."
            if x.shape == expected
            else " One feature per row: x.reshape(-1, 1)."
        )
    elif np.prod(x.shape[1:]) == np.prod(expected):
        fix = f" Reshape it: x.reshape({', '.join(map(str, (-1, *expected)))})."
        if len(expected) == 1:
            fix += " Or begin the model with layers.Flatten()."
    elif x.shape[-1:] == (1,) and x.shape[1:-1] == expected:
        fix = " Drop the last axis: x[..., 0]."
    raise ShapeError(
        f"x has shape {x.shape}, but layer {first!r} takes rows of shape {expected}, "
        f"that is x of shape {_with_n(expected)}.{fix}"
    )


def row_shape(x: Array) -> tuple[int, ...]:
    """The shape of one row of x, for a model that takes its input's shape from it."""
    if x.ndim < 2:
        raise ShapeError(
            f"x has shape {x.shape}, but it must have a row per sample and a column per feature. "
            f"One feature per row: x.reshape(-1, 1). One row of features: x.reshape(1, -1)."
        )
    return x.shape[1:]


def _with_n(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(["n", *map(str, shape)]) + ("," if not shape else "") + ")"


def aligned(samples: Samples, program: Program) -> Samples:
    """Samples whose features and targets fit the network."""
    if samples.y is None:
        raise ArgumentTypeError("y is missing: training and evaluation need targets.")
    return replace(samples, x=check_features(samples.x, program), y=align(samples.y, program))


def validation_samples(data: Any, program: Program) -> Samples:
    """``(x, y)`` or ``(x, y, sample_weight)`` as checked samples."""
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        raise ArgumentTypeError(
            f"validation_data must be (x, y) or (x, y, sample_weight), got {type(data).__name__}."
        )
    try:
        return aligned(as_samples(*data), program)
    except (ArgumentTypeError, ShapeError, DataError) as error:
        raise type(error)(f"validation_data: {error}") from None


def check_batch_size(batch_size: Any, rows: int) -> int:
    """The number of rows a step, for None, "all" or a number."""
    if batch_size is None:
        return min(DEFAULT_BATCH_SIZE, rows)
    if isinstance(batch_size, str):
        checks.choice("batch_size", batch_size, "all")
        return rows
    size = checks.integer("batch_size", batch_size, 1)
    if size > rows:
        warn(
            f"batch_size={size} is more than the {rows} training rows; each epoch is one step "
            f'over all of them. Say batch_size="all" if that is meant.',
            DataWarning,
        )
    return min(size, rows)


def split(
    samples: Samples, fraction: float, strategy: str, seed: int
) -> tuple[Rows | None, Samples | None]:
    """Rows to train on (None for all) and the part held out for validation."""
    checks.choice("validation_strategy", strategy, "last", "random", "stratified")
    if not checks.fraction("validation_split", fraction):
        return None, None
    labels = samples.y
    if labels is not None and labels.ndim == 2:
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    train, held = holdout_indices(len(samples), fraction, strategy, labels=labels, seed=seed)
    return train, samples.take(held)


def class_weights(y: Array, weights: ClassWeight) -> Array | None:
    """One weight a sample, from weights by class or "balanced" (``n / (k n_c)``)."""
    if weights is None:
        return None
    labels = y
    if y.ndim == 2:
        labels = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]
    if isinstance(weights, str):
        checks.choice("class_weight", weights, "balanced")
        classes, position, counts = np.unique(labels, return_inverse=True, return_counts=True)
        return np.asarray(len(labels) / (len(classes) * counts)[position])
    if not isinstance(weights, Mapping):
        raise ArgumentTypeError(
            f'class_weight must be a dict such as {{0: 1.0, 1: 5.0}} or "balanced", '
            f"got {type(weights).__name__}."
        )
    result = np.ones(len(labels))
    for key, value in weights.items():
        result[labels == key] = checks.real(f"class_weight[{key!r}]", value, 0.0)
    missing = sorted(set(np.unique(labels).tolist()) - set(weights))
    if missing:
        raise ArgumentError(
            f"class_weight has no entry for class {missing[0]!r}, which y contains. Give one for "
            f"each of the classes {sorted(np.unique(labels).tolist())}."
        )
    return result


def weighted(samples: Samples, weights: ClassWeight) -> Samples:
    """Samples whose weights include their classes'."""
    if weights is None:
        return samples
    assert samples.y is not None
    by_class = class_weights(samples.y, weights)
    own = samples.sample_weight
    return replace(samples, sample_weight=by_class if own is None else own * by_class)


def array_source(
    samples: Samples,
    rows: Rows | None,
    batch_size: int,
    shuffle: bool,
    seed: int,
    threads: int | None,
) -> Source:
    """Train on arrays in memory (or mapped), in an order that the epoch decides."""
    count = len(samples) if rows is None else len(rows)
    kept: list[Rows] = []  # the last orders, whose memory the next ones take

    def several(epoch: int, times: int) -> Batches:
        order = rows
        if shuffle and count > 1:
            stream = Stream(seed, Purpose.SHUFFLE, epoch)
            kept[:] = [stream.permutations(times, count, threads, *kept)]
            order = kept[0].reshape(-1)
            if rows is not None:
                order = rows[order]
        elif times > 1:
            order = np.tile(np.arange(count) if rows is None else rows, times)
        return Batches(samples.x, samples.y, samples.sample_weight, batch_size, order, count)

    def batches(epoch: int, _: int) -> Iterable[Batches]:
        return [several(epoch, 1)]

    def again() -> Iterator[Samples]:
        whole = Batches(samples.x, samples.y, samples.sample_weight, EVALUATION_ROWS, rows)
        return (Samples(*whole.take(step, step + 1)) for step in range(whole.steps))

    steps = -(-count // batch_size)
    return Source(batches, several, named(samples), again, steps, count, batch_size)


def named(samples: Samples, prefix: str = "") -> dict[str, Array]:
    """The arrays of samples by name."""
    arrays = {"x": samples.x, "y": samples.y, "sample_weight": samples.sample_weight}
    return {prefix + name: array for name, array in arrays.items() if array is not None}


def iterable_source(
    iterable: Iterable[Any], first: Any, program: Program, weights: ClassWeight, steps: int | None
) -> Source:
    """Train on batches ``(x, y)`` or ``(x, y, sample_weight)`` as they come; ``first`` is one."""
    if isinstance(weights, str):
        raise ArgumentError('class_weight="balanced" needs all labels at once; give a dict.')
    numbered = enumerate(iterable) if steps else None

    def batches(epoch: int, number: int) -> Iterator[Batches]:
        items = iter(iterable)
        if numbered is not None and steps is not None:
            items = between(numbered, number * steps, (number + 1) * steps)
        empty = True
        for place, item in enumerate(items):
            empty = False
            samples = weighted(batch_samples(item, place, program), weights)
            yield Batches(samples.x, samples.y, samples.sample_weight, len(samples))
        if empty:
            raise DataError(
                f"The iterable of batches gave nothing in epoch {epoch + 1}. If it is a generator, "
                f"it is used up after one pass: give a list or an object whose __iter__ starts "
                f"again, or an endless generator with steps_per_epoch."
            )

    data = named(weighted(batch_samples(first, 0, program), weights), "first batch of ")
    return Source(batches, None, data, None, steps, None, None)


def between(numbered: Iterable[tuple[int, Any]], first: int, last: int) -> Iterator[Any]:
    """Items ``first`` to ``last − 1``; a run that is resumed passes over those before them."""
    for number, item in numbered:
        if number >= first:
            yield item
        if number + 1 == last:
            return


def batch_samples(item: Any, number: int, program: Program) -> Samples:
    """One batch of an iterable, checked."""
    if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
        raise ArgumentTypeError(
            f"batch {number} of the iterable must be (x, y) or (x, y, sample_weight), "
            f"got {type(item).__name__}."
        )
    try:
        return aligned(as_samples(*item), program)
    except (ArgumentTypeError, ShapeError, DataError) as error:
        raise type(error)(f"batch {number} of the iterable: {error}") from None


def peek(iterable: Any) -> tuple[Any, Any]:
    """The first batch, and an iterable that still gives all of them."""
    iterator = iter(iterable)
    try:
        first = next(iterator)
    except StopIteration:
        raise DataError("The iterable of batches is empty: it must give at least one.") from None
    return first, (chain([first], iterator) if iterator is iterable else iterable)
