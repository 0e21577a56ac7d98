"""A run that was broken off and resumed ends in the same bits as one that was not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import threadpoolctl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neurona as nn
from contract.cases import OPTIMIZERS
from neurona import callbacks, chunks, layers, metrics
from neurona.callbacks import BackupAndRestore, Callback, CSVLogger, HistoryFile
from neurona.engines import ENGINES
from neurona.metrics import MeanMetric
from resuming import (
    LABELS,
    VALUES,
    Breaker,
    BrokenOffError,
    X,
    assert_same,
    classifier,
    result,
    resumed,
)

EPOCHS, BATCH = 4, 10  # 6 steps an epoch, with a quarter of 70 rows held out
Fit = Callable[[list[Callback]], nn.Sequential]


def fitting(
    make: Callable[[], nn.Sequential] = classifier,
    others: Callable[[], list[Callback]] = list,
    y: Any = LABELS,
    **arguments: Any,
) -> Fit:
    """A function that trains a fresh model, as a program that is started again does."""

    def fit(extra: list[Callback]) -> nn.Sequential:
        given: dict[str, Any] = {"epochs": EPOCHS, "batch_size": BATCH, "validation_split": 0.2}
        model = make()
        model.fit(X, y, callbacks=[*others(), *extra], verbose=0, **{**given, **arguments})
        return model

    return fit


def assert_resumes(fit: Fit, folder: Path, *breakers: Breaker, **backup: Any) -> None:
    assert_same(result(resumed(fit, folder, breakers, **backup)), result(fit([])))


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is not what is tested here; see tests/faults."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture(params=sorted(ENGINES), scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- to the bit ------------------------------------------------------------------------


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    breaks=st.lists(st.integers(1, 20), min_size=1, max_size=3),
    save_freq=st.sampled_from(["epoch", 1, 2, 5, "0.0001s"]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_wherever_it_is_broken_off(
    engine: str, tmp_path_factory: Any, breaks: list[int], save_freq: Any, dtype: str
) -> None:
    fit = fitting(lambda: classifier(engine, dtype=dtype))
    breakers = [Breaker("on_position", number) for number in breaks]
    assert_resumes(fit, tmp_path_factory.mktemp("run"), *breakers, save_freq=save_freq)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(name: str, engine: str, tmp_path: Path) -> None:
    fit = fitting(lambda: classifier(engine, optimizer=OPTIMIZERS[name]()))
    assert_resumes(fit, tmp_path, Breaker("on_position", 9), save_freq=4)


def test_every_metric_of_classes(engine: str, tmp_path: Path) -> None:
    measured = [
        *("accuracy", "sparse_top_k_categorical_accuracy", "auc", "f1", "precision", "recall"),
        *("sparse_categorical_crossentropy", "mean_squared_error"),
        metrics.AUC(num_thresholds=None, name="exact_auc"),
        metrics.ConfusionMatrix(name="confusion"),
        metrics.F1Score(average=None, name="each_f1"),
    ]
    fit = fitting(
        lambda: classifier(engine, metrics=measured), y=np.eye(3, dtype=np.float32)[LABELS]
    )
    assert_resumes(fit, tmp_path, Breaker("on_position", 4), Breaker("on_position", 5), save_freq=1)


def test_metrics_of_values(engine: str, tmp_path: Path) -> None:
    def make() -> nn.Sequential:
        model = nn.Sequential([layers.Dense(5, "tanh"), layers.Dense(2)], seed=3)
        model.compile("rmsprop", "mse", ["r2", "mae", "mape", "rmse"], engine=engine)
        return model

    fit = fitting(make, y=VALUES, validation_split=0.0)
    assert_resumes(fit, tmp_path, Breaker("on_position", 3), save_freq=1)


def watchers() -> list[Callback]:
    return [
        callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
        callbacks.ReduceLROnPlateau("val_loss", patience=1, factor=0.5, min_delta=0.05),
        callbacks.ReduceLROnPlateau("loss", patience=1, factor=0.7, min_delta=0.5),
    ]


@pytest.mark.parametrize("stop", [3, 13, 19, 31])
def test_patience_and_best_weights(stop: int, engine: str, tmp_path: Path) -> None:
    fit = fitting(lambda: classifier(engine), others=watchers, epochs=8)
    assert_resumes(fit, tmp_path, Breaker("on_position", stop), save_freq=1)


class Halving(callbacks.LearningRateScheduler):
    """A rate that depends on the one before, so that each epoch must begin once only."""

    def __init__(self) -> None:
        super().__init__(lambda epoch, rate: rate / 2 if epoch else rate)


class Counting(Callback):
    """Has a state of its own, which each kind of hook changes, and arrays in it."""

    state_names = ("counts", "sums")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {"begun": 0, "steps": 0}
        self.sums: list[np.ndarray[Any, Any]] = []

    def on_epoch_begin(self, epoch: int, logs: Any) -> None:
        self.counts = {**self.counts, "begun": self.counts["begun"] + 1}

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.counts = {**self.counts, "steps": self.counts["steps"] + 1}

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.sums = [*self.sums, np.array([epoch, logs["loss"]])]
        logs["begun"], logs["steps"] = self.counts["begun"], self.counts["steps"]
        logs["sums"] = np.sum(self.sums, axis=0)


@pytest.mark.parametrize("stop", [1, 6, 13])
def test_hooks_within_an_epoch(stop: int, engine: str, tmp_path: Path) -> None:
    fit = fitting(lambda: classifier(engine), others=lambda: [Halving(), Counting()])
    assert_resumes(fit, tmp_path, Breaker("on_position", stop), save_freq=1)


@pytest.mark.parametrize(
    "hook", [h for h in callbacks.callback.HOOKS if h not in ("on_resume", "on_finding")]
)
@pytest.mark.parametrize("error", [BrokenOffError, KeyboardInterrupt])
def test_whatever_breaks(hook: str, error: type[BaseException], tmp_path: Path) -> None:
    """An error between two callbacks' hooks leaves them at odds: none of that is saved."""

    once = hook in ("on_train_begin", "on_train_end")
    breaker = Breaker(hook, 1 if once else 3, error)
    fit = fitting(others=lambda: [*watchers(), Counting()])
    assert_resumes(fit, tmp_path, breaker, save_freq=2)


