"""One row through a trained network's shape, asked from Python."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers import JAX, KERAS, ONNX, SKLEARN, TORCH, neurona
from benchmarks.rounds import interleave, spread
from benchmarks.suites.epochs import NARROW
from benchmarks.tables import join, median_and_range, skipped, table
from benchmarks.work import Work

TITLE = "Latency of one row"
COMPILED = "neurona, compiled_predictor()"


def run(bench: Bench) -> dict[str, Any]:
    work, calls = Work(NARROW, 100).to_dict(), 200 if bench.quick else 2000
    compiled = neurona(bench.engine, COMPILED, compiled=True)
    contenders = [*bench.ours(), compiled, ONNX, TORCH, JAX, SKLEARN, KERAS]
    crew = bench.crew(contenders, threads=1)
    tasks = {
        label: crew.worker(label).task("latency", work=work, calls=calls) for label in crew.labels()
    }
    found, failed = interleave(tasks, bench.rounds, float("inf"))
    reasons = crew.missing | failed
    results = {
        label: {key: spread([turn[key] for turn in turns]) for key in ("median", "p99")}
        for label, turns in found.items()
    }
    return {"work": work, "calls": calls, "results": results, "skipped": reasons}


def render(result: dict[str, Any]) -> str:
    rows = [
        [label, median_and_range(found["median"]), median_and_range(found["p99"])]
        for label, found in result["results"].items()
    ]
    intro = (
        f"A float32 row through {Work.from_dict(result['work']).network}, one thread, the answer "
        f"as a NumPy array: microseconds, median and 99th percentile of {result['calls']} calls "
        f"(median of the rounds, least–greatest). PyTorch is in inference mode, JAX a jitted "
        f"function; Keras is asked by `predict_on_batch`."
    )
    return join(intro, table(["library", "median", "99th"], rows), skipped(result["skipped"]))
