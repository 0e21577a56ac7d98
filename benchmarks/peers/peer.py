"""What a library has to be able to do to take part."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from numpy.typing import NDArray

from benchmarks.work import Work

Array = NDArray[Any]


class Predictor(ABC):
    """A library that can answer for single rows.

    Args:
        threads: how many to compute with; the process may use that many cores.
    """

    packages: ClassVar[tuple[str, ...]]  # whose versions are reported

    @abstractmethod
    def __init__(self, threads: int) -> None: ...

    @abstractmethod
    def build(self, work: Work) -> None:
        """Make the network with its first weights."""

    @abstractmethod
    def predictor(self) -> Callable[[Array], Any]:
        """A function of a float32 row (1, features) that gives its outputs as an array."""


class Peer(Predictor):
    """A library that can train."""

    takes_bytes = False  # whether it is given uint8 rows as they are

    @abstractmethod
    def load(self, x: Array, y: Array) -> None:
        """Take the training rows: x (n, features), y (n,) class numbers."""

    @abstractmethod
    def train(self, epochs: int) -> float:
        """Train, in a new order of rows each epoch; the last epoch's mean loss."""

    @abstractmethod
    def predict(self, x: Array) -> Array:
        """The outputs (n, k)."""

    def ran_on(self) -> str | None:
        """What did the work, where a library has several engines."""
        return None