def test_an_error_while_the_epoch_is_measured(tmp_path: Path) -> None:
    class Failing(MeanMetric):
        left = 1000

        def values(self, y: Any, p: Any) -> Any:
            Failing.left -= 1
            if Failing.left == 0:
                raise KeyboardInterrupt
            return p[:, 0]

    fit = fitting(lambda: classifier(metrics=[Failing()]))
    expected = result(fit([]))
    Failing.left = 4  # each epoch has an update for its steps and one for its validation
    with pytest.raises(KeyboardInterrupt):
        fit([BackupAndRestore(tmp_path, 4, verbose=0)])
    assert_same(result(fit([BackupAndRestore(tmp_path, 4, verbose=0)])), expected)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shuffle": False},
        {"class_weight": "balanced", "sample_weight": np.linspace(0.5, 2, len(X))},
        {"validation_strategy": "stratified", "evaluate_training": True},
        {"validation_split": 0.0, "validation_data": (X[::3], LABELS[::3])},
        {"batch_size": "all"},
        {"batch_size": 1, "epochs": 2},
        {"initial_epoch": 1},
    ],
    ids=lambda arguments: next(iter(arguments)),
)
def test_arguments_of_fit(arguments: dict[str, Any], tmp_path: Path) -> None:
    fit = fitting(others=lambda: [Counting()], **arguments)
    assert_resumes(fit, tmp_path, Breaker("on_position", 3), save_freq=1)


class Again:
    """Batches that come anew with each pass; the last one is smaller."""

    def __iter__(self) -> Iterator[Any]:
        return ((X[i : i + 16], LABELS[i : i + 16]) for i in range(0, len(X), 16))


def endless() -> Iterator[Any]:
    while True:
        yield from Again()


@pytest.mark.parametrize(("source", "steps"), [(Again, None), (endless, 7)])
@pytest.mark.parametrize("stop", [2, 9, 14])
def test_iterables_of_batches(source: Any, steps: int | None, stop: int, tmp_path: Path) -> None:
    def fit(extra: list[Callback]) -> nn.Sequential:
        model = classifier(metrics=["accuracy", metrics.AUC(num_thresholds=None)])
        model.fit(source(), epochs=3, steps_per_epoch=steps, callbacks=extra, verbose=0)
        return model

    assert_resumes(fit, tmp_path, Breaker("on_position", stop), save_freq=1)


def test_threads_may_change(engine: str, tmp_path: Path) -> None:
    x = np.random.default_rng(2).normal(size=(300, 784)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)

    def fit(threads: int, *extra: Callback) -> nn.Sequential:
        model = nn.Sequential([layers.Dense(128, "tanh"), layers.Dense(2, "softmax")], seed=1)
        loss = "sparse_categorical_crossentropy"
        model.compile("adam", loss, engine=engine, threads=threads)
        with threadpoolctl.threadpool_limits(threads, "blas"):
            model.fit(x, y, 100, 4, callbacks=list(extra), validation_split=0.3, verbose=0)
        return model

    for threads in (4, 3):
        with pytest.raises(BrokenOffError):
            fit(threads, BackupAndRestore(tmp_path, 1, verbose=0), Breaker("on_position", 6))
    found = fit(2, BackupAndRestore(tmp_path, 1, verbose=0))
    assert_same(result(found), result(fit(1)))


