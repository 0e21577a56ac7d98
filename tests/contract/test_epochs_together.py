"""Epochs that run together come out as one by one: weights, history, failures, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurona as nn
from contract.native_hashes import hash_of
from neurona import chunks, layers
from neurona.callbacks import Callback, CallbackList, History, doctor
from neurona.engines import ENGINES
from neurona.engines.engine import Report, Steps

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.float32)
WEIGHT = RNG.random(60)


class EveryEpoch(Callback):
    """Has a hook of epochs, so that they go one by one."""

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        """Told."""


@contextmanager
def runs(kind: str) -> Iterator[list[int]]:
    """How many epochs each run of the engine had; runs are as long as may be."""
    engine, seen = ENGINES[kind], []
    plain = engine.run_steps

    def run_steps(self: Any, steps: Steps) -> Report:
        seen.append(-(-(steps.last - steps.first) // steps.batches.steps_per_epoch))
        return plain(self, steps)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "UPDATES_PER_SECOND", 1e-9)
        patch.setattr(engine, "run_steps", run_steps)
        yield seen


def model(engine: str, rate: float = 0.05, **options: Any) -> nn.Sequential:
    net = [
        layers.Input(shape=(4,)),
        layers.Dense(5, "tanh"),
        layers.Dropout(0.2),
        layers.Dense(1, options.pop("activation", "sigmoid")),
    ]
    made = nn.Sequential(net, seed=3)
    options = {"loss": "binary_crossentropy", **options}
    made.compile(nn.optimizers.SGD(rate, momentum=0.9), engine=engine, **options)
    return made


def outcome(made: nn.Sequential) -> Any:
    """All that a training leaves behind."""
    assert made.history is not None
    state = made.state
    return (
        hash_of(made),
        made.history.epoch,
        made.history.history,
        state.iteration,
        state.epoch,
    )


def both_ways(engine: str, fit: dict[str, Any], y: Any = Y, **options: Any) -> list[Any]:
    """What comes of epochs together and one by one; those did, and these did not."""
    found = []
    for callbacks in ([], [EveryEpoch()]):
        made = model(engine, **options)
        with runs(engine) as seen:
            made.fit(X, y, verbose=0, callbacks=callbacks, **fit)
            made.fit(X, y, verbose=0, callbacks=callbacks, **fit)  # in another order
        assert max(seen) == 1 if callbacks else max(seen) > 1
        found.append(outcome(made))
    return found


METRICS = ["accuracy", "mean_squared_error", "auc"]


@settings(max_examples=15, deadline=None)
@given(
    batch=st.integers(1, 61),
    epochs=st.integers(5, 21),
    shuffle=st.booleans(),
    metrics=st.sampled_from([[], METRICS]),
    weight=st.sampled_from([None, WEIGHT]),
)
@pytest.mark.filterwarnings("ignore:batch_size")
def test_the_same_bits(
    engine: str, batch: int, epochs: int, shuffle: bool, metrics: list[str], weight: Any
) -> None:
    fit = {"batch_size": batch, "epochs": epochs, "shuffle": shuffle, "sample_weight": weight}
    together, singly = both_ways(engine, fit, metrics=metrics)
    assert together == singly


def test_a_schedule_goes_on_from_epoch_to_epoch(engine: str) -> None:
    schedule = nn.schedules.InverseTimeDecay(0.1, 3, 0.5)
    together, singly = both_ways(engine, {"batch_size": 7, "epochs": 9}, rate=schedule)
    assert together == singly


@pytest.mark.parametrize("metrics", [[], ["mean_squared_error"]])
@pytest.mark.parametrize("on_nonfinite", ["stop", "ignore", "rollback"])
@pytest.mark.parametrize("batch", [60, 7])
def test_a_step_that_fails(engine: str, on_nonfinite: str, batch: int, metrics: list[str]) -> None:
    """The same step of the same epoch is named, and the weights are those before it."""
    options = {"rate": 40.0, "activation": "linear", "loss": "mse", "metrics": metrics}
    found = []
    for callbacks in ([], [EveryEpoch()]):
        made = model(engine, **options)
        fit = {"batch_size": batch, "epochs": 40, "callbacks": callbacks}
        said = ""
        with runs(engine) as seen:
            try:
                made.fit(X, Y, verbose=0, on_nonfinite=on_nonfinite, **fit)
            except nn.errors.NonFiniteError as error:
                said = str(error)
        assert made.history is not None
        told = [f.text for f in made.history.findings if f.kind in ("skipped steps", "rollback")]
        assert said or told
        if not callbacks and on_nonfinite != "rollback" and batch == 60:
            assert max(seen) > 1
        found.append((outcome(made), said, told))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "fit",
    [
        {"validation_split": 0.2},
        {"validation_data": (X, Y)},
        {"evaluate_training": True},
        {"on_nonfinite": "rollback"},
    ],
    ids=lambda fit: next(iter(fit)),
)
def test_what_happens_between_epochs_keeps_them_apart(engine: str, fit: dict[str, Any]) -> None:
    with runs(engine) as seen:
        model(engine).fit(X, Y, epochs=12, verbose=0, **fit)
    assert max(seen) == 1


def test_a_checkpoint_needs_each_epoch(engine: str, tmp_path: Any) -> None:
    with runs(engine) as seen:
        model(engine).fit(
            X, Y, epochs=12, verbose=0, callbacks=[nn.callbacks.BackupAndRestore(tmp_path)]
        )
    assert max(seen) == 1


def test_iterables_come_batch_by_batch(engine: str) -> None:
    batches = [(X[i : i + 10], Y[i : i + 10]) for i in range(0, 60, 10)]
    with runs(engine) as seen:
        model(engine).fit(batches, epochs=12, verbose=0)
    assert max(seen) == 1


def test_who_does_not_mind_is_told_afterwards_in_turn(engine: str) -> None:
    class Patient(EveryEpoch):
        def __init__(self) -> None:
            self.heard: list[Any] = []

        @property
        def epochs_to_hear(self) -> int | None:
            return None

        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            self.heard.append(("begin", epoch))

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.heard.append(("end", epoch, logs["loss"]))

    patient = Patient()
    with runs(engine) as seen:
        history = model(engine).fit(X, Y, epochs=12, verbose=0, callbacks=[patient])
    assert max(seen) > 1
    losses = history.history["loss"]
    hooks = [(("begin", e), ("end", e, loss)) for e, loss in enumerate(losses)]
    assert patient.heard == [hook for pair in hooks for hook in pair]


class TestWhoHears:
    def test_by_the_hooks_that_it_defines(self) -> None:
        class Silent(Callback):
            def on_train_begin(self, logs: Any) -> None:
                """Not of epochs."""

        class Positions(Callback):
            def on_position(self, position: Any) -> None:
                """Between two steps."""

        assert Silent().epochs_to_hear is None
        assert EveryEpoch().epochs_to_hear == Positions().epochs_to_hear == 1
        assert History().epochs_to_hear is None
        made = model("numpy")
        assert CallbackList([Silent(), History()], made, {}).epochs_to_hear is None
        assert CallbackList([Silent(), EveryEpoch()], made, {}).epochs_to_hear == 1

    def test_the_doctor_where_a_look_at_the_layers_is_due(self, engine: str) -> None:
        with runs(engine) as seen:
            model(engine).fit(X, Y, batch_size=60, epochs=32, verbose=0)
        assert seen == [1, 3, 28]  # so short a training affords one look, after 4

    def test_the_doctor_after_1_2_4_8_epochs_where_it_can_afford_that(self, engine: str) -> None:
        with runs(engine) as seen, pytest.MonkeyPatch.context() as patch:
            patch.setattr(doctor, "LOOK", 0.0)
            patch.setattr(doctor, "LOOK_SPEED", 1e30)
            model(engine).fit(X, Y, batch_size=60, epochs=32, verbose=0)
        assert seen == [1, 1, 2, 4, 8, 16]


def test_the_next_training_on_as_many_rows_starts_with_longer_runs(engine: str) -> None:
    made = model(engine)
    with runs(engine):
        made.fit(X, Y, batch_size=10, epochs=32, verbose=0)
    steps: list[int] = []
    plain = ENGINES[engine].run_steps

    def run_steps(self: Any, asked: Steps) -> Report:
        steps.append(asked.last - asked.first)
        return plain(self, asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ENGINES[engine], "run_steps", run_steps)
        made.fit(X, Y, batch_size=10, epochs=3, verbose=0)
        made.fit(X, Y, batch_size=20, epochs=3, verbose=0)
    assert steps[:1] == [18]  # all of it
    assert steps[1] == 1  # other steps: nobody knows how long they take


def test_a_run_of_the_engine_stays_short() -> None:
    """However many epochs there are, it comes back about ten times a second."""
    wanted = chunks.Chunks()
    for _ in range(20):
        assert wanted.next_epochs(10, 10**9) <= 10**6
        with wanted:
            pass  # as if a step took no time: no more than ten times as many follow
        if wanted.next_epochs(10, 10**9) > 10**5:
            break
    slow = chunks.Chunks()
    slow.next(50)
    with pytest.MonkeyPatch.context() as patch:
        clock = iter([0.0, 1.0])
        patch.setattr(chunks.time, "perf_counter", lambda: next(clock))
        with slow:
            pass
    assert slow.next_epochs(10, 100) == 0
    assert slow.next(100) == 1


@given(
    groups=st.integers(1, 9),
    rows=st.integers(1, 300),
    outputs=st.integers(1, 7),
    weighted=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(deadline=None)
def test_the_states_of_groups_are_those_of_each_alone(
    groups: int, rows: int, outputs: int, weighted: bool, seed: int
) -> None:
    """To the bit, also where values are fractions."""
    rng = np.random.default_rng(seed)
    p = rng.random((groups * rows, outputs)).astype(np.float32)
    p[rng.random(p.shape) < 0.001] = np.nan
    y = (rng.random(p.shape) < 0.5).astype(np.float32)
    weight = rng.random(len(p)) if weighted else None
    chosen: list[nn.metrics.Metric] = [nn.metrics.BinaryAccuracy(), nn.metrics.MeanLoss("mse")]
    if outputs > 1:
        chosen += [nn.metrics.CategoricalAccuracy(), nn.metrics.TopKCategoricalAccuracy(k=2)]
    for metric in chosen:
        states = metric.update_each(groups, y, p, weight)
        for number, state in enumerate(states):
            span = slice(number * rows, (number + 1) * rows)
            w = None if weight is None else weight[span]
            alone = metric.update(metric.start(), y[span], p[span], w)
            assert np.array_equal(state, alone, equal_nan=True)
        assert len(states) == groups


def test_epochs_of_more_rows_than_metrics_are_shown_at_once(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nn.tally, "GROUP_ROWS", 17)
    for weight in (None, WEIGHT):
        fit = {"batch_size": 60, "epochs": 9, "sample_weight": weight}
        together, singly = both_ways(engine, fit, metrics=METRICS)
        assert together == singly
