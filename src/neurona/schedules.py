"""Learning-rate schedules: the step size η as a function of the iteration."""

from __future__ import annotations

from dataclasses import dataclass

from neurona.part import Part, Registry


class Schedule(Part):
    """A learning rate that depends on the number of steps taken.

    To write one of your own, derive from this class and define ``__call__``.
    """

    def __call__(self, iteration: int) -> float:
        """The learning rate of step number ``iteration``, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(iteration).")


registry: Registry[Schedule] = Registry("schedule", lambda: Schedule)


@registry.register()
@dataclass(frozen=True, repr=False)
class InverseTimeDecay(Schedule):
    r"""Decay with the inverse of time: :math:`\eta_t = \eta / (1 + r t / T)`.

    ``SGD(lr=0.01, decay=1e-6)`` means ``InverseTimeDecay(0.01, 1, 1e-6)``.

    Args:
        initial_learning_rate: η.
        decay_steps: T.
        decay_rate: r.
        staircase: take ``⌊t / T⌋`` in place of ``t / T``.

    Source: Robbins & Monro 1951 (rates of order 1/t converge).

    >>> InverseTimeDecay(0.1, 1, 1.0)(1)
    0.05
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __call__(self, iteration: int) -> float:
        t = iteration / self.decay_steps
        return self.initial_learning_rate / (
            1.0 + self.decay_rate * (iteration // self.decay_steps if self.staircase else t)
        )