@pytest.mark.parametrize("updates", [1e9, 1e-9])
def test_measures_do_not_depend_on_how_steps_are_cut_into_chunks(
    engine: str, updates: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured() -> dict[str, Any]:
        model = classifier(engine, metrics=["accuracy", "mean_squared_error", "auc"])
        y = np.eye(3, dtype=np.float32)[LABELS]
        model.fit(X, y, batch_size=3, epochs=3, verbose=0)
        return result(model)

    expected = measured()
    monkeypatch.setattr(chunks, "UPDATES_PER_SECOND", updates)
    monkeypatch.setattr(nn.tally, "GROUP_ROWS", 4096)
    assert_same(measured(), expected)


# --- what is written -------------------------------------------------------------------


def test_logs_in_files_are_those_of_an_unbroken_run(tmp_path: Path) -> None:
    def fit(name: str, *breakers: Breaker) -> None:
        folder = tmp_path / name
        logs = lambda: [  # noqa: E731
            CSVLogger(folder / "run.csv"),
            HistoryFile(folder / "history.jsonl"),
        ]
        resumed(fitting(others=logs), folder, breakers, save_freq=2)

    fit("whole")
    fit("broken", Breaker("on_position", 10), Breaker("on_epoch_end", 1), Breaker("on_position", 4))
    for file in ("run.csv", "history.jsonl"):
        assert (tmp_path / "broken" / file).read_text() == (tmp_path / "whole" / file).read_text()


def test_a_torn_or_missing_line_of_the_history(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    fit = fitting(others=lambda: [HistoryFile(path)])
    fit([BackupAndRestore(tmp_path, verbose=0)])
    whole = path.read_text()
    for damaged in (whole[:-20], "", whole + '{"epoch": 4, "lo'):
        path.write_text(damaged)
        fit([BackupAndRestore(tmp_path, verbose=0)])
        assert path.read_text() == whole


def test_matrices_and_nan_in_the_history_file(tmp_path: Path) -> None:
    adds = callbacks.LambdaCallback(on_epoch_end=lambda e, logs: logs.update(odd=float("nan")))
    model = classifier(metrics=[metrics.ConfusionMatrix(name="confusion")])
    model.fit(X, LABELS, callbacks=[HistoryFile(tmp_path / "h.jsonl"), adds], verbose=0)
    line = (tmp_path / "h.jsonl").read_text()
    assert '"odd": null' in line
    assert '"confusion": [[' in line


# --- complete runs ---------------------------------------------------------------------


def test_a_complete_run_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit = fitting(others=watchers, epochs=8)
    whole = fit([BackupAndRestore(tmp_path)])
    before = sorted(tmp_path.iterdir())
    again = fit([BackupAndRestore(tmp_path)])
    assert_same(result(again), result(whole))
    assert sorted(tmp_path.iterdir()) == before
    said = capsys.readouterr().out
    assert "is complete" in said
    assert "nothing is left to train" in said


def test_a_complete_run_can_be_made_longer(tmp_path: Path) -> None:
    fitting(epochs=2)([BackupAndRestore(tmp_path, verbose=0)])
    longer = fitting(epochs=5)([BackupAndRestore(tmp_path, verbose=0)])
    assert_same(result(longer), result(fitting(epochs=5)([])))


def test_the_same_model_in_memory_goes_on(tmp_path: Path) -> None:
    """As in a notebook, where Ctrl-C stops a cell and the cell is run again."""
    model = classifier(optimizer="sgd")
    arguments: dict[str, Any] = {"epochs": 6, "batch_size": BATCH, "verbose": 0}
    arguments["validation_split"] = 0.2
    for breaker in ([Breaker("on_position", 22)], []):
        others = [*watchers(), BackupAndRestore(tmp_path, 1, verbose=0), *breaker]
        try:
            model.fit(X, LABELS, callbacks=others, **arguments)
        except BrokenOffError:
            assert breaker
    fit = fitting(lambda: classifier(optimizer="sgd"), others=watchers, epochs=6)
    assert_same(result(model), result(fit([])))


def test_callbacks_start_afresh_in_the_next_training(tmp_path: Path) -> None:
    stopping = callbacks.EarlyStopping("loss", patience=0, min_delta=1e9)
    backup = BackupAndRestore(tmp_path, 1, verbose=0)
    fit = fitting(others=lambda: [stopping])
    with pytest.raises(BrokenOffError):
        fit([backup, Breaker("on_position", 3)])
    assert len(fit([backup]).history.epoch) == 2  # type: ignore[union-attr]
    assert len(fit([]).history.epoch) == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("stop", [20, 40, 58, 90])
def test_rolled_back_where_a_loss_is_not_finite(stop: int, engine: str, tmp_path: Path) -> None:
    """A failed epoch begins again with its first weights, also if it was entered in its middle."""

    def make() -> nn.Sequential:
        model = nn.Sequential([layers.Dense(1)], seed=1)
        model.compile(nn.optimizers.SGD(4.0), "mse", engine=engine)
        return model

    fit = fitting(make, y=X[:, 0], batch_size=5, epochs=8, on_nonfinite="rollback")
    whole, broken = fit([]), resumed(fit, tmp_path, [Breaker("on_position", stop)], save_freq=1)
    assert_same(result(broken), result(whole))
    assert whole.history is not None
    assert broken.history is not None
    assert [f.kind for f in broken.history.findings] == [f.kind for f in whole.history.findings]
    assert "rollback" in [finding.kind for finding in whole.history.findings]
    assert whole.optimizer is not None
    assert whole.optimizer.learning_rate < 4.0
