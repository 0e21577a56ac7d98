"""A folder of checkpoints: what is refused, what is survived, what is left behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import neurona as nn
from neurona import callbacks
from neurona.callbacks import BackupAndRestore, Callback, EarlyStopping
from neurona.callbacks import callback as callback_module
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DifferentRunError,
    FormatVersionError,
    LockedError,
    RecoveryWarning,
)
from neurona.files import read_tensors, write_tensors
from neurona.metrics import Metric
from neurona.runs import checkpoints, values
from neurona.runs.lock import FolderLock
from resuming import LABELS, Breaker, BrokenOffError, X, assert_same, classifier, result

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is not what is tested here; see tests/faults."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def fit(*others: Callback, model: nn.Sequential | None = None, **arguments: Any) -> nn.Sequential:
    model = model or classifier()
    given: dict[str, Any] = {"epochs": 3, "batch_size": 10, "verbose": 0}
    model.fit(X, LABELS, callbacks=list(others), **{**given, **arguments})
    return model


def interrupted(folder: Path, after: int = 9, save_freq: Any = 1, **arguments: Any) -> None:
    backup = BackupAndRestore(folder, save_freq, verbose=0)
    with pytest.raises(BrokenOffError):
        fit(backup, Breaker("on_position", after), **arguments)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.safetensors"))


# --- another run -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"batch_size": 12}, "fit.batch_size: was 10, is 12"),
        ({"shuffle": False}, "fit.shuffle: was True, is False"),
        ({"model": ("optimizer", "sgd")}, "compile.optimizer"),
        ({"model": ("units", 7)}, "model.layers[0].config.units: was 6, is 7"),
        ({"model": ("dtype", "float64")}, "model.dtype: was 'float32', is 'float64'"),
        ({"model": ("metrics", ["accuracy", "auc"])}, "compile.metrics.auc: was not there, is AUC"),
        ({"sample_weight": np.ones(70)}, "data.sample_weight: was not there"),
        ({"validation_data": (X, LABELS)}, "data.validation x: was not there"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_differs_is_listed(changes: dict[str, Any], differs: str, tmp_path: Path) -> None:
    interrupted(tmp_path)
    if "model" in changes:
        name, value = changes["model"]
        changes = {"model": classifier(**{name: value})}
    with pytest.raises(DifferentRunError) as raised:
        fit(BackupAndRestore(tmp_path, verbose=0), **changes)
    assert differs in str(raised.value)
    assert any(differs in line for line in raised.value.differences)
    assert all(".units" in line for line in raised.value.differences) or "units" not in differs


def test_other_data_of_the_same_shape(tmp_path: Path) -> None:
    interrupted(tmp_path)
    x = X.copy()
    x[41, 2] = np.nextafter(x[41, 2], 9.0)
    with pytest.raises(DifferentRunError) as raised:
        classifier().fit(
            x, LABELS, 10, 3, callbacks=[BackupAndRestore(tmp_path, verbose=0)], verbose=0
        )
    (line,) = raised.value.differences
    assert line.startswith("data.x.sha256: was '")


def test_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path)
    monkeypatch.setattr(nn, "__version__", "9.9.9")
    with pytest.raises(DifferentRunError, match=r"version\.neurona: was '.*', is '9\.9\.9'"):
        fit(BackupAndRestore(tmp_path, verbose=0))


def test_other_callbacks(tmp_path: Path) -> None:
    interrupted(tmp_path)
    with pytest.raises(DifferentRunError, match=r"callbacks\[0\]: was not there, is EarlyStopping"):
        fit(EarlyStopping("loss"), BackupAndRestore(tmp_path, verbose=0))
    fit(BackupAndRestore(tmp_path, verbose=0), callbacks.CSVLogger(tmp_path / "run.csv"))


def test_it_goes_on_when_told_to(tmp_path: Path) -> None:
    interrupted(tmp_path, after=12)
    backup = BackupAndRestore(tmp_path, allow_different=True, verbose=0)
    model = fit(backup, EarlyStopping("loss"), model=classifier(optimizer="sgd"), batch_size=7)
    assert model.history is not None
    assert model.history.epoch == [0, 1, 2]
    again = fit(
        BackupAndRestore(tmp_path, verbose=0),
        EarlyStopping("loss"),
        model=classifier(optimizer="sgd"),
        batch_size=7,
    )
    assert_same(result(again), result(model))


def test_weights_that_do_not_fit_are_never_taken(tmp_path: Path) -> None:
    interrupted(tmp_path)
    backup = BackupAndRestore(tmp_path, allow_different=True, verbose=0)
    with pytest.raises(DifferentRunError, match=r"weights in .* are not those of this model"):
        fit(backup, model=classifier(units=7))


def test_the_learning_rate_counts_and_threads_do_not(tmp_path: Path) -> None:
    def model(rate: float, threads: int) -> nn.Sequential:
        return classifier(optimizer=nn.optimizers.SGD(rate), threads=threads)

    interrupted(tmp_path, model=model(0.1, threads=1))
    other = model(0.2, threads=1)
    with pytest.raises(DifferentRunError, match=r"learning_rate: was 0\.1, is 0\.2"):
        fit(BackupAndRestore(tmp_path, verbose=0), model=other)
    fit(BackupAndRestore(tmp_path, verbose=0), model=model(0.1, threads=2))


# --- damage ----------------------------------------------------------------------------


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "bit":
        content[len(content) // 2] ^= 4
    elif how == "cut":
        del content[-100:]
    path.write_bytes(b"" if how == "empty" else content)


@pytest.mark.parametrize("how", ["bit", "cut", "empty"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(how: str, tmp_path: Path) -> None:
    interrupted(tmp_path)
    newest = files(tmp_path)[-1]
    damage(newest, how)
    with pytest.warns(RecoveryWarning, match=r"set aside .*the one before it is taken") as caught:
        model = fit(BackupAndRestore(tmp_path, verbose=0))
    assert newest.name in str(caught[0].message)
    assert newest.with_name(f"{newest.name}.damaged").exists()
    assert_same(result(model), result(fit()))


def test_when_all_are_damaged_it_begins_anew(tmp_path: Path) -> None:
    interrupted(tmp_path)
    for path in files(tmp_path):
        damage(path, "bit")
    with pytest.warns(RecoveryWarning) as caught:
        model = fit(BackupAndRestore(tmp_path, verbose=0))
    assert [("begin anew" in str(warning.message)) for warning in caught] == [False, True]
    assert_same(result(model), result(fit()))


def test_a_checkpoint_of_another_format_is_left_alone(tmp_path: Path) -> None:
    interrupted(tmp_path)
    newest = files(tmp_path)[-1]
    tensors, config = read_tensors(newest)
    write_tensors(newest, tensors, {**config, "checkpoint": 2})
    with pytest.raises(FormatVersionError, match="format 2"):
        fit(BackupAndRestore(tmp_path, verbose=0))
    assert newest.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"tally": [["list", 5]]},
        {"tally": [["plain", 1]]},
        {"callbacks": [["History", [["array", "no such"]]]]},
        {"position": {}},
        {"identity": "[" * 100_000},
        {"identity": 3},
        {"learning_rate": "fast"},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_checkpoint_that_makes_no_sense_is_damaged(change: Any, tmp_path: Path) -> None:
    interrupted(tmp_path)
    newest = files(tmp_path)[-1]
    tensors, config = read_tensors(newest)
    write_tensors(newest, tensors, {**config, **change})
    with pytest.warns(RecoveryWarning):
        model = fit(BackupAndRestore(tmp_path, verbose=0))
    assert_same(result(model), result(fit()))


def test_numbers_that_are_not_finite_are_damage(tmp_path: Path) -> None:
    interrupted(tmp_path)
    newest = files(tmp_path)[-1]
    tensors, config = read_tensors(newest)
    tensors["weights/dense/kernel"][0, 0] = np.nan
    write_tensors(newest, tensors, config)
    with pytest.warns(RecoveryWarning, match="NaN or infinity"):
        fit(BackupAndRestore(tmp_path, verbose=0))


def test_what_killed_processes_leave_is_removed(tmp_path: Path) -> None:
    interrupted(tmp_path)
    (tmp_path / ".neurona-0123456789abcdef.tmp").write_bytes(b"half")
    fit(BackupAndRestore(tmp_path, verbose=0))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("keep", [1, 3])
def test_as_many_are_kept_as_asked_for(keep: int, tmp_path: Path) -> None:
    fit(BackupAndRestore(tmp_path, 1, keep, verbose=0))
    assert len(files(tmp_path)) == keep


def test_a_disk_that_is_full_stops_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(tmp_path)
    before = files(tmp_path)

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "write_tensors", full)
        with pytest.raises(OSError, match="No space left"):
            fit(BackupAndRestore(tmp_path, 1, verbose=0))
    assert files(tmp_path) == before
    assert_same(result(fit(BackupAndRestore(tmp_path, verbose=0))), result(fit()))


# --- arguments -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"save_freq": "1 minute"}, 'must be "epoch", a number of steps, or seconds'),
        ({"save_freq": 0}, "save_freq must be finite and at least 1"),
        ({"keep": 0}, "keep"),
    ],
)
def test_arguments_without_a_meaning(arguments: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=message):
        BackupAndRestore(tmp_path, **arguments)
    with pytest.raises(ArgumentTypeError):
        BackupAndRestore(tmp_path, save_freq=2.5)  # type: ignore[arg-type]


def test_one_is_enough(tmp_path: Path) -> None:
    interrupted(tmp_path / "a")
    interrupted(tmp_path / "b")
    both = [BackupAndRestore(tmp_path / name, verbose=0) for name in "ab"]
    with pytest.raises(ArgumentError, match="Several callbacks would resume"):
        fit(*both)


class Odd(Callback):
    state_names = ("things",)
    only_records = True

    def __init__(self, things: Any) -> None:
        self.things = things


@pytest.mark.parametrize("things", [{1, 2}, np.array(["a"]), {"a": [object()]}, {1: 2}, 1j])
def test_a_state_that_cannot_be_kept_is_refused(things: Any, tmp_path: Path) -> None:
    with pytest.raises(ArgumentTypeError, match="callback Odd holds a"):
        fit(Odd(things), BackupAndRestore(tmp_path, verbose=0))


def test_a_metric_whose_state_cannot_be_kept(tmp_path: Path) -> None:
    class Strange(Metric):
        def start(self) -> Any:
            return object()

        def update(self, state: Any, *rows: Any) -> Any:
            return state

        def result(self, state: Any) -> float:
            return 1.0

    model = classifier(metrics=[Strange()])
    with pytest.raises(ArgumentTypeError, match="state of a metric holds a object"):
        fit(BackupAndRestore(tmp_path, 1, verbose=0), model=model)


plain = st.none() | st.booleans() | st.integers() | st.text() | st.floats()
numeric = ["?", "i1", "u2", "i4", "u8", "i8", "f2", "f4", "f8"]
arrays = hnp.arrays(st.sampled_from(numeric), hnp.array_shapes(max_dims=2, max_side=3))
nested = st.recursive(
    plain | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(nested)
def test_nested_values_are_kept(value: Any) -> None:
    kept: values.Arrays = {}
    nodes = json.loads(json.dumps(values.pack("it", value, kept), allow_nan=False))
    np.testing.assert_equal(values.unpack(nodes, kept), value)
    assert repr(values.unpack(nodes, kept)) == repr(value)


def test_depth_is_no_matter() -> None:
    value: Any = None
    for number in range(20_000):
        value = (value, number)
    kept: values.Arrays = {}
    back = values.unpack(values.pack("it", value, kept), kept)
    for number in reversed(range(20_000)):
        back, last = back
        assert last == number


# --- one process at a time ---------------------------------------------------------------

PROGRAM = f"""
import sys
sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent / "src")!r}]
from neurona.callbacks import BackupAndRestore, LambdaCallback
from resuming import LABELS, X, classifier
say = LambdaCallback(on_train_begin=lambda logs: print("begun", flush=True))
say.only_records = True
classifier().fit(X, LABELS, 10, int(sys.argv[2]), verbose=0,
                 callbacks=[BackupAndRestore(sys.argv[1], 1), say])
