"""neurona as its users call it: ``Sequential``, ``compile``, ``fit``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import neurona as nn
from benchmarks.peers.peer import Array, Peer
from benchmarks.work import ADAM, SGD, Work, first_weights


class Library(Peer):
    """Args besides ``threads``: the engine, the dtype computed with, bytes or floats in,
    whether single rows go through ``compiled_predictor()``, whether what explains and draws
    is imported, and whether each layer's statistics are recorded every epoch."""

    packages = ("numpy",)

    def __init__(
        self,
        threads: int,
        engine: str = "auto",
        dtype: str | None = None,
        takes_bytes: bool = False,
        compiled: bool = False,
        explains: bool = False,
        records: bool = False,
    ) -> None:
        self.threads, self.engine, self.dtype = threads, engine, dtype
        self.takes_bytes, self.compiled, self.records = takes_bytes, compiled, records
        if explains or records:
            importlib.import_module("neurona.explain")
            importlib.import_module("neurona.plots")

    def build(self, work: Work) -> None:
        *hidden, outputs = work.sizes[1:]
        model = nn.Sequential([nn.layers.Input(shape=(work.sizes[0],))], seed=work.seed)
        if self.takes_bytes:
            model.add(nn.layers.Rescaling(1 / 255))
        for units in hidden:
            model.add(nn.layers.Dense(units, activation="relu"))
        model.add(nn.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax"))
        model.set_weights(first_weights(work))
        optimizers = nn.optimizers
        model.compile(
            optimizers.SGD(**SGD) if work.optimizer == "sgd" else optimizers.Adam(**ADAM),
            "binary_crossentropy" if outputs == 1 else "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            engine=self.engine,
            threads=self.threads,
            dtype=self.dtype,
        )
        self.model, self.batch_size = model, work.batch_size

    def load(self, x: Array, y: Array) -> None:
        self.x, self.y = x, y

    def train(self, epochs: int) -> float:
        history = self.model.fit(
            self.x,
            self.y,
            batch_size=self.batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[nn.plots.LayerStatistics(self.x, self.y)] if self.records else [],
        )
        return float(history.history["loss"][-1])

    def predict(self, x: Array) -> Array:
        return self.model.predict(x)

    def predictor(self) -> Callable[[Array], Any]:
        model: Any = self.model
        return model.compiled_predictor() if self.compiled else model.predict  # type: ignore[no-any-return]

    def ran_on(self) -> str | None:
        return self.model.engine.split()[0]
