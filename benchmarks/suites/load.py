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
from benchmarks.nearness import Nearness
from benchmarks.peers import JAX, KERAS, SKLEARN, TORCH, neurona
from benchmarks.rounds import PAUSE, ratio, spread
from benchmarks.suites.epochs import NARROW
from benchmarks.tables import join, number, skipped, table, times
from benchmarks.work import Work
from neurona.display.numbers import counted

TITLE = "Competing load"
ALONE = "neurona, 1 thread on 1 core"
EPOCHS = 4  # of a call
ROUNDS = 7
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
    if bench.threads > 1:
        single = bench.crew([neurona(bench.engine, ALONE)], 1).prepare(work)
        prepared.workers |= single.workers
        prepared.skipped |= single.skipped
    prepared.train(1, 1, 0.0)  # compiles what there is to compile
    for worker in prepared.workers.values():
        worker.seconds = 10 if bench.quick else LIMIT
    taken: dict[str, dict[int, list[float]]] = {}
    for _ in range(1 if bench.quick else ROUNDS):
        for label in prepared.workers:
            by_load = taken.setdefault(label, {load: [] for load in loads})
            _round(prepared, label, by_load, crew.nearness, bench.turn)
    results = {
        label: {str(load): spread(seconds) for load, seconds in by_load.items() if seconds}
        for label, by_load in taken.items()
    }
    return {**prepared.to_dict(), "loads": loads, "results": results}


def _round(
    prepared: Prepared,
    label: str,
    taken: dict[int, list[float]],
    nearness: Nearness,
    turn: float,
) -> None:
    """Some epochs under each load, one soon after the other: times are compared in pairs.

    Who does not come to an end is not asked again.
    """
    for load, found in taken.items():
        if label in prepared.skipped:
            return
        nearness.settle()
        with hogs(load):
            time.sleep(PAUSE)
            try:
                took = prepared.workers[label].call("train", epochs=EPOCHS, least=turn)
            except WorkerError as error:
                prepared.skipped[label] = f"{load} busy cores: {error}"
            else:
                found.append(took["seconds"])


def render(result: dict[str, Any]) -> str:
    loads = [str(load) for load in result["loads"]]
    rows = [
        [label, *(_cell(found, load) for load in loads)]
        for label, found in result["results"].items()
    ]
    intro = (
        f"Seconds an epoch over {result['rows']} rows of {Work.from_dict(result['work']).network}, "
        f"batch 100, {EPOCHS} a call, while a program keeps one core, or each core, busy; and how "
        f"many times the undisturbed time of the same round that is (median of the rounds, "
        f"least–greatest). A library's turns of a round follow one another. Half of every core "
        f"would be fair: 2×. “{ALONE}” is held to the first core and waits for no other thread: "
        f"what it takes above 2× are caches that it finds empty whenever it has its core again."
    )
    header = ["library", *(counted(load, "busy core") for load in result["loads"])]
    return join(intro, table(header, rows), skipped(result["skipped"]))


def _cell(found: dict[str, Any], load: str) -> str:
    if load not in found:
        return "did not end"
    seconds = number(found[load]["median"])
    if load == "0":
        return seconds
    factor = ratio(found[load], found["0"])
    return f"{seconds}, {times(factor['median'])} ({times(factor['min'])}–{times(factor['max'])})"
