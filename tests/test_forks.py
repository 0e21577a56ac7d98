"""A fork waits for what other threads are at, and its child finds nothing locked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from contract.test_native_threads import environment
from neurona.engines import ENGINES

if not hasattr(os, "fork"):
    pytest.skip("no forks on this system", allow_module_level=True)


def lines(code: str) -> list[str]:
    """What a Python process of its own prints; it must end well, in time and in silence."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=environment(NEURONA_THREADS="4"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


INSIDE = """
    import os, threading, time
    from neurona import forks
    from neurona.forks import UNCUT

    entered, leave = threading.Event(), threading.Event()
    def work():
        with UNCUT:
            entered.set()
            leave.wait()
    thread = threading.Thread(target=work)
    thread.start()
    entered.wait()

    def fork():
        child = os.fork()
        if child == 0:
            print(len(UNCUT._inside), flush=True)
            with UNCUT:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
"""


def test_a_fork_waits_for_who_is_inside() -> None:
    code = """
    left = []
    threading.Timer(0.3, lambda: (left.append(1), leave.set())).start()
    found = []
    os.register_at_fork(after_in_parent=lambda: found.extend(left or [0]))
    fork()
    print("left" if found == [1] else "cut")
    thread.join()
    """
    assert lines(INSIDE + code) == ["0", "left"]


def test_a_fork_does_not_wait_for_ever() -> None:
    code = """
    forks.PATIENCE = 0.1
    fork()
    leave.set()
    thread.join()
    fork()
    """
    assert lines(INSIDE + code) == ["0", "0"]


def test_who_is_inside_may_fork_and_enter_again() -> None:
    code = """
    leave.set()
    thread.join()
    with UNCUT:
        fork()
        with UNCUT:
            pass
    print(len(UNCUT._inside))
    """
    assert lines(INSIDE + code) == ["1", "0"]


def test_nobody_enters_while_another_forks() -> None:
    """Else a fork might wait for ever for threads that come and go."""
    code = """
    leave.set()
    thread.join()
    over = threading.Event()
    def coming_and_going():
        while not over.is_set():
            with UNCUT:
                time.sleep(0.001)
    threads = [threading.Thread(target=coming_and_going) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        fork()
    over.set()
    for thread in threads:
        thread.join()
    """
    assert lines(INSIDE + code) == ["0"] * 20


def test_no_module_is_left_half_imported() -> None:
    """NumPy imports this one when it first looks for unique values."""
    code = """
        import os, threading
        import numpy as np
        import neurona.forks
        thread = threading.Thread(target=lambda: np.unique([1, 2]))
        thread.start()
        child = os.fork()
        if child == 0:
            print(*np.unique([2, 1, 2]), flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        thread.join()
    """
    assert lines(code) == ["1", "2"]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_training_goes_on_in_children_of_threads_that_begin_end_and_save(engine: str) -> None:
    """The moments at which something is made, imported, or written."""
    code = f"""
        import os, tempfile, threading, time
        import numpy as np
        import neurona as nn
        from contract.native_hashes import hash_of
        x = np.random.default_rng(0).normal(size=(500, 20)).astype(np.float32)
        y = np.arange(500) % 10

        def fitted(seed=1, callbacks=()):
            model = nn.Sequential([nn.layers.Dense(10, "softmax")], seed=seed)
            loss = "sparse_categorical_crossentropy"
            model.compile("adam", loss, metrics=["accuracy"], engine="{engine}")
            model.fit(x, y, batch_size=50, epochs=2, verbose=0, validation_split=0.1,
                      callbacks=callbacks)
            return model

        over, models = threading.Event(), []
        def work():
            while not over.is_set():
                with tempfile.TemporaryDirectory() as folder:
                    models.append(fitted(callbacks=[nn.callbacks.BackupAndRestore(folder)]))
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(12):
            child = os.fork()
            if child == 0:
                if models:
                    models[-1].predict(x)
                    models[-1].train_on_batch(x[:50], y[:50])
                os.write(1, (hash_of(fitted()) + "\\n").encode())
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            time.sleep(0.007)
        over.set()
        for thread in threads:
            thread.join()
        print(hash_of(fitted()))
    """
    found = lines(code)
    assert len(found) == 13
    assert len(set(found)) == 1
