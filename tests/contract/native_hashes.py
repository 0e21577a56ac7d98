"""Hashes of trained weights, printed by a process of its own.

How many cores the engine may use, and which instruction set, is read once a process, so
``python -m contract.native_hashes ARGUMENTS`` is started by the tests in another environment.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

import neurona as nn
from neurona import _native, layers

Net = tuple[list[layers.Layer], int, dict[str, Any]]


def dense(*sizes: int, activation: str = "relu", **options: Any) -> list[layers.Layer]:
    """Dense layers behind an input of sizes[0] columns, softmax at the end."""
    hidden = [layers.Dense(units, activation, **options) for units in sizes[1:-1]]
    return [layers.Input(shape=(sizes[0],)), *hidden, layers.Dense(sizes[-1], "softmax")]


def between(net: list[layers.Layer], *more: layers.Layer) -> list[layers.Layer]:
    """More layers before the last one."""
    return [*net[:-1], *more, net[-1]]


Threads = int | list[float] | None

# What is dealt out to threads in its own way has a case of its own: the first layer of a
# narrow network by inputs (long: in the most parts), large layers by tiles, statistics by
# columns, clipping by blocks. Zeros among the inputs are left out of products. A batch may be
# too large for the cache (large: of one thread and of two).
CASES: dict[str, Callable[[], Net]] = {
    "narrow": lambda: (dense(200, 64, 64, 10), 100, {}),
    "narrow_odd": lambda: (dense(259, 37, 17, 7), 61, {"optimizer": "adam"}),
    "narrow_long": lambda: (dense(1703, 21, 4), 35, {"rows": 100}),
    "tiny": lambda: (dense(4, 12, 6, 3), 16, {"dtype": "float64"}),
    "narrow_zeros": lambda: (dense(200, 64, 64, 10), 100, {"zeros": 0.8}),
    "narrow_zeros_odd": lambda: (dense(259, 17, 7), 61, {"zeros": 0.8, "optimizer": "adam"}),
    "narrow_zeros_double": lambda: (dense(200, 64, 10), 30, {"zeros": 0.9, "dtype": "float64"}),
    "narrow_zeros_large": lambda: (dense(1100, 17, 5), 270, {"zeros": 0.8, "rows": 500}),
    "rows_zeros": lambda: (dense(100, 70, 5), 33, {"zeros": 0.8, "dtype": "float64"}),
    "wide_zeros": lambda: (dense(301, 450, 5), 90, {"zeros": 0.8}),
    "zeros_end": lambda: (dense(200, 40, 5), 7, {"zeros": 0.9, "until": 50}),
    "wide": lambda: (dense(300, 450, 411, 5), 90, {}),
    "wide_odd_float64": lambda: (dense(131, 1003, 7), 33, {"dtype": "float64"}),
    "one_row": lambda: (dense(131, 67, 3), 1, {"rows": 24}),
    "statistics": lambda: (
        between(dense(150, 60, 5), layers.BatchNormalization(), layers.Dropout(0.3)),
        45,
        {"optimizer": "rmsprop"},
    ),
    "clipped": lambda: (
        dense(140, 63, 5, kernel_regularizer="l2", kernel_constraint="unit_norm"),
        45,
        {"optimizer": nn.optimizers.SGD(0.05, momentum=0.9, global_clipnorm=0.1)},
    ),
    "clipped_wide": lambda: (
        dense(300, 450, 5, bias_regularizer="l1"),
        45,
        {"optimizer": nn.optimizers.Adam(0.01, clipnorm=0.05)},
    ),
}


PLAIN = {name: getattr(_native, name) for name in ("Runner32", "Runner64")}


@contextmanager
def with_threads(threads: Threads, ignore_zeros: bool = False) -> Iterator[None]:
    """Runners train with exactly so many threads; None: as the engine likes.

    Below 0: as many that send each other what they compute past the caches. A list: one
    thread for each speed in it, which send each other if the first is below 0. Zeros among
    the inputs can be multiplied like all else.
    """
    runners: list[Any] = []
    speeds: list[float] = []
    if isinstance(threads, list):
        speeds = [abs(speed) for speed in threads]
        threads = len(threads) if threads[0] > 0 else -len(threads)

    def make(*arguments: Any, plain: Any) -> Any:
        runners.append(plain(*arguments))
        if threads is not None:
            runners[-1].fix_team(abs(threads), threads < 0, speeds)
        if ignore_zeros:
            runners[-1].ignore_zeros()
        return runners[-1]

    for name, plain in PLAIN.items():
        setattr(_native, name, partial(make, plain=plain))
    try:
        yield
    finally:
        for name, plain in PLAIN.items():
            setattr(_native, name, plain)
    assert runners
    if threads is not None:
        most = min(abs(threads), _native.usable_cores())
        assert any(runner.threads == most for runner in runners)  # those that trained


class Listener(nn.callbacks.Callback):
    """Asks to be told of every batch."""

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        """Told."""


def trained(case: str, way: str = "one call") -> str:
    """The hash of the weights and slots after two epochs, gone in one of several ways."""
    net, batch, options = CASES[case]()
    count, inputs = options.pop("rows", 200), net[0].shape[0]
    rng = np.random.default_rng(1)
    x = rng.normal(size=(count, inputs)).astype(np.float32)
    zeros = rng.random(x.shape) < options.pop("zeros", 0.0)
    zeros[options.pop("until", count) :] = False
    x[zeros] = 0
    if way == "as float64":  # inputs of the engine's own type may be read where they are
        x = x.astype(np.float64)
    y = np.arange(count) % net[-1].units
    model = nn.Sequential(net, seed=3, dtype=options.pop("dtype", "float32"))
    model.compile(options.pop("optimizer", nn.optimizers.SGD(0.05, momentum=0.9)), LOSS)
    fit: dict[str, Any] = {"batch_size": batch, "shuffle": way != "batch by batch", "verbose": 0}
    if way == "batch by batch":
        for start in [*range(0, count, batch)] * 2:
            model.train_on_batch(x[start : start + batch], y[start : start + batch])
    elif way == "epoch by epoch":
        model.fit(x, y, **fit)
        model.fit(x, y, **fit)
    else:
        heard = [Listener()] if way == "with a listener" else []
        fit["shuffle"] = way != "in order"
        history = model.fit(x, y, epochs=2, callbacks=heard, **fit)
        if way == "losses":
            return repr(history.history["loss"])
    return hash_of(model)


LOSS = "sparse_categorical_crossentropy"


def hash_of(model: nn.Sequential) -> str:
    """Of the weights and the optimizer's slots."""
    state = model.state
    arrays = [*state.weights.values(), *(a for s in state.slots.values() for a in s.values())]
    return hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest()[:16]


def main(cases: list[str], threads: list[Threads], ways: list[str]) -> None:
    """Print, for each case, which hashes came of which threads and ways."""
    found: dict[str, dict[str, list[str]]] = {case: {} for case in cases}
    for number, case, way in itertools.product(threads, cases, ways):
        with with_threads(number, ignore_zeros=way == "zeros unseen"):
            found[case].setdefault(trained(case, way), []).append(f"{number} threads, {way}")
    print(json.dumps(found))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