"""


def start(folder: Path, epochs: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(epochs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_it_trains(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    while "begun" not in (line := process.stdout.readline()):
        assert line, process.stderr and process.stderr.read()


def test_a_second_run_is_refused_and_a_dead_one_is_not_in_the_way(tmp_path: Path) -> None:
    process = start(tmp_path, 100_000)
    try:
        wait_until_it_trains(process)
        with pytest.raises(LockedError, match=f"in use by process {process.pid}, since "):
            fit(BackupAndRestore(tmp_path, verbose=0))
    finally:
        process.kill()
        process.communicate()
    fit(BackupAndRestore(tmp_path, verbose=0), epochs=1)


def test_two_runs_in_one_process(tmp_path: Path) -> None:
    backup = BackupAndRestore(tmp_path, verbose=0)
    inner = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: fit(backup))
    with pytest.raises(LockedError, match=f"process {os.getpid()}"):
        fit(BackupAndRestore(tmp_path, verbose=0), inner)
    fit(backup)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork there")
def test_a_forked_child_does_not_hold_the_lock(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "lock")
    with lock:
        ready, say = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads
            child = os.fork()
        if child == 0:
            os.write(say, b"!")
            signal.pause()
        os.read(ready, 1)
        lock.forget()  # as when this process dies
        try:
            with FolderLock(tmp_path / "lock"):
                pass
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(ready)
            os.close(say)


def test_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "lock").write_bytes(b"\xff\x00 nonsense")
    with FolderLock(tmp_path / "lock"):
        (tmp_path / "lock").write_bytes(b"[]")
        with pytest.raises(LockedError, match="another process"), FolderLock(tmp_path / "lock"):
            pass


# --- signals -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_saves_at_once(number: Any, error: Any, tmp_path: Path) -> None:
    def send(done: int, total: Any, logs: Any) -> None:
        if done == 40:
            signal.raise_signal(number)

    sending = callbacks.LambdaCallback(on_progress=send)
    sending.only_records = True  # type: ignore[misc]
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(error) as raised:
        fit(BackupAndRestore(tmp_path, 2, verbose=0), sending)
    if error is SystemExit:
        assert raised.value.code == 143
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    seen: list[int] = []
    watching = callbacks.LambdaCallback(on_resume=lambda position: seen.append(position.step))
    watching.only_records = True  # type: ignore[misc]
    model = fit(BackupAndRestore(tmp_path, verbose=0), watching)
    assert seen == [4]
    assert_same(result(model), result(fit()))


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    turns: list[str] = []

    def send(batch: int, logs: Any) -> None:
        turns.append("begin")
        signal.raise_signal(signal.SIGINT)
        turns.append("first")
        signal.raise_signal(signal.SIGINT)
        turns.append("second")

    with pytest.raises(KeyboardInterrupt):
        fit(
            BackupAndRestore(tmp_path, verbose=0),
            callbacks.LambdaCallback(on_train_batch_begin=send),
        )
    assert turns == ["begin", "first"]


def test_a_signal_after_the_last_step_is_not_lost(tmp_path: Path) -> None:
    late = callbacks.LambdaCallback(on_train_end=lambda logs: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        fit(BackupAndRestore(tmp_path, verbose=0), late)


def test_handlers_of_the_program_are_left_alone(tmp_path: Path) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        send = callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: signal.raise_signal(signal.SIGINT)
        )
        fit(BackupAndRestore(tmp_path, verbose=0), send)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT] * 3


def test_training_in_another_thread(tmp_path: Path) -> None:
    models: list[nn.Sequential] = []
    folder = tmp_path / "run"
    work = threading.Thread(target=lambda: models.append(fit(BackupAndRestore(folder, verbose=0))))
    work.start()
    work.join()
    assert_same(result(models[0]), result(fit()))


# --- nothing is left behind --------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc there")
def test_no_handles_and_no_threads_are_left(tmp_path: Path) -> None:
    def held() -> tuple[int, list[str]]:
        return len(os.listdir("/proc/self/fd")), [t.name for t in threading.enumerate()]

    fit(BackupAndRestore(tmp_path / "first", verbose=0))
    before = held()
    for hook in (*callback_module.HOOKS, None):
        folder = tmp_path / str(hook)
        log = callbacks.HistoryFile(folder / "history.jsonl")
        csv = callbacks.CSVLogger(folder / "history.csv")
        breaker = [] if hook in (None, "on_resume") else [Breaker(hook, 1)]
        try:
            fit(BackupAndRestore(folder, 1, verbose=0), log, csv, *breaker)
        except BrokenOffError:
            assert breaker
        assert held() == before, hook
    with pytest.raises(DifferentRunError):
        fit(BackupAndRestore(tmp_path / "first", verbose=0), batch_size=9)
    assert held() == before
