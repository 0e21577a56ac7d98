"""Schedules: against Keras 3, their own formulas and their arguments' checks."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurona import schedules
from neurona.callbacks.rollback import Scaled
from neurona.errors import ArgumentError, ArgumentTypeError
from neurona.part import from_config, to_config
from neurona.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LinearWarmup,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)

KERAS = json.loads((Path(__file__).parent / "reference" / "schedules.json").read_text())
OWN = [
    StepDecay(0.1, 5),
    LinearWarmup(0.1, 10),
    Scaled(StepDecay(0.1, 5), 0.5),
    LinearWarmup(StepDecay(0.1, 5), 10, initial_learning_rate=0.2),
]


def build(case: dict[str, Any]) -> schedules.Schedule:
    return schedules.registry.get({"class_name": case["class_name"], "config": case["config"]})


@pytest.mark.parametrize("case", KERAS["cases"], ids=lambda case: str(case["class_name"]))
def test_rates_agree_with_keras(case: dict[str, Any]) -> None:
    schedule = build(case)
    rates = [schedule(iteration) for iteration in KERAS["iterations"]]
    assert rates == pytest.approx(case["rates"], rel=1e-6, abs=1e-8)


def test_every_schedule_is_tested() -> None:
    tested = {case["class_name"] for case in KERAS["cases"]} | {type(s).__name__ for s in OWN}
    assert {cls.__name__ for cls in schedules.registry} == tested


@pytest.mark.parametrize("schedule", [*OWN, *map(build, KERAS["cases"])], ids=repr)
def test_a_configuration_builds_an_equal_schedule(schedule: schedules.Schedule) -> None:
    again = from_config(json.loads(json.dumps(to_config(schedule))))
    assert again == schedule
    assert hash(again) == hash(schedule)


@given(st.integers(0, 10_000), st.integers(1, 500), st.floats(0, 1))
def test_step_decay_is_a_staircase(iteration: int, steps: int, factor: float) -> None:
    stairs = ExponentialDecay(0.3, steps, factor, staircase=True)
    assert StepDecay(0.3, steps, factor)(iteration) == stairs(iteration)


def test_warmup_ends_where_the_schedule_begins() -> None:
    inner = CosineDecay(0.4, 100)
    warm = LinearWarmup(inner, 8, initial_learning_rate=0.1)
    assert [warm(t) for t in (0, 4, 8)] == pytest.approx([0.1, 0.25, 0.4])
    assert [warm(8 + t) for t in range(120)] == [inner(t) for t in range(120)]
    assert LinearWarmup(0.2, 0)(0) == 0.2


@given(st.integers(1, 40), st.floats(1.0, 5.0), st.integers(0, 5000))
def test_restarts_keep_the_rate_between_the_bounds(first: int, t_mul: float, t: int) -> None:
    rate = CosineDecayRestarts(1.0, first, t_mul=t_mul, alpha=0.1)(t)
    assert 0.1 - 1e-12 <= rate <= 1.0


@pytest.mark.parametrize("t_mul", [1.0, 1.5, 2.0, 3.0, 5.0])
def test_restarts_begin_on_the_step(t_mul: float) -> None:
    schedule, start = CosineDecayRestarts(1.0, 1024, t_mul=t_mul, m_mul=0.5), 0.0
    for wave in range(9):
        assert schedule(int(start)) == pytest.approx(0.5**wave)
        if wave:
            assert schedule(int(start) - 1) < 1e-4 * 0.5 ** (wave - 1)
        start += 1024 * t_mul**wave


def test_restarts_begin_on_the_step_where_lengths_are_rounded() -> None:
    schedule = CosineDecayRestarts(1.0, 10, t_mul=1.6)  # waves of 10 and 16 steps
    assert schedule(26) == 1.0
    assert schedule(25) < 0.01


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (InverseTimeDecay, (-0.1, 1, 1.0), "initial_learning_rate must be"),
        (InverseTimeDecay, (math.nan, 1, 1.0), "initial_learning_rate must be"),
        (InverseTimeDecay, (0.1, 0, 1.0), "decay_steps must be"),
        (InverseTimeDecay, (0.1, 1, -1.0), "decay_rate must be"),
        (ExponentialDecay, (1e30, 1, 0.5), "initial_learning_rate must be"),
        (ExponentialDecay, (0.1, math.inf, 0.5), "decay_steps must be"),
        (StepDecay, (0.1, 10, 1.5), "factor must be"),
        (PiecewiseConstantDecay, ([10], [0.1]), "expected 2, got 1"),
        (PiecewiseConstantDecay, ([20, 10], [0.1, 0.2, 0.3]), "boundaries must increase"),
        (PiecewiseConstantDecay, ([10], [0.1, -0.2]), r"values\[1\] must be"),
        (PolynomialDecay, (0.1, 10, 0.0, -1.0), "power must be"),
        (PolynomialDecay, (0.1, 10, math.nan), "end_learning_rate must be"),
        (CosineDecay, (0.1, 10, 2.0), "alpha must be"),
        (CosineDecay, (0.1, 10, 0.0, None, 5), "warmup_steps needs a warmup_target"),
        (CosineDecayRestarts, (0.1, 10, 0.5), "t_mul must be"),
        (LinearWarmup, (-0.1, 10), "learning_rate must be"),
        (LinearWarmup, (0.1, -1), "warmup_steps must be"),
    ],
)
def test_impossible_arguments_are_refused(
    cls: type[schedules.Schedule], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        cls(*arguments)


def test_arguments_of_another_type_are_refused() -> None:
    with pytest.raises(ArgumentTypeError, match="boundaries must be a list of numbers"):
        PiecewiseConstantDecay(10, [0.1, 0.2])  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="decay_steps must be a number"):
        StepDecay(0.1, "10")  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="learning_rate must be a number"):
        LinearWarmup("fast", 10)
