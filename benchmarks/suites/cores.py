"""All cores against half of them: how everybody's time and the ratios change."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers import JAX, KERAS, NEURONA, SKLEARN, TORCH, neurona
from benchmarks.suites.epochs import NARROW, WIDE, epochs_a_turn, rows_of
from benchmarks.tables import join, seconds_and_times, skipped, table
from benchmarks.work import Work
from neurona.display.numbers import counted

TITLE = "Fewer cores"


def works(quick: bool) -> list[Work]:
    if quick:
        return [Work(NARROW, 100, rows=6400)]
    return [Work(sizes, 100, rows=rows_of(sizes)) for sizes in (NARROW, WIDE)]


def run(bench: Bench) -> dict[str, Any]:
    counts = sorted({bench.threads, max(1, bench.threads // 2)}, reverse=True)
    measured: list[dict[str, Any]] = []
    for threads in counts:
        crew = bench.crew([neurona(bench.engine), KERAS, JAX, TORCH, SKLEARN], threads)
        measured += [
            {"threads": threads, **crew.measure(work, epochs_a_turn(work), seconds=60)}
            for work in works(bench.quick)
        ]
    return {"measured": measured}


def render(result: dict[str, Any]) -> str:
    parts = [
        "Seconds an epoch (least–greatest), batch 100, SGD with momentum, the process held to as "
        "many cores as it has threads; and how many times neurona's of the same round that is."
    ]
    measured = result["measured"]
    reasons: dict[str, str] = {}
    for network in dict.fromkeys(Work.from_dict(one["work"]).network for one in measured):
        group = [one for one in measured if Work.from_dict(one["work"]).network == network]
        labels = dict.fromkeys(label for one in group for label in one["results"])
        header = ["library", *(counted(one["threads"], "thread") for one in group)]
        rows = [
            [label, *(seconds_and_times(one["results"], label, NEURONA) for one in group)]
            for label in labels
        ]
        parts += [f"### {network}", table(header, rows)]
        for one in group:
            reasons.update(one["skipped"])
    return join(*parts, skipped(reasons))
