"""Many models of neurona's, trained together or one after the other."""

from __future__ import annotations

from typing import Any

import neurona as nn
from benchmarks.peers import neurona_peer
from benchmarks.work import Work


class Library(neurona_peer.Library):
    """Args besides ``threads`` and the engine: how many models, whether together, and
    whether each has one thread, one after the other."""

    def __init__(
        self,
        threads: int,
        engine: str = "auto",
        models: int = 1,
        together: bool = False,
        one_thread: bool = False,
    ) -> None:
        super().__init__(1 if one_thread else threads, engine)
        self.count, self.together = models, together

    def build(self, work: Work) -> None:
        self.models = []
        for _ in range(self.count):
            super().build(work)
            self.models.append(self.model)

    def train(self, epochs: int) -> float:
        fit: dict[str, Any] = {"batch_size": self.batch_size, "epochs": epochs, "verbose": 0}
        if self.together:
            nn.fit_together(self.models, self.x, self.y, threads=self.threads, **fit)
        else:
            for model in self.models:
                model.fit(self.x, self.y, **fit)
        assert self.model.history is not None
        return float(self.model.history.history["loss"][-1])
