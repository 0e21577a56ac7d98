"""Keras 3 on its JAX backend: ``compile`` and ``fit`` with their usual settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from benchmarks.peers.peer import Array, Peer
from benchmarks.work import ADAM, SGD, Work, first_weights


class Library(Peer):
    packages = ("keras", "jax")

    def __init__(self, threads: int) -> None:
        keras.utils.set_random_seed(1)  # threads: by the process's cores and XLA_FLAGS

    def build(self, work: Work) -> None:
        *hidden, outputs = work.sizes[1:]
        model = keras.Sequential([keras.Input((work.sizes[0],))])
        for units in hidden:
            model.add(keras.layers.Dense(units, activation="relu"))
        model.add(keras.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax"))
        model.set_weights(first_weights(work))
        optimizers = keras.optimizers
        model.compile(
            optimizers.SGD(**SGD) if work.optimizer == "sgd" else optimizers.Adam(**ADAM),
            "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        self.model, self.batch_size = model, work.batch_size

    def load(self, x: Array, y: Array) -> None:
        self.x, self.y = x, y

    def train(self, epochs: int) -> float:
        history = self.model.fit(
            self.x, self.y, batch_size=self.batch_size, epochs=epochs, verbose=0
        )
        return float(history.history["loss"][-1])

    def predict(self, x: Array) -> Array:
        return self.model.predict(x, batch_size=1000, verbose=0)  # type: ignore[no-any-return]

    def predictor(self) -> Callable[[Array], Any]:
        return self.model.predict_on_batch  # type: ignore[no-any-return]
