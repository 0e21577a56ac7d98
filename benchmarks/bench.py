"""What every suite is given: the options, the data, the peers' processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.client import Worker, WorkerError
from benchmarks.nearness import Nearness
from benchmarks.peers import BFLOAT16, Contender, neurona
from benchmarks.rounds import interleave, spread
from benchmarks.work import Work

TURN = 0.5  # seconds: caches, pages and clocks are cold after other libraries' turns


@dataclass
class Bench:
    """A run.

    Args:
        threads: for every library.
        quick: little work and few rounds, to see that everything runs.
        engine: neurona's.
        folder: for data and results.
        mnist: what the MNIST rows are.
        goals: only the jobs that the project has goals for.
    """

    threads: int
    quick: bool
    engine: str
    folder: Path
    mnist: str = "MNIST"
    goals: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    running: dict[tuple[str, int], Worker] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        return 2 if self.quick else 5 if self.goals else 7

    @property
    def turn(self) -> float:
        """Seconds that a turn of training takes at least."""
        return 0.0 if self.quick else TURN

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def ours(self) -> list[Contender]:
        """neurona; and its NumPy engine beside the native one, if "auto" takes that."""
        first = [neurona(self.engine)]
        both = self.engine == "auto" and _usual_engine() != "numpy"
        return [*first, neurona("numpy", "neurona, NumPy engine")] if both else first

    def bfloat16(self) -> Contender:
        return neurona(self.engine, BFLOAT16, dtype="bfloat16")

    def crew(self, contenders: Sequence[Contender], threads: int | None = None) -> Crew:
        """The contenders' processes; those of earlier suites are used again."""
        return Crew(self, threads or self.threads, contenders)

    def worker(self, contender: Contender, threads: int) -> Worker:
        """A contender's process; one that has ended is started again."""
        key = contender.label, threads
        if key not in self.running or self.running[key].process.poll() is not None:
            self.dismiss([key])
            self.running[key] = Worker(contender, threads, self.data)
        self.running[key].seconds = 60 if self.quick else 1200
        return self.running[key]

    def dismiss(self, keys: Sequence[tuple[str, int]] | None = None) -> None:
        """End these processes, or all."""
        for key in list(self.running) if keys is None else keys:
            if key in self.running:
                self.running.pop(key).close()

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class Crew:
    """The contenders of a suite, by label."""

    def __init__(self, bench: Bench, threads: int, contenders: Sequence[Contender]) -> None:
        self.bench, self.threads = bench, threads
        self.nearness = Nearness(threads)
        self.contenders = {contender.label: contender for contender in contenders}
        self.missing: dict[str, str] = {}
        workers = {label: self.worker(label) for label in self.contenders}  # start side by side
        for label, worker in workers.items():
            try:
                bench.versions.update(worker.versions)
            except WorkerError as error:
                self.missing[label] = str(error)

    def worker(self, label: str) -> Worker:
        return self.bench.worker(self.contenders[label], self.threads)

    def labels(self) -> list[str]:
        """Those that could start."""
        return [label for label in self.contenders if label not in self.missing]

    def dismiss(self) -> None:
        """End their processes, so that the next suite gets fresh ones."""
        self.bench.dismiss([(label, self.threads) for label in self.contenders])

    def prepare(self, work: Work, labels: Sequence[str] | None = None) -> Prepared:
        """Give everybody the work; who cannot do it is left out."""
        prepared = Prepared(work, skipped=dict(self.missing))
        for label in labels or self.labels():
            if label in self.missing:
                continue
            worker = self.worker(label)
            try:
                about = worker.prepare(work)
            except WorkerError as error:
                prepared.skipped[label] = str(error)
                continue
            prepared.workers[label] = worker
            prepared.rows = about["rows"]
            if about["engine"]:
                prepared.engines[label] = about["engine"]
        return prepared

    def measure(
        self,
        work: Work,
        epochs: int,
        labels: Sequence[str] | None = None,
        seconds: float = 120.0,
        rounds: int | None = None,
    ) -> dict[str, Any]:
        """Seconds an epoch, interleaved, after as many epochs that are not counted.

        A turn is as many calls as fill half a second.

        Returns:
            ``work``, ``rows``, ``results`` by label (``seconds`` spread, ``loss`` of the last
            epoch), ``meeting`` (spread of the seconds that two threads took to meet, before
            each turn; None where that is not known), ``engines`` and ``skipped``.
        """
        self.bench.say(f"  {work.network}, batch {work.batch_size}, {work.optimizer}")
        prepared = self.prepare(work, labels)
        seconds = 0.0 if self.bench.quick else seconds
        meetings: list[float] = []

        def settle() -> None:
            meetings.append(self.nearness.settle())

        rounds = rounds or self.bench.rounds
        taken = prepared.train(epochs, rounds, seconds, settle, self.bench.turn)
        for label, worker in prepared.workers.items():
            if worker.process.poll() is not None:  # too slow or crashed: out of this suite
                self.missing[label] = prepared.skipped.get(label, "its process ended")
        results = {
            label: {
                "seconds": spread([one["seconds"] for one in turns]),
                "loss": turns[-1]["loss"],
            }
            for label, turns in taken.items()
        }
        return {
            **prepared.to_dict(),
            "epochs": epochs,
            "results": results,
            "meeting": spread(meetings) if any(meetings) else None,
        }


@dataclass
class Prepared:
    """Workers that have the same work before them."""

    work: Work
    rows: int = 0
    workers: dict[str, Worker] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def train(
        self,
        epochs: int,
        rounds: int,
        seconds: float,
        before: Callable[[], object] = lambda: None,
        turn: float = 0.0,
    ) -> dict[str, list[Any]]:
        """Rounds of calls of so many epochs; a first round is not counted.

        A turn is as many calls as it takes to fill so many seconds, with ``before`` before it.
        """
        once = {label: w.task("train", epochs=epochs) for label, w in self.workers.items()}
        _, failed = interleave(once, 1, 0.0)
        tasks = {
            label: worker.task("train", epochs=epochs, least=turn)
            for label, worker in self.workers.items()
            if label not in failed
        }
        results, later = interleave(tasks, rounds, seconds, before)
        self.skipped.update(failed | later)
        return results

    def to_dict(self) -> dict[str, Any]:
        return {
            "work": self.work.to_dict(),
            "rows": self.rows,
            "engines": self.engines,
            "skipped": self.skipped,
        }


def _usual_engine() -> str:
    """The engine that neurona takes of itself for a network of the suites."""
    import neurona

    model = neurona.Sequential([neurona.layers.Dense(1, input_shape=(1,))])
    model.compile("sgd", "mse")
    return model.engine.split()[0]
