"""A network so small that a step is all overhead: microseconds from Python's ``fit``."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers import COMPILED_TORCH, TRAINERS
from benchmarks.tables import join, median_and_range, skipped, table
from benchmarks.work import OPTIMIZERS, Work

TITLE = "Iris-size steps"
SIZES, BATCH = (4, 12, 6, 1), 16


def run(bench: Bench) -> dict[str, Any]:
    epochs = 50 if bench.quick else 1000
    peers = [peer for peer in TRAINERS if not (bench.quick and peer is COMPILED_TORCH)]
    crew = bench.crew([*bench.ours(), *peers])
    measured = [
        crew.measure(Work(SIZES, BATCH, optimizer, data="virginica"), epochs)
        for optimizer in OPTIMIZERS
    ]
    return {"measured": measured}


def step(one: dict[str, Any]) -> float:
    """What to multiply seconds an epoch with to get microseconds a step."""
    return 1e6 / Work.from_dict(one["work"]).steps(one["rows"])


def render(result: dict[str, Any]) -> str:
    measured = result["measured"]
    labels = dict.fromkeys(label for one in measured for label in one["results"])
    rows = [[label, *(_cell(one, label) for one in measured)] for label in labels]
    first = measured[0]
    intro = (
        f"4-12-6-1, batch {BATCH}, {first['epochs']} epochs over {first['rows']} rows in one call "
        f"of `fit` or what comes nearest to it: microseconds a step (least–greatest)."
    )
    reasons = {k: v for one in measured for k, v in one["skipped"].items()}
    names = [OPTIMIZERS[one["work"]["optimizer"]] for one in measured]
    return join(intro, table(["library", *names], rows), skipped(reasons))


def _cell(one: dict[str, Any], label: str) -> str:
    found = one["results"].get(label)
    return median_and_range(found["seconds"], step(one)) if found else "–"
