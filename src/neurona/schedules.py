"""Learning-rate schedules: the step size η as a function of the iteration."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from neurona import checks
from neurona.errors import ArgumentError, ArgumentTypeError
from neurona.part import Part, Registry

MAX_RATE = 1e6  # beyond, one step leaves any float32 network's range


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
        decay_steps: T, at least 1.
        decay_rate: r, at least 0.
        staircase: take ``⌊t / T⌋`` in place of ``t / T``.

    Source: Robbins & Monro 1951 (rates of order 1/t converge).

    >>> InverseTimeDecay(0.1, 1, 1.0)(1)
    0.05
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        _settle_decay(self)

    def __call__(self, iteration: int) -> float:
        return self.initial_learning_rate / (1.0 + self.decay_rate * _periods(self, iteration))


@registry.register()
@dataclass(frozen=True, repr=False)
class ExponentialDecay(Schedule):
    r"""Decay by the same factor in every period: :math:`\eta_t = \eta \, r^{t / T}`.

    Args:
        initial_learning_rate: η.
        decay_steps: T, at least 1.
        decay_rate: r, at least 0; above 1 the rate grows.
        staircase: take ``⌊t / T⌋`` in place of ``t / T``.

    Source: Goodfellow, Bengio & Courville 2016, §8.3.1.

    >>> ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)(200)
    0.025
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        _settle_decay(self)

    def __call__(self, iteration: int) -> float:
        return float(self.initial_learning_rate * self.decay_rate ** _periods(self, iteration))


