"""The compiled engine's threads in a process: several callers, forks, spawns, the end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurona as nn
from contract.native_hashes import hash_of
from contract.test_native_threads import environment
from neurona import layers
from neurona.engines import ENGINES

if not ENGINES["native"].installed():
    pytest.skip("the compiled engine is not installed", allow_module_level=True)
from neurona import _native

X = np.random.default_rng(0).normal(size=(500, 200)).astype(np.float32)
Y = np.arange(500) % 10
LONG = 400  # epochs, during which another thread surely gets a turn


def model(seed: int = 1) -> nn.Sequential:
    net = [
        layers.Input(shape=(200,)),
        layers.Dense(128, "relu"),
        layers.Dense(64, "relu"),
        layers.Dense(10, "softmax"),
    ]
    made = nn.Sequential(net, seed=seed)
    made.compile("adam", "sparse_categorical_crossentropy", engine="native")
    return made


def fitted(seed: int = 1, epochs: int = 3) -> str:
    made = model(seed)
    made.fit(X, Y, batch_size=50, epochs=epochs, verbose=0)
    return hash_of(made)


def run(code: str, seconds: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
    """A Python process of its own, with this file's names; killed if it hangs."""
    program = "from contract.test_native_process import *\n" + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment(**{"NEURONA_THREADS": "4", **more}),
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def lines(code: str, **more: str) -> list[str]:
    """What such a process prints; it must end well and without a word of complaint."""
    done = run(code, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


# --- several callers ---------------------------------------------------------------------


def test_models_in_several_threads_get_the_bits_they_get_alone() -> None:
    alone = [fitted(seed) for seed in range(6)]
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: found.update({seed: fitted(seed)}))
        for seed in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(6)] == alone


def test_callers_get_equal_shares() -> None:
    """While all of four are at work, none gets less than a third of what another gets."""
    epochs: list[int] = [0] * 4
    over = threading.Event()

    class Count(nn.callbacks.Callback):
        def __init__(self, caller: int) -> None:
            super().__init__()
            self.caller = caller

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            epochs[self.caller] += 1
            self.model.stop_training = over.is_set()

    def work(caller: int) -> None:
        model(caller).fit(X, Y, batch_size=50, epochs=10**6, verbose=0, callbacks=[Count(caller)])

    def wait_for(count: int, begun: list[int]) -> list[int]:
        """Until the fastest has so many epochs more; what each has."""
        until = time.monotonic() + 30
        while True:
            shares = [now - before for now, before in zip(epochs, begun, strict=True)]
            if max(shares) >= count or time.monotonic() > until:
                return shares
            time.sleep(0.01)

    threads = [threading.Thread(target=work, args=(caller,)) for caller in range(4)]
    for thread in threads:
        thread.start()
    try:
        until = time.monotonic() + 30
        while min(epochs) == 0 and time.monotonic() < until:
            time.sleep(0.01)
        shares = wait_for(1500, list(epochs))  # others may take cores from one for a while
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert min(shares) > max(shares) / 3, shares


def test_predict_while_another_thread_fits() -> None:
    """Of the same model: each prediction is that of the weights between two steps."""
    made, other = model(), model(2)
    expected = other.predict(X)
    # One output row sums to 1 for any weights, unless some were half-written.
    thread = threading.Thread(target=lambda: made.fit(X, Y, batch_size=50, epochs=LONG, verbose=0))
    thread.start()
    predictions = 0
    while thread.is_alive():
        assert np.allclose(made.predict(X[:40]).sum(axis=1), 1, atol=1e-5)
        assert np.array_equal(other.predict(X), expected)
        predictions += 1
    thread.join()
    assert predictions > 0
    assert hash_of(made) == fitted(epochs=LONG)


def test_the_state_while_another_thread_fits() -> None:
    """All of it is of one moment, between two steps."""
    made, twin = model(), model()
    thread = threading.Thread(target=lambda: made.fit(X, Y, batch_size=50, epochs=LONG, verbose=0))
    thread.start()
    states: dict[int, Any] = {}  # by iteration: most are seen many times
    while thread.is_alive():
        state = made.state
        states[state.iteration] = state
    thread.join()
    assert len(states) > 1
    seen: dict[int, Any] = dict.fromkeys(states)

    def keep(batch: int, logs: Any) -> None:
        if twin.state.iteration in seen:
            seen[twin.state.iteration] = twin.state

    keeping = nn.callbacks.LambdaCallback(
        on_train_batch_end=keep, on_train_begin=lambda logs: keep(0, logs)
    )
    twin.fit(X, Y, batch_size=50, epochs=LONG, verbose=0, callbacks=[keeping])
    for state in states.values():
        same = seen[state.iteration]
        for key, w in state.weights.items():
            assert np.array_equal(w, same.weights[key])
            for name, values in state.slots.get(key, {}).items():
                assert np.array_equal(values, same.slots[key][name])


