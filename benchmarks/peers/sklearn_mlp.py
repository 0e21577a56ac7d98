"""scikit-learn's ``MLPClassifier``, without the penalty and the stopping that are its defaults."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.peer import Array, Peer
from benchmarks.work import ADAM, SGD, Work


class Library(Peer):
    packages = ("scikit-learn", "numpy")

    def __init__(self, threads: int) -> None:
        warnings.simplefilter("ignore", ConvergenceWarning)  # threads: OPENBLAS_NUM_THREADS

    def build(self, work: Work) -> None:
        """The first weights are its own: Glorot uniform, as everyone's."""
        self.classes = np.arange(max(2, work.sizes[-1]))
        self.inputs = work.sizes[0]
        self.model = MLPClassifier(
            work.sizes[1:-1],
            solver=work.optimizer,
            alpha=0.0,
            batch_size=work.batch_size,
            learning_rate_init=(SGD if work.optimizer == "sgd" else ADAM)["learning_rate"],
            momentum=SGD["momentum"],
            nesterovs_momentum=False,
            beta_1=ADAM["beta_1"],
            beta_2=ADAM["beta_2"],
            epsilon=ADAM["epsilon"],
            tol=0.0,
            random_state=work.seed,
            warm_start=True,
        )

    def load(self, x: Array, y: Array) -> None:
        self.x, self.y = x, y

    def train(self, epochs: int) -> float:
        if epochs == 1:  # keeps the optimizer's state
            self.model.partial_fit(self.x, self.y, classes=self.classes)
        else:
            self.model.set_params(max_iter=epochs, n_iter_no_change=epochs)
            self.model.fit(self.x, self.y)
        return float(self.model.loss_)

    def predict(self, x: Array) -> Array:
        p: Array = self.model.predict_proba(x)
        return p[:, 1:] if p.shape[1] == 2 else p

    def predictor(self) -> Callable[[Array], Any]:
        rows = np.zeros((self.model.batch_size, self.inputs), np.float32)
        y = np.arange(len(rows)) % len(self.classes)
        self.model.partial_fit(rows, y, classes=self.classes)
        return self.predict
