"""How much memory a training process takes at its peak."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers import JAX, SKLEARN, TORCH, TRAINERS, neurona
from benchmarks.suites.epochs import NARROW, WIDE
from benchmarks.tables import join, number, skipped, table
from benchmarks.work import Work

TITLE = "Memory"


def run(bench: Bench) -> dict[str, Any]:
    rows = 6400 if bench.quick else None
    raw = neurona(bench.engine, "neurona, uint8 rows", takes_bytes=True)
    peers = [JAX, TORCH, SKLEARN] if bench.quick else TRAINERS
    contenders = [*bench.ours(), raw, *peers]
    measured = []
    for sizes in [NARROW] if bench.quick else [NARROW, WIDE]:
        one: dict[str, Any] = {"results": {}, "skipped": {}}
        for contender in contenders:  # each in a fresh process
            fresh = bench.crew([contender])
            fresh.dismiss()
            prepared = fresh.prepare(Work(sizes, 100, rows=rows))
            prepared.train(1, 1, 0.0)
            for label, worker in prepared.workers.items():
                if label not in prepared.skipped:
                    one["results"][label] = worker.call("memory")
            fresh.dismiss()
            one["skipped"].update(prepared.skipped)
            one.update(rows=prepared.rows or one.get("rows"), work=prepared.work.to_dict())
        measured.append(one)
    return {"measured": measured}


def render(result: dict[str, Any]) -> str:
    parts = [
        "Resident memory of a fresh process that reads the data and trains two epochs, in MiB "
        "above what Python with NumPy takes: with the library imported, and at the peak."
    ]
    for one in result["measured"]:
        work = Work.from_dict(one["work"])
        floats = one["rows"] * work.sizes[0] * 4 / 2**20
        parts.append(
            f"### {work.network}, batch {work.batch_size}\n\n"
            f"The rows themselves are {number(floats)} MiB as float32."
        )
        rows = [
            [label, *(_above(found, key) for key in ("imported", "peak"))]
            for label, found in one["results"].items()
        ]
        parts += [table(["library", "imported", "peak"], rows), skipped(one["skipped"])]
    return join(*parts)


def _above(found: dict[str, float | None], key: str) -> str:
    start, value = found["start"], found[key]
    return "–" if start is None or value is None else number(max(0.0, value - start))