# --- forks and spawns --------------------------------------------------------------------


def test_a_fork_after_training_trains() -> None:
    code = """
        import os
        made = model()
        made.fit(X, Y, batch_size=50, verbose=0)
        for _ in range(3):
            child = os.fork()
            if child == 0:  # the model of before, and a new one
                made.fit(X, Y, batch_size=50, epochs=2, verbose=0)
                print(hash_of(made), fitted(), flush=True)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        made.fit(X, Y, batch_size=50, epochs=2, verbose=0)
        print(hash_of(made), fitted())
    """
    assert len(set(lines(code))) == 1  # one epoch and two are three


def test_a_fork_while_other_threads_train() -> None:
    """The child may go on with the very models that they were at."""
    code = """
        import os, sys, threading
        models = [model(seed) for seed in range(3)]
        fit = lambda made: made.fit(X, Y, batch_size=50, epochs=200, verbose=0)
        threads = [threading.Thread(target=fit, args=(made,)) for made in models]
        for thread in threads:
            thread.start()
        for number in range(6):
            child = os.fork()
            if child == 0:
                for made in models:
                    made.predict(X)
                    made.train_on_batch(X[:50], Y[:50])
                print(fitted(), flush=True)
                os._exit(0) if number % 2 else os._exit(0 if fitted() else 1)
            assert os.waitpid(child, 0)[1] == 0
        for thread in threads:
            thread.join()
        print(fitted())
    """
    assert len(set(lines(code))) == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(method: str, tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(
        textwrap.dedent(f"""
        import multiprocessing
        from contract.test_native_process import fitted

        if __name__ == "__main__":
            print(fitted())
            with multiprocessing.get_context("{method}").Pool(2) as pool:
                print(*pool.map(fitted, [1, 1, 1]))
        """)
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment(NEURONA_THREADS="4"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(set(done.stdout.split())) == 1


# --- the end -----------------------------------------------------------------------------


def test_threads_are_made_on_first_use_and_gone_at_the_end() -> None:
    count = "len(os.listdir('/proc/self/task'))"
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("no list of threads here")
    code = f"""
        import os
        before = {count}
        fitted()
        first = {count}
        fitted()
        print(before, first, {count})
    """
    before, first, second = map(int, lines(code))
    sanitizer = int("libtsan" in os.environ.get("LD_PRELOAD", ""))  # has a thread of its own
    assert before <= 1 + 1  # a thread of BLAS's, perhaps
    assert before < first == second <= before + 3 + sanitizer


@pytest.mark.parametrize("number", range(3))
def test_the_end_while_daemon_threads_train(number: int) -> None:
    code = f"""
        import threading, time
        for seed in range(2):
            fit = lambda: model(seed).fit(X, Y, batch_size=50, epochs=10**6, verbose=0)
            threading.Thread(target=fit, daemon=True).start()
        time.sleep(0.3 + 0.037 * {number})
        print("over")
    """
    assert lines(code) == ["over"]


def test_functions_at_exit_may_train() -> None:
    code = """
        import atexit, threading
        def late():
            thread = threading.Thread(target=lambda: print(fitted()), daemon=True)
            thread.start()
            thread.join()
            print(fitted())
        atexit.register(late)
        fitted()
    """
    assert lines(code) == [fitted()] * 2


def test_ctrl_c_stops_training_and_the_process() -> None:
    code = """
        import signal, threading, os
        # a process that a shell started in the background ignores Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
        me = os.getpid()
        threading.Timer(0.5, lambda: os.kill(me, signal.SIGINT)).start()
        model().fit(X, Y, batch_size=50, epochs=10**6, verbose=0)
    """
    began = time.perf_counter()
    done = run(code)
    assert done.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in done.stderr
    assert time.perf_counter() - began < 20


def test_a_long_fit_comes_back_for_progress_but_not_each_step() -> None:
    """About ten times a second; a busy machine may be slower."""
    code = """
        class Progress(nn.callbacks.Callback):
            times = []
            steps = 0
            def on_progress(self, done, total, logs):
                self.times.append(time.perf_counter())
            def on_epoch_end(self, epoch, logs):
                self.steps += 400
                self.model.stop_training = time.perf_counter() > self.times[0] + 1
        heard = Progress()
        x, y = np.tile(X, (40, 1)), np.tile(Y, 40)
        model().fit(x, y, batch_size=50, epochs=10**6, verbose=0, callbacks=[heard])
        print(heard.steps, len(heard.times), heard.times[-1] - heard.times[0])
    """
    steps, calls, seconds = map(float, lines(code, NEURONA_THREADS="2"))
    assert calls < steps / 10
    assert calls >= 3 * seconds


# --- how many, and where -----------------------------------------------------------------

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_affinity() -> None:
    code = """
        import os
        from neurona import _native
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        fitted()
        print(_native.usable_cores(), len(os.listdir("/proc/self/task")))
    """
    cores, threads = map(int, lines(code, NEURONA_THREADS=""))
    assert (cores, threads) == (1, 1)


def test_a_small_step_takes_one_thread_and_a_large_one_all() -> None:
    code = """
        def threads(inputs, units, batch):
            net = [layers.Input(shape=(inputs,)), layers.Dense(units), layers.Dense(1)]
            made = nn.Sequential(net, seed=1)
            made.compile("sgd", "mse", engine="native")
            made.train_on_batch(np.ones((batch, inputs), np.float32), np.ones((batch, 1)))
            return made._running()._runner.threads
        print(threads(4, 12, 16), threads(200, 500, 200))
    """
    assert lines(code) == ["1", "4"]


@given(st.data())
def test_threads_get_cores_of_their_own(data: st.DataObject) -> None:
    allowed = sorted(data.draw(st.sets(st.integers(0, 40), min_size=1, max_size=12)))
    width = data.draw(st.sampled_from([1, 2, 4]))  # hardware threads of a core
    cores = [cpu // width * width for cpu in allowed]
    threads = data.draw(st.integers(1, 8))
    last = data.draw(st.lists(st.integers(-1, 41), min_size=threads, max_size=threads))
    parts = _native.side_by_side(allowed, cores, last)
    assert len(parts) == threads
    if len(allowed) < threads:
        assert parts == [allowed] * threads
        return
    assert all(part == sorted(part) for part in parts)
    assert set().union(*parts) == set(allowed)
    if threads == 1:
        assert parts == [allowed]
        return
    units = dict(zip(allowed, cores if len(set(cores)) >= threads else allowed, strict=True))
    at = [{units[cpu] for cpu in part} for part in parts]
    owned = [units - set.intersection(*at) for units in at]
    assert all(len(units) == 1 for units in owned)
    assert len(set().union(*owned)) == threads
    if last[0] in units:  # the caller stays, with all of that core
        assert owned[0] == {units[last[0]]}
        assert set(parts[0]) >= {cpu for cpu in allowed if units[cpu] == units[last[0]]}


def test_a_thread_stays_on_its_core_and_the_others_find_one() -> None:
    assert _native.side_by_side([0, 1, 2], [0, 1, 2], [1, -1]) == [[1, 2], [0, 2]]
    assert _native.side_by_side([0, 1], [0, 1], [1, 1]) == [[1], [0]]
    # Two cores of two hardware threads each.
    assert _native.side_by_side([0, 1, 2, 3], [0, 1, 0, 1], [2, 0]) == [[0, 2], [1, 3]]
    assert _native.side_by_side([0, 1, 2, 3], [0, 1, 0, 1], [2, 3, 0]) == [[1, 2], [1, 3], [0, 1]]
    assert _native.side_by_side([0], [0], [0, -1]) == [[0], [0]]
    assert _native.side_by_side([], [], [0, -1]) == [[], []]


def affinities() -> dict[int, set[int]]:
    """Of this process's threads."""
    return {int(name): os.sched_getaffinity(int(name)) for name in os.listdir("/proc/self/task")}


@pytest.mark.skipif(CORES < 2, reason="needs two cores, and to be told which")
def test_workers_keep_off_their_callers_core_which_may_use_all_again() -> None:
    code = """
        cores = os.sched_getaffinity(0)
        model().fit(X, Y, batch_size=500, epochs=60, verbose=0)
        found = affinities()
        print(found.pop(os.getpid()) == cores, any(other < cores for other in found.values()))
    """
    assert lines(code, NEURONA_THREADS="2") == ["True", "True"]


@pytest.mark.skipif(CORES < 2, reason="needs two cores, and to be told which")
def test_affinity_that_somebody_sets_while_a_model_trains_is_kept() -> None:
    code = """
        import contextlib
        made, cores = model(), os.sched_getaffinity(0)
        training = threading.Thread(
            target=lambda: made.fit(X, Y, batch_size=50, epochs=LONG, verbose=0)
        )
        training.start()
        while (narrowed := os.sched_getaffinity(training.native_id)) == cores:
            pass
        wanted = cores - narrowed
        os.sched_setaffinity(training.native_id, wanted)
        seen = []
        while training.is_alive():
            with contextlib.suppress(ProcessLookupError):
                seen.append(os.sched_getaffinity(training.native_id))
        print(all(one == wanted for one in seen), len(seen) > 10)
    """
    assert lines(code, NEURONA_THREADS="2") == ["True", "True"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_a_worker_whose_only_core_is_its_callers_stays_and_works() -> None:
    code = """
        import os
        fitted()
        cores = os.sched_getaffinity(0)
        threads = [int(name) for name in os.listdir("/proc/self/task")]
        for thread in threads:
            os.sched_setaffinity(thread, {min(cores)})
        fitted()
        print(len(threads) > 1, all(os.sched_getaffinity(t) == {min(cores)} for t in threads))
    """
    assert lines(code, NEURONA_THREADS="2") == ["True", "True"]


@pytest.mark.parametrize("wanted", ["0", "-2", "many", "3.5", "4 ", "1e3", "99999999999999999999"])
def test_a_wrong_number_of_threads_is_refused(wanted: str) -> None:
    done = run("fitted()", NEURONA_THREADS=wanted)
    assert f"NEURONA_THREADS={wanted} is not a whole number from 1 to 1024." in done.stderr


@pytest.mark.parametrize("name", ["NEURONA_THREADS", "NEURONA_ISA"])
@pytest.mark.parametrize("engine", ["auto", "numpy"])
def test_settings_that_are_none_are_one_message_of_the_command(name: str, engine: str) -> None:
    """The NumPy engine too asks the compiled module for orders of rows."""
    command = [sys.executable, "-m", "neurona", "train", "iris", "--engine", engine]
    done = subprocess.run(
        command, env=environment(**{name: "nonsense"}), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert re.fullmatch(rf"neurona: error: {name}=nonsense is not [^\n]+\.\n", done.stderr)


@pytest.mark.parametrize("name", ["NEURONA_THREADS", "NEURONA_ISA"])
def test_settings_that_are_none_have_a_named_error_everywhere(name: str) -> None:
    code = """
        for do in (
            lambda: fitted(),
            lambda: nn.fit_together([model()], X, Y),
            lambda: nn.random.Stream(1, nn.random.Purpose.SHUFFLE).permutation(9),
            lambda: nn.finite.check_finite("x", X),
        ):
            try:
                do()
            except nn.errors.ArgumentError as error:
                print(error)
    """
    found = run(code, **{name: "nonsense"})
    assert found.stderr == ""
    # Orders need no instruction set, and so small an array no threads.
    assert found.stdout.count(f"{name}=nonsense is not") == 3


def cores_by(monkeypatch: pytest.MonkeyPatch, root: Path, files: dict[str, str]) -> int:
    """Usable cores on a machine with these system files, 8 cores in the mask."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.delenv("NEURONA_THREADS", raising=False)
    return int(_native.usable_cores(str(root)))


V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/cpu,cpuacct"


@pytest.mark.skipif(sys.platform != "linux", reason="cgroups are Linux's")
@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "100000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "10000 100000\n"}, 1),
        # the limit of a group above holds as well
        ({"proc/self/cgroup": "0::/a/b\n", f"{V2}/a/cpu.max": "100000 100000\n"}, 1),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                f"{V2}/a/cpu.max": "100000 100000\n",
                f"{V2}/a/b/cpu.max": "400000 100000\n",
            },
            1,
        ),
        # version 1, in a container that sees the mount but not the path
        (
            {
                "proc/self/cgroup": "5:cpuset:/x\n4:cpu,cpuacct:/docker/1a2b\n",
                f"{V1}/cpu.cfs_quota_us": "100000\n",
                f"{V1}/cpu.cfs_period_us": "100000\n",
            },
            1,
        ),
        (
            {
                "proc/self/cgroup": "4:cpu,cpuacct:/\n",
                f"{V1}/cpu.cfs_quota_us": "-1\n",
                f"{V1}/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ({"proc/self/cgroup": "4:cpuacct:/\n", f"{V1}/cpu.cfs_quota_us": "1\n"}, None),
        # damaged
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "100000 0\n"}, None),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "\n"}, None),
        ({"proc/self/cgroup": "nonsense\n0::\n0::x\n:::::\n"}, None),
    ],
)
def test_cgroup_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str], limit: int | None
) -> None:
    mask = len(os.sched_getaffinity(0))
    expected = mask if limit is None else min(mask, limit)
    assert cores_by(monkeypatch, tmp_path, files) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="the list of siblings is Linux's")
def test_two_threads_of_a_core_count_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mask = os.sched_getaffinity(0)
    siblings = {
        f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list": f"{cpu // 2 * 2}-x\n"
        for cpu in mask
    }
    assert cores_by(monkeypatch, tmp_path, siblings) == len({cpu // 2 for cpu in mask})
