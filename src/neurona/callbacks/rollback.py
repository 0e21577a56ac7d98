"""Going back to the last good weights, with half the learning rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurona.callbacks.callback import Callback, Logs
from neurona.explain.doctor import Finding
from neurona.schedules import Schedule, registry

MOST = 3  # times; what fails more often is not mended by a smaller rate


@registry.register()
@dataclass(frozen=True, repr=False)
class Scaled(Schedule):
    """Another schedule's learning rate, times a factor.

    >>> from neurona.schedules import InverseTimeDecay
    >>> Scaled(InverseTimeDecay(0.1, 1, 1.0), 0.5)(1)
    0.025
    """

    schedule: Schedule
    factor: float

    def __call__(self, iteration: int) -> float:
        return self.factor * self.schedule(iteration)


class Rollback(Callback):
    """What ``fit(on_nonfinite="rollback")`` does when a loss or weight is not finite.

    The epoch is begun again from its first step, with the weights and optimizer
    as they were there and half the learning rate; three times at the most.

    Args:
        tell: what takes the findings.
    """

    state_names = ("times",)

    def __init__(self, tell: Callable[[Finding], None]) -> None:
        self.times = 0
        self._tell = tell

    def on_train_begin(self, logs: Logs) -> None:
        if self.times:  # resumed after a rollback
            self._slow_down(0.5**self.times)

    def recover(self, epoch: int, failure: str) -> bool:
        """Whether to begin the epoch again; says so."""
        if self.times == MOST:
            return False
        self.times += 1
        self._slow_down(0.5)
        self._tell(
            Finding(
                "rollback",
                str(self.times),
                f"went back to the beginning of epoch {epoch + 1} with half the learning rate "
                f"({self.times} of at most {MOST} times). What failed was {failure}",
            )
        )
        return True

    def _slow_down(self, factor: float) -> None:
        optimizer = self.model.optimizer
        assert optimizer is not None
        rate = optimizer.learning_rate
        optimizer.learning_rate = (
            Scaled(rate, factor) if isinstance(rate, Schedule) else rate * factor
        )
