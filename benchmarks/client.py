"""The harness's side of a peer's process."""

from __future__ import annotations

import json
import os
import platform
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.peers import Contender
from benchmarks.work import Work

ROOT = Path(__file__).parents[1]


class WorkerError(Exception):
    """The peer could not do it; says why, without this machine's paths and name."""

    def __init__(self, reason: str) -> None:
        named = rf"(?<![\w.])/[^\s'\",:]+|\b{re.escape(platform.node() or '/')}\b"
        super().__init__(re.sub(named, "…", reason))


def cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def pinned(threads: int) -> Iterator[None]:
    """Processes started inside may use only the first so many cores."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores()[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def environment(threads: int) -> dict[str, str]:
    """The variables by which every library hears of the number of threads."""
    count = str(threads)
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {
        **os.environ,
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "NEURONA_THREADS": count,
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}",
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


class Worker:
    """A peer in a process of its own, which starts now and answers later.

    Args:
        contender: who.
        threads: cores that the process may use and threads it is told to use.
        folder: of the data files.

    Attributes:
        seconds: how long an answer may take; then the process is ended.
    """

    def __init__(self, contender: Contender, threads: int, folder: Path) -> None:
        self.seconds = 120.0
        options = json.dumps(contender.options)
        command = [sys.executable, "-m", "benchmarks.worker", contender.module, options]
        with pinned(threads):
            self.process = subprocess.Popen(
                [*command, str(threads), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment(threads),
            )
        self._versions: dict[str, str] | None = None

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the peer's packages; waits until it has started."""
        if self._versions is None:
            self._versions = self._answer()
        return self._versions

    def call(self, do: str, **arguments: Any) -> Any:
        """Ask for something of :class:`benchmarks.worker.Worker`.

        Raises:
            WorkerError: it failed, ended, or took too long.
        """
        assert self.versions is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, "with": arguments}) + "\n")
            self.process.stdin.flush()
        except OSError:
            raise WorkerError(self._ended()) from None
        return self._answer()

    def prepare(self, work: Work) -> dict[str, Any]:
        result: dict[str, Any] = self.call("prepare", work=work.to_dict())
        return result

    def task(self, do: str, **arguments: Any) -> Callable[[], Any]:
        """The call, to be made later."""
        return lambda: self.call(do, **arguments)

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], self.seconds)
        if not ready:
            self.process.kill()
            self.process.wait()
            raise WorkerError(f"no answer within {self.seconds:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            raise WorkerError(self._ended())
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply["value"]

    def _ended(self) -> str:
        return f"its process ended with code {self.process.wait()}"

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.close()
            self.process.wait(5)
        except (subprocess.TimeoutExpired, OSError):
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
