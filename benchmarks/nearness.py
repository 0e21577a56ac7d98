"""How near to each other the cores are, and having them near.

Threads on cores that share a cache meet in about 0.05 µs, others in 0.25, and the steps of a small
network take up to twice as long there. On a machine of its own that is the same every day. The
cores of a virtual machine are moved about by its host, for minutes at a time, and then a
measurement tells when it was made. But a host likes to put a core that is woken beside the one
that wakes it.
"""

from __future__ import annotations

import os
import threading
import time

from benchmarks.client import cores, pinned
from neurona.native_module import native

FAR, HALVES = 0.12e-6, 0.03e-6  # seconds to meet: from here on; below: they are one core's halves
TRIES, WAKING = 5, 1.0  # seconds each
PATIENCE = 3  # times without success: then it is how this machine is


class Nearness:
    """Of the first so many cores.

    >>> 0 <= Nearness(2).seconds() < 1e-3
    True
    """

    def __init__(self, threads: int) -> None:
        self.threads, self.failures = threads, 0

    def seconds(self) -> float:
        """How long two threads take to meet; 0 if that is not known."""
        if native is None or self.threads < 2:
            return 0.0
        with pinned(self.threads):
            return float(native.meeting_seconds(2))

    def settle(self) -> float:
        """Have the host bring the cores near, if it can be had; :meth:`seconds` then."""
        for _ in range(TRIES if self.failures < PATIENCE else 0):
            found = self.seconds()
            if found == 0 or HALVES <= found < FAR:
                self.failures = 0
                return found
            self._work() if found < HALVES else self._wake()
        self.failures += 1
        return self.seconds()

    def _work(self) -> None:
        """Keep all busy for a second: halves of one core are then parted."""
        until = time.perf_counter() + WAKING
        while time.perf_counter() < until:
            self.seconds()

    def _wake(self) -> None:
        """For a second, let one core wake the others again and again."""
        if not hasattr(os, "sched_setaffinity"):
            return
        for other in cores()[1 : self.threads]:
            _wake_by_turns(cores()[0], other, WAKING / (self.threads - 1))


def _wake_by_turns(one: int, other: int, seconds: float) -> None:
    asked, answered = threading.Event(), threading.Event()
    over = False

    def answer() -> None:
        os.sched_setaffinity(0, {other})  # of this thread alone
        while not over:
            asked.wait()
            asked.clear()
            answered.set()

    before = os.sched_getaffinity(0)
    thread = threading.Thread(target=answer)
    thread.start()
    os.sched_setaffinity(0, {one})
    until = time.perf_counter() + seconds
    try:
        while time.perf_counter() < until:
            asked.set()
            answered.wait(1.0)  # it may have ended
            answered.clear()
            time.sleep(0.0005)  # long enough for a core to fall asleep
    finally:
        over = True
        asked.set()
        thread.join()
        os.sched_setaffinity(0, before)
