"""Training while other programs want the cores, too."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.bench import Bench, Prepared
from benchmarks.client import WorkerError, cores
from benchmarks.peers import JAX, KERAS, SKLEARN, TORCH, neurona
from benchmarks.rounds import PAUSE, spread
from benchmarks.suites.epochs import NARROW
from benchmarks.tables import count, join, number, skipped, table, times
from benchmarks.work import Work

TITLE = "Competing load"
ALONE = "neurona, 1 thread on 1 core"
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
    crew = bench.crew([neurona(bench.engine), KERAS, JAX, TORCH, SKLEARN])
    prepared = crew.prepare(work)
    if bench.threads > 1:  # it waits for no other thread
        prepared.workers |= bench.crew([neurona(bench.engine, ALONE)], 1).prepare(work).workers
    prepared.train(1, 1, 0.0)  # compiles what there is to compile
    for worker in prepared.workers.values():
        worker.seconds = 10 if bench.quick else LIMIT
    taken: dict[str, dict[int, list[float]]] = {}
    for _ in range(1 if bench.quick else 7):
        for label in prepared.workers:
            _round(prepared, label, loads, taken.setdefault(label, {load: [] for load in loads}))
    results = {
        label: {str(load): _found(seconds, by_load[0]) for load, seconds in by_load.items()}
        for label, by_load in taken.items()
    }
    return {**prepared.to_dict(), "loads": loads, "results": results}


def _round(prepared: Prepared, label: str, loads: list[int], taken: dict[int, list[float]]) -> None:
    """Some epochs under each load, one soon after the other: times are compared in pairs.

    Who does not come to an end is not asked again.
    """
    for load in loads:
        if label in prepared.skipped:
            return
        with hogs(load):
            time.sleep(PAUSE)
            try:
                turn = prepared.workers[label].call("train", epochs=EPOCHS)
            except WorkerError as error:
                prepared.skipped[label] = f"{load} busy cores: {error}"
            else:
                taken[load].append(turn["seconds"] / EPOCHS)


def _found(seconds: list[float], quiet: list[float]) -> dict[str, Any] | None:
    """Seconds an epoch, and how many times those without load of the same round that is."""
    if not seconds:
        return None
    pairs = zip(seconds, quiet, strict=False)
    return {"seconds": spread(seconds), "times": spread([each / alone for each, alone in pairs])}


def render(result: dict[str, Any]) -> str:
    loads = [str(load) for load in result["loads"]]
    rows = [
        [label, *(_cell(found[load]) for load in loads)]
        for label, found in result["results"].items()
    ]
    intro = (
        f"Seconds an epoch over {result['rows']} rows of {Work.from_dict(result['work']).network}, "
        f"batch 100, {EPOCHS} a turn, while a program keeps one core, or each core, busy; and how "
        f"many times the undisturbed time just before that is (median of the rounds, "
        f"least–greatest). Half of every core would be fair: 2×. A thread on its own, held to a "
        f"core, waits for nobody: what it takes above 2× are the caches that it finds empty at "
        f"each of its turns."
    )
    header = ["library", *(count(load, "busy core") for load in result["loads"])]
    return join(intro, table(header, rows), skipped(result["skipped"]))


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return "did not end"
    factor = found["times"]
    if factor["min"] == factor["max"] == 1:
        return number(found["seconds"]["median"])
    least, most = times(factor["min"]), times(factor["max"])
    return f"{number(found['seconds']['median'])}, {times(factor['median'])} ({least}–{most})"
