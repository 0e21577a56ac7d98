"""Everybody's test accuracy after the same epochs, to show that the work is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.bench import Bench, Crew
from benchmarks.client import WorkerError
from benchmarks.peers import BFLOAT16, JAX, KERAS, NEURONA, SKLEARN, TORCH
from benchmarks.rounds import spread
from benchmarks.suites.epochs import NARROW, WIDE
from benchmarks.tables import join, skipped, table
from benchmarks.work import Work
from neurona.display.numbers import counted

TITLE = "Accuracy"
EPOCHS, SEEDS = 5, (1, 2, 3)


def run(bench: Bench) -> dict[str, Any]:
    contenders = [*bench.ours(), bench.bfloat16(), KERAS, JAX, TORCH, SKLEARN]
    epochs, seeds = (1, SEEDS[:1]) if bench.quick else (EPOCHS, SEEDS)
    measured = []
    crew = bench.crew(contenders)
    for sizes in [NARROW] if bench.quick else [NARROW, WIDE]:
        bench.say(f"  {sizes}")
        work = Work(sizes, 100, rows=6400 if bench.quick else None)
        measured.append(_measured(crew, work, epochs, seeds))
    return {"data": bench.mnist, "epochs": epochs, "measured": measured}


def _measured(crew: Crew, work: Work, epochs: int, seeds: tuple[int, ...]) -> dict[str, Any]:
    found: dict[str, list[float]] = {}
    reasons: dict[str, str] = {}
    for seed in seeds:
        prepared = crew.prepare(replace(work, seed=seed))
        reasons |= prepared.skipped
        for label, worker in prepared.workers.items():
            try:
                for _ in range(epochs):
                    worker.call("train", epochs=1)
                found.setdefault(label, []).append(worker.call("accuracy"))
            except WorkerError as error:
                reasons[label] = str(error)
    results = {label: spread(values) for label, values in found.items() if label not in reasons}
    return {"work": work.to_dict(), "results": results, "skipped": reasons}


def render(result: dict[str, Any]) -> str:
    first = result["measured"][0]["results"]
    seeds = max((each["count"] for each in first.values()), default=0)
    parts = [
        f"Test accuracy after {counted(result['epochs'], 'epoch')}, batch 100, SGD with momentum: "
        f"median over {counted(seeds, 'seed')} (least–greatest). Data: {result['data']}."
    ]
    for one in result["measured"]:
        rows = [[label, _cell(each)] for label, each in one["results"].items()]
        parts += [
            f"### {Work.from_dict(one['work']).network}",
            table(["library", "accuracy"], rows),
            _difference(one["results"]),
            skipped(one["skipped"]),
        ]
    return join(*parts)


def _cell(each: dict[str, float]) -> str:
    return f"{each['median']:.2%} ({each['min']:.2%}–{each['max']:.2%})"


def _difference(results: dict[str, Any]) -> str:
    if not {BFLOAT16, NEURONA} <= results.keys():
        return ""
    points = 100 * (results[BFLOAT16]["median"] - results[NEURONA]["median"])
    return f"bfloat16 differs from float32 by {points:+.2f} percentage points."
