"""Optimizers: against Keras 3, and the laws that all of them obey."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurona import optimizers, schedules
from neurona.constraints import MaxNorm, NonNeg
from neurona.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from neurona.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop, step
from neurona.part import from_config, to_config

KERAS = json.loads((Path(__file__).parent / "reference" / "optimizers.json").read_text())
ALL = list(optimizers.registry)
VARIANTS = [
    *(cls() for cls in ALL),
    SGD(0.01, momentum=0.9),
    SGD(0.01, momentum=0.9, nesterov=True),
    RMSprop(centered=True, momentum=0.9),
    Adam(amsgrad=True),
    AdamW(global_clipnorm=1.0),
    SGD(clipnorm=0.5, weight_decay=0.1),
    SGD(clipvalue=0.5),
]


def label(case: dict[str, Any]) -> str:
    settings = ",".join(f"{k}={v}" for k, v in case["config"].items() if not isinstance(v, dict))
    return f"{case['class_name']}({settings})"


def arrays(values: dict[str, Any], dtype: Any = np.float64) -> dict[str, Any]:
    return {key: np.array(value, dtype=dtype) for key, value in values.items()}


def init(optimizer: Optimizer, params: dict[str, Any]) -> dict[str, Any]:
    return {key: optimizer.init(w) for key, w in params.items()}


@pytest.mark.parametrize("case", KERAS["cases"], ids=label)
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-6), (np.float32, 1e-4)])
def test_ten_steps_agree_with_keras(case: dict[str, Any], dtype: Any, rtol: float) -> None:
    optimizer = optimizers.get({"class_name": case["class_name"], "config": case["config"]})
    params, grads = arrays(KERAS["start"], dtype), arrays(KERAS["grads"], dtype)
    slots = init(optimizer, params)
    for iteration in range(10):
        now = {key: g[iteration] for key, g in grads.items()}
        params, slots = step(optimizer, params, now, slots, {}, iteration)
        for key, expected in case["after"].get(str(iteration + 1), {}).items():
            assert params[key].dtype == dtype
            np.testing.assert_allclose(params[key], expected, rtol=rtol, atol=rtol * 1e-2)


def test_every_optimizer_is_compared_with_keras() -> None:
    assert {cls.__name__ for cls in ALL} == {case["class_name"] for case in KERAS["cases"]}


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_step_changes_nothing_passed_in_and_keeps_float32(optimizer: Optimizer) -> None:
    params = arrays(KERAS["start"], np.float32)
    grads = {key: g[0] for key, g in arrays(KERAS["grads"], np.float32).items()}
    slots = init(optimizer, params)
    for iteration in range(3):
        inputs = [*params.values(), *grads.values()]
        inputs += [slot for own in slots.values() for slot in own.values()]
        before = [array.copy() for array in inputs]
        for array in inputs:
            array.setflags(write=False)
        new_params, new_slots = step(optimizer, params, grads, slots, {}, iteration)
        for array, kept in zip(inputs, before, strict=True):
            np.testing.assert_array_equal(array, kept)
        for key, w in params.items():
            assert new_params[key].dtype == np.float32
            assert new_params[key].shape == w.shape
            assert not np.array_equal(new_params[key], w)
            assert set(new_slots[key]) == set(slots[key])
            for name, slot in new_slots[key].items():
                assert isinstance(slot, np.ndarray)
                assert (slot.dtype, slot.shape) == (np.float32, slots[key][name].shape)
        params, slots = new_params, new_slots


@pytest.mark.parametrize("optimizer", VARIANTS, ids=repr)
def test_a_step_repeats_exactly(optimizer: Optimizer) -> None:
    params = arrays(KERAS["start"])
    grads = {key: g[0] for key, g in arrays(KERAS["grads"]).items()}
    slots = init(optimizer, params)
    once, twice = (step(optimizer, params, grads, slots, {}, 4) for _ in range(2))
    for key in params:
        np.testing.assert_array_equal(once[0][key], twice[0][key])


@pytest.mark.parametrize("cls", ALL)
def test_a_quadratic_bowl_is_descended(cls: type[Optimizer]) -> None:
    rates = {"Adadelta": 5.0, "Adagrad": 0.3, "SGD": 0.1}
    optimizer = cls(learning_rate=schedules.CosineDecay(rates.get(cls.__name__, 0.03), 600))
    curvature, bottom = np.array([1.0, 3.0, 10.0]), np.array([0.5, -0.5, 0.25])
    w, slots = np.zeros(3), optimizer.init(np.zeros(3))
    for iteration in range(600):
        dw = curvature * (w - bottom)
        w, slots = optimizer.update(w, dw, slots, optimizer.rate(iteration), iteration)
    np.testing.assert_allclose(w, bottom, atol=0.01)


def test_a_zero_gradient_leaves_the_weights() -> None:
    for optimizer in (cls() for cls in ALL if cls is not AdamW):
        w = np.array([1.0, -2.0])
        new, _ = optimizer.update(w, np.zeros(2), optimizer.init(w), 0.1, 0)
        np.testing.assert_array_equal(new, w)


def test_centered_rmsprop_survives_a_variance_that_rounds_below_zero() -> None:
    optimizer = RMSprop(rho=0.5, centered=True)
    w, dw = np.zeros(500, np.float32), np.linspace(1.0, 1e4, 500, dtype=np.float32)
    slots = optimizer.init(w)
    for iteration in range(60):  # a constant gradient: the variance tends to zero
        w, slots = optimizer.update(w, dw, slots, 1e-3, iteration)
    assert np.isfinite(w).all()


def test_rate_and_iteration_may_be_traced_by_jax() -> None:
    jax = pytest.importorskip("jax")
    for optimizer in VARIANTS:
        params = arrays(KERAS["start"], np.float32)
        grads = {key: g[0] for key, g in arrays(KERAS["grads"], np.float32).items()}
        slots = init(optimizer, params)
        expected, _ = step(optimizer, params, grads, slots, {}, 3, rate=0.01)

        def traced(
            rate: Any,
            iteration: Any,
            optimizer: Any = optimizer,
            all_of: Any = (params, grads, slots),
        ) -> Any:
            return step(optimizer, *all_of, {}, iteration, jax.numpy, rate)

        new, _ = jax.jit(traced)(0.01, 3)
        for key in params:
            np.testing.assert_allclose(new[key], expected[key], rtol=1e-4, atol=1e-6)


# Arguments


def test_lr_and_decay_are_other_names() -> None:
    assert SGD(lr=0.5).learning_rate == 0.5
    old = SGD(lr=0.01, decay=1e-6, momentum=0.9)
    assert old.rate(0) == 0.01
    assert old.rate(10**6) == pytest.approx(0.005)
    assert isinstance(old.learning_rate, schedules.InverseTimeDecay)
    assert Adam(lr=0.5, decay=0.0).learning_rate == 0.5


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("rate", [math.nan, math.inf, -0.1, 1e30, np.float32(-1)])
def test_impossible_learning_rates_are_refused(cls: type[Optimizer], rate: float) -> None:
    with pytest.raises(ArgumentError, match="learning_rate must be"):
        cls(learning_rate=rate)
    with pytest.raises(ArgumentError, match="learning_rate must be"):
        cls(lr=rate)
    optimizer = cls()
    with pytest.raises(ArgumentError, match="learning_rate must be"):
        optimizer.learning_rate = rate


@pytest.mark.parametrize("rate", ["0.1", None, True, [0.1]])
def test_learning_rates_of_another_type_are_refused(rate: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="learning_rate must be a number"):
        SGD(rate)


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (SGD, {"momentum": 1.0}, "momentum must be in"),
        (SGD, {"clipnorm": 0.0}, "clipnorm must be greater than 0"),
        (SGD, {"clipvalue": -1.0}, "clipvalue must be"),
        (SGD, {"clipnorm": 1.0, "clipvalue": 1.0}, "only one of clipnorm"),
        (SGD, {"weight_decay": -0.1}, "weight_decay must be"),
        (SGD, {"decay": -1.0}, "decay must be"),
        (Adam, {"beta_1": 1.0}, "beta_1 must be in"),
        (Adam, {"beta_2": -0.1}, "beta_2 must be"),
        (Adam, {"epsilon": 0.0}, "epsilon must be greater than 0"),
        (RMSprop, {"rho": 2.0}, "rho must be"),
        (optimizers.Adagrad, {"initial_accumulator_value": -1.0}, "initial_accumulator_value"),
    ],
)
def test_impossible_arguments_are_refused(
    cls: type[Optimizer], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        cls(**arguments)


def test_decay_wants_a_number_to_decay() -> None:
    with pytest.raises(ArgumentError, match="decay is for a learning rate that is a number"):
        SGD(schedules.CosineDecay(0.1, 10), decay=0.1)


def test_a_schedule_that_gives_no_rate_is_named() -> None:
    class Broken(schedules.Schedule):
        def __call__(self, iteration: int) -> float:
            return math.nan if iteration == 7 else 0.1

    assert SGD(Broken()).rate(6) == 0.1
    with pytest.raises(
        ArgumentError, match=r"Broken\(\) gives the learning rate nan at iteration 7"
    ):
        SGD(Broken()).rate(7)
    growing = SGD(schedules.ExponentialDecay(0.1, decay_steps=1, decay_rate=10.0))
    for iteration in (8, 5000):  # too large; beyond what a float holds
        with pytest.raises(ArgumentError, match=f"at iteration {iteration}; it must lie between"):
            growing.rate(iteration)


def test_names() -> None:
    for name in ("rmsprop", "RMSprop", "RMSProp"):
        assert isinstance(optimizers.get(name), RMSprop)
    for cls in ALL:
        assert type(optimizers.get(cls.__name__.lower())) is cls
    with pytest.raises(UnknownNameError, match="Did you mean 'nadam'"):
        optimizers.get("nadm")


@pytest.mark.parametrize("case", KERAS["cases"], ids=label)
def test_a_configuration_builds_an_equal_optimizer(case: dict[str, Any]) -> None:
    optimizer = optimizers.get({"class_name": case["class_name"], "config": case["config"]})
    written = json.loads(json.dumps(to_config(optimizer)))
    again = from_config(written)
    assert type(again) is type(optimizer)
    assert to_config(again) == to_config(optimizer)
    assert repr(again) == repr(optimizer)


# The whole step


def test_decay_acts_on_the_old_weight_and_constraints_on_the_new_one() -> None:
    w, dw = np.array([1.0, -2.0]), np.array([0.5, 0.5])
    new, _ = step(SGD(0.1, weight_decay=0.2), {"w": w}, {"w": dw}, {"w": {}}, {}, 0)
    np.testing.assert_allclose(new["w"], w * (1 - 0.1 * 0.2) - 0.1 * dw)
    params, grads, slots = {"w": w, "b": w}, {"w": dw, "b": dw}, {"w": {}, "b": {}}
    new, _ = step(SGD(0.1), params, grads, slots, {"w": NonNeg()}, 0)
    np.testing.assert_allclose(new["w"], [0.95, 0.0])
    np.testing.assert_allclose(new["b"], [0.95, -2.05])
    new, _ = step(SGD(0.1), params, grads, slots, {"b": MaxNorm(1.0)}, 0)
    assert np.linalg.norm(new["b"]) == pytest.approx(1.0)


def test_the_rate_may_be_given() -> None:
    w = {"w": np.array([1.0])}
    new, _ = step(SGD(0.1), w, w, {"w": {}}, {}, 0, rate=0.5)
    np.testing.assert_allclose(new["w"], [0.5])


gradients = st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=6)


@given(gradients, gradients, st.floats(1e-3, 1e3))
def test_clipping_by_norm_shortens_and_never_turns(
    first: list[float], second: list[float], limit: float
) -> None:
    grads = arrays({"a": first, "b": second}, np.float32)
    each = optimizers.clip(SGD(clipnorm=limit), grads)
    together = optimizers.clip(SGD(global_clipnorm=limit), grads)
    for key, g in grads.items():
        exact = g.astype(np.float64)
        scale = min(1.0, limit / max(float(np.linalg.norm(exact)), 1e-300))
        np.testing.assert_allclose(each[key], exact * scale, rtol=1e-5, atol=1e-37)
    everything = np.concatenate([g.astype(np.float64) for g in grads.values()])
    scale = min(1.0, limit / max(float(np.linalg.norm(everything)), 1e-300))
    for key, g in grads.items():
        assert together[key].dtype == np.float32
        np.testing.assert_allclose(together[key], g.astype(np.float64) * scale, 1e-5, 1e-37)


def test_without_clipping_the_gradients_are_passed_on() -> None:
    grads = {"w": np.array([1e9])}
    assert optimizers.clip(SGD(), grads) is grads
