"""A peer's process: one JSON object a line in (``do``, ``with``), one a line out.

    python -m benchmarks.worker MODULE OPTIONS THREADS FOLDER

The answer is ``{"value": …}`` or ``{"error": "…"}``. Between its turns the process
waits for a line, so that no two libraries compute at once.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import data
from benchmarks.work import Work


def resident(field: str) -> float | None:
    """MiB from the process's own account: VmRSS is memory now, VmHWM its peak."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


class Worker:
    """What can be asked of a peer."""

    def __init__(self, module: str, options: dict[str, Any], threads: int, folder: Path) -> None:
        self.start, self.folder = resident("VmRSS"), folder
        self.peer = importlib.import_module(f"benchmarks.peers.{module}").Library(
            threads=threads, **options
        )
        self.imported = resident("VmRSS")

    def about(self) -> dict[str, str]:
        """Versions of the peer's packages."""
        return {name: importlib.metadata.version(name) for name in self.peer.packages}

    def prepare(self, work: dict[str, Any]) -> dict[str, Any]:
        """Build the network and take the rows."""
        self.work = Work.from_dict(work)
        self.peer.build(self.work)
        x, y = self._rows("train", self.work.rows)
        self.peer.load(x, y)
        return {"rows": len(x), "engine": self.peer.ran_on()}

    def train(self, epochs: int, least: float = 0.0) -> dict[str, float]:
        """Train, call after call until so many seconds are over; the seconds of an epoch."""
        began = time.perf_counter()
        calls, seconds = 0, 0.0
        while calls == 0 or seconds < least:
            loss = self.peer.train(epochs)
            calls, seconds = calls + 1, time.perf_counter() - began
        return {"seconds": seconds / (calls * epochs), "loss": loss}

    def accuracy(self) -> float:
        """The part of the test rows that is classified rightly."""
        x, y = self._rows("test", None)
        p = self.peer.predict(x)
        guessed = p[:, 0] > 0.5 if p.shape[1] == 1 else p.argmax(axis=1)
        return float((guessed == y).mean())

    def latency(self, work: dict[str, Any], calls: int) -> dict[str, float]:
        """Microseconds a single row takes: median and 99th percentile over so many calls."""
        if getattr(self, "asked", None) != work:
            self.asked = work
            self.peer.build(Work.from_dict(work))
            self.predict = self.peer.predictor()
        row = np.random.default_rng(1).random((1, work["sizes"][0]), np.float32)
        for _ in range(calls // 10):
            self.predict(row)
        taken = np.array([_timed(self.predict, row) for _ in range(calls)]) / 1000
        return {"median": float(np.median(taken)), "p99": float(np.percentile(taken, 99))}

    def memory(self) -> dict[str, float | None]:
        """MiB at the start, with the library imported, and at the peak."""
        return {"start": self.start, "imported": self.imported, "peak": resident("VmHWM")}

    def _rows(self, part: str, rows: int | None) -> Any:
        return data.load(self.folder, self.work.data, part, rows, self.peer.takes_bytes)


def _timed(predict: Callable[[Any], Any], row: Any) -> int:
    began = time.perf_counter_ns()
    predict(row)
    return time.perf_counter_ns() - began


def answer(do: Callable[[], Any]) -> dict[str, Any]:
    """The answer to a request, an error included: the peer may know only some of the work."""
    try:
        return {"value": do()}
    except Exception as error:
        first_line = next(iter(str(error).splitlines()), "")
        return {"error": f"{type(error).__name__}: {first_line}"}


def main() -> None:
    module, options, threads, folder = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    worker: list[Worker] = []

    def begin() -> dict[str, str]:
        worker.append(Worker(module, json.loads(options), int(threads), Path(folder)))
        return worker[0].about()

    print(json.dumps(answer(begin)), file=answers)
    for line in sys.stdin:
        request = json.loads(line)
        reply = answer(lambda r=request: getattr(worker[0], r["do"])(**r["with"]))  # type: ignore[misc]
        print(json.dumps(reply), file=answers)


if __name__ == "__main__":
    main()
