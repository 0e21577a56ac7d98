"""Training that is broken off and resumed, and comparison to the bit: for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import neurona as nn
from neurona import layers
from neurona.callbacks import BackupAndRestore, Callback

RNG = np.random.default_rng(5)
X = RNG.normal(size=(70, 4)).astype(np.float32)
LABELS = (np.abs(X[:, 0]) + X[:, 1] > 0.5).astype(np.int64) + (X[:, 2] > 0.8)
VALUES = np.stack([X[:, 0] * X[:, 1], np.sin(X[:, 2])], axis=1)


class BrokenOffError(Exception):
    """What breaks a run off."""


class Breaker(Callback):
    """Raises at the n-th call of one of its hooks."""

    only_records = True

    def __init__(self, hook: str, number: int, error: type[BaseException] = BrokenOffError) -> None:
        self._left, self._error = number, error
        setattr(self, hook, self._call)
        self._every_step = "batch" in hook

    @property
    def steps_to_position(self) -> int:
        return 1  # so that the number of calls does not depend on the machine's speed

    @property
    def hears_batches(self) -> bool:
        return self._every_step

    def _call(self, *arguments: Any) -> None:
        self._left -= 1
        if self._left == 0:
            raise self._error


def classifier(
    engine: str = "auto",
    optimizer: Any = "adam",
    metrics: Sequence[Any] = ("accuracy",),
    dtype: str = "float32",
    threads: int | None = None,
    units: int = 6,
) -> nn.Sequential:
    """A network with everything that has a state or draws random numbers."""
    chain = [
        layers.Dense(units, "tanh"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.Dense(3, "softmax"),
    ]
    model = nn.Sequential(chain, seed=4, dtype=dtype)
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, list(metrics), engine=engine, threads=threads)
    return model


def result(model: nn.Sequential) -> dict[str, Any]:
    """All that a run comes to, down to the counters."""
    state, history = model.state, model.history
    assert history is not None
    slots = {f"{key}/{s}": v for key, slots in state.slots.items() for s, v in slots.items()}
    return {
        **{f"weight {key}": w for key, w in state.weights.items()},
        **{f"slot {key}": v for key, v in slots.items()},
        **{f"history {name}": values for name, values in history.history.items()},
        "epochs": history.epoch,
        "counters": [state.iteration, state.epoch],
        "learning rate": [getattr(model.optimizer, "learning_rate", None)],
    }


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Equal to the bit, and of equal dtype."""
    assert found.keys() == expected.keys()
    for name, there in expected.items():
        here = found[name]
        if isinstance(there, list):
            assert len(here) == len(there), name
            for mine, theirs in zip(here, there, strict=True):
                assert type(mine) is type(theirs), name
                _assert_bits(name, mine, theirs)
        else:
            _assert_bits(name, here, there)


def _assert_bits(name: str, here: Any, there: Any) -> None:
    if isinstance(there, (float, np.ndarray)):
        mine, theirs = np.asarray(here), np.asarray(there)
        assert mine.dtype == theirs.dtype, name
        assert mine.shape == theirs.shape, name
        assert mine.tobytes() == theirs.tobytes(), f"{name}: {here} is not {there}"
    else:
        assert repr(here) == repr(there), name


def resumed(
    fit: Callable[[list[Callback]], nn.Sequential],
    folder: Path,
    breakers: Sequence[Breaker],
    **backup: Any,
) -> nn.Sequential:
    """Run ``fit`` with each breaker in turn, of which the first must work, then to its end."""
    for breaker in breakers:
        try:
            fit([BackupAndRestore(folder, verbose=0, **backup), breaker])
        except (BrokenOffError, KeyboardInterrupt):
            continue
        assert breaker is not breakers[0], "the run was not broken off"
    return fit([BackupAndRestore(folder, verbose=0, **backup)])
