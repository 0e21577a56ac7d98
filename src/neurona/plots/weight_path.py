"""The weights' path through training, recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.callbacks.callback import Callback, Logs
from neurona.errors import ArgumentError


class WeightPath(Callback):
    """Remembers the trainable weights before training and after every ``every``-th epoch.

    It takes 8 bytes for each weight and snapshot (4 in float32). When there are ``most`` of
    them, every second one is forgotten and ``every`` doubles.

    Args:
        every: epochs from one snapshot to the next.
        most: snapshots that are kept, at least 4.

    Attributes:
        passed: epochs trained so far, of all trainings.
        epochs: of each snapshot, how many epochs had passed.
        weights: the snapshots, each a vector of all trainable weights, in the order of
            ``model.network.trainable``.

    >>> from neurona import Sequential, datasets, layers
    >>> model = Sequential([layers.Dense(2, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("adam", "binary_crossentropy")
    >>> path = WeightPath()
    >>> history = model.fit(*datasets.xor(50, seed=1), epochs=3, callbacks=[path], verbose=0)
    >>> path.epochs, path.weights[0].shape
    ([0, 1, 2, 3], (9,))
    """

    def __init__(self, every: int = 1, most: int = 400) -> None:
        self.every = checks.integer("every", every, 1)
        self.most = checks.integer("most", most, 4)
        self.passed = 0
        self.epochs: list[int] = []
        self.weights: list[NDArray[Any]] = []

    def on_train_begin(self, logs: Logs) -> None:
        """Take the first snapshot, or go on from the training before."""
        now = self._now()
        if self.weights and self.weights[0].shape != now.shape:
            raise ArgumentError("This WeightPath has recorded another model: make a new one.")
        self._keep(now)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Take a snapshot if it is time for one."""
        self.passed += 1
        if self.passed % self.every == 0:
            self._keep(self._now())

    def on_train_end(self, logs: Logs) -> None:
        """Make sure that the path ends where training ended."""
        self._keep(self._now())

    def _now(self) -> NDArray[Any]:
        weights = self.model.weights
        return np.concatenate([weights[key].ravel() for key in self.model.network.trainable])

    def _keep(self, weights: NDArray[Any]) -> None:
        if self.weights and np.array_equal(self.weights[-1], weights):
            return  # nothing has changed since
        self.epochs.append(self.passed)
        self.weights.append(weights)
        if len(self.weights) > self.most:
            self.epochs, self.weights = self.epochs[::2], self.weights[::2]
            self.every *= 2