@registry.register()
@dataclass(frozen=True, repr=False)
class StepDecay(Schedule):
    r"""Drop by a factor once in every period: :math:`\eta_t = \eta f^{\lfloor t / T \rfloor}`.

    Args:
        initial_learning_rate: η.
        decay_steps: T, the steps between two drops, at least 1.
        factor: f in [0, 1].

    Source: He et al. 2016, CVPR (drops by 10).

    >>> rate = StepDecay(0.1, decay_steps=100, factor=0.5)
    >>> rate(99), rate(100), rate(200)
    (0.1, 0.05, 0.025)
    """

    initial_learning_rate: float
    decay_steps: float
    factor: float = 0.5

    def __post_init__(self) -> None:
        checks.settle(
            self,
            initial_learning_rate=_rate("initial_learning_rate", self.initial_learning_rate),
            decay_steps=_steps("decay_steps", self.decay_steps),
            factor=checks.real("factor", self.factor, 0.0, 1.0),
        )

    def __call__(self, iteration: int) -> float:
        return float(self.initial_learning_rate * self.factor ** (iteration // self.decay_steps))


@registry.register()
@dataclass(frozen=True, repr=False)
class PiecewiseConstantDecay(Schedule):
    r"""One rate until the first boundary, the next one until the second, and so on.

    :math:`\eta_t = v_i` with i the number of boundaries below t: a boundary is
    the last step of its piece.

    Args:
        boundaries: increasing iterations.
        values: the rates, one more than boundaries.

    >>> rate = PiecewiseConstantDecay([100, 200], [0.1, 0.05, 0.01])
    >>> rate(100), rate(101), rate(1000)
    (0.1, 0.05, 0.01)
    """

    boundaries: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        boundaries = _numbers("boundaries", self.boundaries, math.inf)
        values = _numbers("values", self.values, MAX_RATE)
        if len(values) != len(boundaries) + 1:
            raise ArgumentError(
                f"values must hold one rate more than there are boundaries: expected "
                f"{len(boundaries) + 1}, got {len(values)}."
            )
        if any(low >= high for low, high in pairwise(boundaries)):
            raise ArgumentError(f"boundaries must increase, got {boundaries}.")
        checks.settle(self, boundaries=boundaries, values=values)

    def __call__(self, iteration: int) -> float:
        return self.values[bisect_left(self.boundaries, iteration)]


@registry.register()
@dataclass(frozen=True, repr=False)
class PolynomialDecay(Schedule):
    r"""From one rate to another along a power: a straight line where ``power`` is 1.

    .. math:: \eta_t = (\eta - \eta_{end}) (1 - t/T)^p + \eta_{end}

    and :math:`\eta_{end}` after T steps.

    Args:
        initial_learning_rate: η.
        decay_steps: T, at least 1.
        end_learning_rate: η_end.
        power: p, at least 0.
        cycle: instead of staying at the end, let T double, triple, …: the rate
            jumps up after every T steps and falls again, each time less steeply.

    >>> PolynomialDecay(0.1, decay_steps=100, end_learning_rate=0.0)(25)
    0.07500000000000001
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False

    def __post_init__(self) -> None:
        checks.settle(
            self,
            initial_learning_rate=_rate("initial_learning_rate", self.initial_learning_rate),
            decay_steps=_steps("decay_steps", self.decay_steps),
            end_learning_rate=_rate("end_learning_rate", self.end_learning_rate),
            power=checks.real("power", self.power, 0.0),
            cycle=bool(self.cycle),
        )

    def __call__(self, iteration: int) -> float:
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(iteration / steps))
        left = 1.0 - min(iteration / steps, 1.0)
        low, high = self.end_learning_rate, self.initial_learning_rate
        return float((high - low) * left**self.power + low)


@registry.register()
@dataclass(frozen=True, repr=False)
class CosineDecay(Schedule):
    r"""Down half a cosine wave, after an optional linear warm-up.

    .. math:: \eta_t = \eta \left((1 - \alpha) \tfrac12 (1 + \cos(\pi t/T)) + \alpha\right)

    and :math:`\alpha\eta` after T steps. With a warm-up of S steps the rate first
    goes from η straight to ``warmup_target``, and the wave starts there.

    Args:
        initial_learning_rate: η.
        decay_steps: T, at least 1, the warm-up not counted.
        alpha: the last rate as a fraction of the greatest, in [0, 1].
        warmup_target: the rate that the warm-up leads to; None for no warm-up.
        warmup_steps: S.

    Source: Loshchilov & Hutter 2017, ICLR.

    >>> CosineDecay(0.1, decay_steps=100)(50)
    0.05
    >>> CosineDecay(0.0, decay_steps=100, warmup_target=0.1, warmup_steps=10)(5)
    0.05
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        target = self.warmup_target
        checks.settle(
            self,
            initial_learning_rate=_rate("initial_learning_rate", self.initial_learning_rate),
            decay_steps=_steps("decay_steps", self.decay_steps),
            alpha=checks.real("alpha", self.alpha, 0.0, 1.0),
            warmup_target=None if target is None else _rate("warmup_target", target),
            warmup_steps=checks.integer("warmup_steps", self.warmup_steps),
        )
        if self.warmup_steps and target is None:
            raise ArgumentError("warmup_steps needs a warmup_target, the rate to warm up to.")

    def __call__(self, iteration: int) -> float:
        if self.warmup_target is None:
            start, t = self.initial_learning_rate, iteration
        else:
            start, t = self.warmup_target, iteration - self.warmup_steps
            if t < 0:
                return _line(self.initial_learning_rate, start, iteration / self.warmup_steps)
        wave = _half_wave(min(t / self.decay_steps, 1.0))
        return start * ((1.0 - self.alpha) * wave + self.alpha)


@registry.register()
@dataclass(frozen=True, repr=False)
class CosineDecayRestarts(Schedule):
    r"""Half cosine waves one after the other (SGDR).

    Wave i takes :math:`T m_t^i` steps and starts from :math:`\eta m_m^i`:

    .. math:: \eta_t = \eta \left((1 - \alpha) m_m^i \tfrac12 (1 + \cos(\pi s)) + \alpha\right)

    with s the part of the wave that has passed.

    Args:
        initial_learning_rate: η.
        first_decay_steps: T, at least 1.
        t_mul: m_t, at least 1: how much longer than the last each wave is.
        m_mul: m_m, at least 0: how much higher than the last each wave starts.
        alpha: the lowest rate as a fraction of η, in [0, 1].

    Source: Loshchilov & Hutter 2017, ICLR.

    >>> rate = CosineDecayRestarts(0.1, first_decay_steps=100, m_mul=0.5)
    >>> rate(0), rate(50), rate(100), rate(200)
    (0.1, 0.05, 0.05, 0.025)
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        checks.settle(
            self,
            initial_learning_rate=_rate("initial_learning_rate", self.initial_learning_rate),
            first_decay_steps=_steps("first_decay_steps", self.first_decay_steps),
            t_mul=checks.real("t_mul", self.t_mul, 1.0, 1e6),
            m_mul=checks.real("m_mul", self.m_mul, 0.0),
            alpha=checks.real("alpha", self.alpha, 0.0, 1.0),
        )

    def __call__(self, iteration: int) -> float:
        wave, passed = self._position(iteration / self.first_decay_steps)
        height = self.m_mul**wave * _half_wave(passed)
        return self.initial_learning_rate * ((1.0 - self.alpha) * height + self.alpha)

    def _position(self, time: float) -> tuple[int, float]:
        """Which wave, and the part of it that has passed, after ``time`` first waves."""
        growth = self.t_mul - 1.0
        if growth == 0.0:
            return int(time), time % 1.0
        # Wave i starts at (mⁱ − 1)/(m − 1); rounding must not put a restart off by a step.
        wave = int(math.log1p(time * growth) / math.log(self.t_mul))
        wave += time * (1.0 + 1e-12) >= (self.t_mul ** (wave + 1) - 1.0) / growth
        passed = (time - (self.t_mul**wave - 1.0) / growth) / self.t_mul**wave
        return wave, max(passed, 0.0)


@registry.register()
@dataclass(frozen=True, repr=False)
class LinearWarmup(Schedule):
    r"""Straight up to the first rate of another schedule, which then begins.

    .. math:: \eta_t = \eta_0 + (\eta_1 - \eta_0)\, t/S \quad (t < S), \qquad
              \eta_t = \eta(t - S) \quad (t \ge S)

    with :math:`\eta_1 = \eta(0)`.

    Args:
        learning_rate: the schedule η(t) to warm up for, or a constant rate.
        warmup_steps: S.
        initial_learning_rate: η₀.

    Source: Goyal et al. 2017, "Accurate, large minibatch SGD".

    >>> rate = LinearWarmup(0.1, warmup_steps=10)
    >>> rate(0), rate(5), rate(10), rate(1000)
    (0.0, 0.05, 0.1, 0.1)
    """

    learning_rate: Any
    warmup_steps: int
    initial_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        rate = self.learning_rate
        checks.settle(
            self,
            learning_rate=rate if isinstance(rate, Schedule) else _rate("learning_rate", rate),
            warmup_steps=checks.integer("warmup_steps", self.warmup_steps),
            initial_learning_rate=_rate("initial_learning_rate", self.initial_learning_rate),
        )

    def __call__(self, iteration: int) -> float:
        done = iteration - self.warmup_steps
        rate = self.learning_rate
        target = float(rate(max(done, 0))) if isinstance(rate, Schedule) else rate
        if done >= 0:
            return float(target)
        return _line(self.initial_learning_rate, target, iteration / self.warmup_steps)


def _periods(schedule: InverseTimeDecay | ExponentialDecay, iteration: int) -> float:
    steps = schedule.decay_steps
    return iteration // steps if schedule.staircase else iteration / steps


def _line(low: float, high: float, part: float) -> float:
    return low + (high - low) * part


def _half_wave(part: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * part))


def _settle_decay(schedule: InverseTimeDecay | ExponentialDecay) -> None:
    checks.settle(
        schedule,
        initial_learning_rate=_rate("initial_learning_rate", schedule.initial_learning_rate),
        decay_steps=_steps("decay_steps", schedule.decay_steps),
        decay_rate=checks.real("decay_rate", schedule.decay_rate, 0.0),
        staircase=bool(schedule.staircase),
    )


def _rate(name: str, value: Any) -> float:
    return checks.real(name, value, 0.0, MAX_RATE)


def _steps(name: str, value: Any) -> float:
    number = checks.real(name, value, 1.0)
    return int(number) if number.is_integer() else number


def _numbers(name: str, values: Any, high: float) -> tuple[float, ...]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ArgumentTypeError(f"{name} must be a list of numbers, got {values!r}.")
    return tuple(checks.real(f"{name}[{i}]", v, 0.0, high) for i, v in enumerate(values))
