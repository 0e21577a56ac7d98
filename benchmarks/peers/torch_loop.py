"""PyTorch's usual loop, without a DataLoader, which would cost more than the steps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch.nn import functional

from benchmarks.peers.peer import Array, Peer
from benchmarks.work import ADAM, SGD, Work, first_weights


class Library(Peer):
    """Args besides ``threads``: whether the loss goes through ``torch.compile``."""

    packages = ("torch",)

    def __init__(self, threads: int, compiled: bool = False) -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        self.compiled = compiled

    def build(self, work: Work) -> None:
        chain: list[Any] = []
        for a, b in pairwise(work.sizes):
            chain += [torch.nn.Linear(a, b), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*chain[:-1])
        weights = [torch.from_numpy(w).T for w in first_weights(work)]
        with torch.no_grad():
            for parameter, w in zip(self.model.parameters(), weights, strict=True):
                parameter.copy_(w)
        self.optimizer: Any
        if work.optimizer == "sgd":
            rate, momentum = SGD["learning_rate"], SGD["momentum"]
            self.optimizer = torch.optim.SGD(
                self.model.parameters(), lr=rate, momentum=momentum, fused=True
            )
        else:
            betas = ADAM["beta_1"], ADAM["beta_2"]
            self.optimizer = torch.optim.Adam(
                self.model.parameters(),
                lr=ADAM["learning_rate"],
                betas=betas,
                eps=ADAM["epsilon"],
                fused=True,
            )
        self.binary, self.batch_size = work.sizes[-1] == 1, work.batch_size
        torch.compiler.reset()
        self.judge: Any = self._loss_and_hits
        if self.compiled:
            self.judge = torch.compile(self._loss_and_hits, dynamic=False)

    def _loss_and_hits(self, x: Any, y: Any) -> tuple[Any, Any]:
        z = self.model(x)
        if self.binary:
            z = z[:, 0]
            loss = functional.binary_cross_entropy_with_logits(z, y)
            return loss, ((z > 0) == (y > 0)).sum()
        return functional.cross_entropy(z, y), (z.argmax(1) == y).sum()

    def load(self, x: Array, y: Array) -> None:
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        if self.binary:
            self.y = self.y.float()

    def train(self, epochs: int) -> float:
        for _ in range(epochs):
            total, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
            for rows in torch.randperm(len(self.x)).split(self.batch_size):
                loss, hits = self.judge(self.x[rows], self.y[rows])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.detach() * len(rows)
                correct += hits
        return float(total / len(self.x))

    def predict(self, x: Array) -> Array:
        with torch.inference_mode():
            z = self.model(torch.from_numpy(x))
            return (z.sigmoid() if self.binary else z.softmax(1)).numpy()  # type: ignore[no-any-return]

    def predictor(self) -> Callable[[Array], Any]:
        self.model.eval()
        return self.predict
