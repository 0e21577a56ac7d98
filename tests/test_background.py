"""Checkpoints are written beside the training: slow disks, errors, forks, the end."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from neurona.callbacks import BackupAndRestore, Callback, LambdaCallback
from neurona.runs import checkpoints
from neurona.runs.background import Background
from neurona.runs.checkpoint import Checkpoint
from resuming import LABELS, X, assert_same, classifier, result

SLOW = 0.05  # seconds that the disk takes, many times an epoch of the network here


def fit(*callbacks: Callback, epochs: int = 30) -> Any:
    model = classifier()
    model.fit(X, LABELS, batch_size=10, epochs=epochs, callbacks=list(callbacks), verbose=0)
    return model


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs of the checkpoints that a slow disk has taken."""
    epochs: list[int] = []
    write = checkpoints.write_tensors

    def slowly(path: Any, tensors: Any, config: Any) -> None:
        time.sleep(SLOW)
        write(path, tensors, config)
        epochs.append(config["position"]["epoch"])

    monkeypatch.setattr(checkpoints, "write_tensors", slowly)
    return epochs


# --- slow disks --------------------------------------------------------------------------


def test_the_training_does_not_wait_for_a_slow_disk(written: list[int], tmp_path: Path) -> None:
    """It gets the newest whenever it is free; the first ones and the last are never left out."""
    model = fit(BackupAndRestore(tmp_path, verbose=0))
    assert written[:2] == [1, 2]  # as many as are kept
    assert written[-1] == 30
    assert written == sorted(written)
    assert len(written) < 30
    assert_same(result(model), result(fit()))
    names = sorted(path.name for path in tmp_path.glob("checkpoint-*"))
    assert len(names) == 2
    assert names[-1] == "checkpoint-00000030.safetensors"  # left out or not, each has its number


def test_a_signal_saves_the_newest_on_a_slow_disk(written: list[int], tmp_path: Path) -> None:
    def send(epoch: int, logs: Any) -> None:
        if epoch == 20:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(BackupAndRestore(tmp_path, verbose=0), LambdaCallback(on_epoch_end=send))
    finally:
        signal.signal(signal.SIGINT, before)
    assert written[-1] == 21
    newest = sorted(tmp_path.glob("checkpoint-*"))[-1]
    assert Checkpoint.read(newest).epoch == 21


def test_what_is_written_is_the_state_of_its_moment(written: list[int], tmp_path: Path) -> None:
    """Not that of the steps which were taken while it was waiting."""
    states: dict[int, Any] = {}
    fit(BackupAndRestore(tmp_path, verbose=0), Recorder(states))
    paths = list(tmp_path.glob("checkpoint-*"))
    assert len(paths) == 2
    for path in paths:
        found = Checkpoint.read(path)
        expected = states[found.epoch]
        assert found.state.iteration == expected.iteration
        for key, w in expected.weights.items():
            assert (found.state.weights[key] == w).all()


class Recorder(Callback):
    """Keeps the state at each epoch's end."""

    only_records = True

    def __init__(self, states: dict[int, Any]) -> None:
        self.states = states

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.states[epoch + 1] = self.model.state


# --- the thread --------------------------------------------------------------------------


def test_work_that_has_not_begun_is_left_out_for_newer_work() -> None:
    done: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        go_on.wait()
        done.append(0)

    with Background() as background:
        background.start(first)
        begun.wait()
        for number in range(1, 5):
            background.start(lambda number=number: done.append(number))  # type: ignore[misc]
        go_on.set()
        background.wait()
        assert done == [0, 4]


def fail() -> None:
    raise OSError("the disk is full")


def test_an_error_is_told_once_at_the_next_start() -> None:
    begun, done = threading.Event(), []
    with Background() as background:
        background.start(lambda: (begun.set(), fail()))
        begun.wait()
        while background._error is None:
            time.sleep(0.001)
        with pytest.raises(OSError, match="full"):
            background.start(lambda: done.append(1))
        background.start(lambda: done.append(2))
    assert done == [2]


@pytest.mark.parametrize("asked", [True, False])
def test_an_error_is_told_at_the_end(asked: bool) -> None:
    with pytest.raises(OSError, match="full"), Background() as background:  # noqa: PT012
        background.start(fail)
        if asked:
            background.wait()


def test_an_error_does_not_hide_another() -> None:
    with pytest.raises(KeyError), Background() as background:  # noqa: PT012
        background.start(fail)
        raise KeyError("the training's")


def test_nothing_follows_an_error() -> None:
    done: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        go_on.wait()
        fail()

    with pytest.raises(OSError, match="full"), Background() as background:  # noqa: PT012
        background.start(first)
        begun.wait()
        background.start(lambda: done.append(1))
        go_on.set()
    assert not done


def test_its_thread_ends_with_it_and_it_can_be_entered_again() -> None:
    before = threading.enumerate()
    background = Background()
    done: list[int] = []
    for _ in range(3):
        with background:
            background.start(lambda: done.append(1))
        assert threading.enumerate() == before
    assert done == [1] * 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forks and threads
def test_a_forked_child_has_nothing_to_end() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait()

    with Background() as background:
        background.start(work)
        begun.wait()
        child = os.fork()
        if child == 0:
            done: list[int] = []
            background.wait()
            with background:
                background.start(lambda: done.append(1))
            os._exit(0 if done == [1] else 1)
        assert os.waitpid(child, 0)[1] == 0
        go_on.set()
