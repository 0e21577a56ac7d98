"""Training while other programs want the cores, too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.bench import Bench, Prepared
from benchmarks.client import cores
from benchmarks.peers import JAX, KERAS, SKLEARN, TORCH, neurona
from benchmarks.rounds import interleave, spread
from benchmarks.suites.epochs import NARROW
from benchmarks.tables import count, join, number, skipped, table, times
from benchmarks.work import Work

TITLE = "Competing load"
EPOCHS = 4  # of a turn: one alone may be over before its threads have all been given a core
LIMIT = 60  # seconds that they may take
HOG = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Processes that do nothing but keep the first so many cores busy, one each."""
    running = [subprocess.Popen([sys.executable, "-c", HOG, str(core)]) for core in cores()[:count]]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def run(bench: Bench) -> dict[str, Any]:
    work = Work(NARROW, 100, rows=6400 if bench.quick else 30_000)
    loads = sorted({0, 1, bench.threads})
    taken: dict[str, dict[str, list[float]]] = {}
    crew = bench.crew([neurona(bench.engine), KERAS, JAX, TORCH, SKLEARN])
    prepared = crew.prepare(work)
    prepared.train(1, 1, 0.0)  # compiles what there is to compile
    for worker in prepared.workers.values():
        worker.seconds = 10 if bench.quick else LIMIT
    for _ in range(1 if bench.quick else 5):
        for load in loads:
            _turn(prepared, load, taken)
    results = {
        label: {load: spread(values) for load, values in by_load.items()}
        for label, by_load in taken.items()
    }
    return {**prepared.to_dict(), "loads": loads, "results": results}


def _turn(prepared: Prepared, load: int, taken: dict[str, dict[str, list[float]]]) -> None:
    """Some epochs each under this load. Who does not come to an end is not asked again."""
    active = [label for label in prepared.workers if label not in prepared.skipped]
    tasks = {label: prepared.workers[label].task("train", epochs=EPOCHS) for label in active}
    with hogs(load):
        found, failed = interleave(tasks, 1, 0.0)
    prepared.skipped.update({k: f"{load} busy cores: {v}" for k, v in failed.items()})
    for label, (turn,) in found.items():
        taken.setdefault(label, {}).setdefault(str(load), []).append(turn["seconds"] / EPOCHS)


def render(result: dict[str, Any]) -> str:
    loads = [str(load) for load in result["loads"]]
    rows = [
        [label, *(_cell(found, load) for load in loads)]
        for label, found in result["results"].items()
    ]
    intro = (
        f"Seconds an epoch over {result['rows']} rows of {Work.from_dict(result['work']).network}, "
        f"batch 100, {EPOCHS} a turn, while a program keeps one core, or each core, busy; and how "
        f"many times the undisturbed time that is. Half of every core would be fair: 2×."
    )
    header = ["library", *(count(load, "busy core") for load in result["loads"])]
    return join(intro, table(header, rows), skipped(result["skipped"]))


def _cell(found: dict[str, Any], load: str) -> str:
    if load not in found:
        return "did not end"
    median = found[load]["median"]
    factor = "" if load == "0" else f", {times(median / found['0']['median'])}"
    return number(median) + factor
