"""How the cost of an epoch grows with rows, width and depth."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.peers import JAX, TORCH, neurona
from benchmarks.suites.epochs import NARROW
from benchmarks.tables import join, median_and_range, skipped, table
from benchmarks.work import Work

TITLE = "Growth with rows, width and depth"


def sweeps(quick: bool) -> dict[str, tuple[str, dict[float, Work]]]:
    """By name: what grows, and the work at each value. Lines are drawn against these values."""
    rows = 3200 if quick else 30_000
    counts = [rows // 2, rows, 2 * rows]
    if not quick:
        counts.insert(0, rows // 4)
    widths = (32, 64, 128) if quick else (64, 128, 256, 512, 1024)
    depths = (1, 2, 4) if quick else (1, 2, 4, 8, 16)
    wide = [Work((784, w, w, w, 10), 100, rows=rows) for w in widths]
    return {
        "rows": ("rows, 784-64-64-64-10", {n: Work(NARROW, 100, rows=n) for n in counts}),
        "width": (
            "MFLOP a row, 784-w-w-w-10",
            {work.flops(1) / 1e6: work for work in wide},
        ),
        "depth": (
            "hidden layers of 64",
            {d: Work((784, *[64] * d, 10), 100, rows=rows) for d in depths},
        ),
    }


def run(bench: Bench) -> dict[str, Any]:
    result = {}
    crew = bench.crew([neurona(bench.engine), JAX, TORCH])
    for name, (what, works) in sweeps(bench.quick).items():
        measured = [crew.measure(work, epochs=3, seconds=60) for work in works.values()]
        result[name] = {"what": what, "at": list(works), "measured": measured}
    return result


def off_the_line(at: list[float], seconds: list[float]) -> float:
    """The greatest deviation, as a part of the time, from the best straight line.

    The line a + b·at minimises the squares of relative deviations.
    """
    x, t = np.array(at), np.array(seconds)
    A = np.stack([np.ones_like(x), x], axis=1) / t[:, None]
    line = np.linalg.lstsq(A, np.ones_like(t))[0]
    return float(np.abs(A @ line - 1).max())


def render(result: dict[str, Any]) -> str:
    parts = [
        "Seconds an epoch (least–greatest), batch 100, SGD with momentum, three epochs a call. The "
        "last line says how far, at most, a point lies from the best straight line through all."
    ]
    for name, sweep in result.items():
        parts += [f"### {name.capitalize()}", _table(sweep)]
        parts.append(skipped({k: v for m in sweep["measured"] for k, v in m["skipped"].items()}))
    return join(*parts)


def _table(sweep: dict[str, Any]) -> str:
    measured = sweep["measured"]
    labels = [
        label
        for label in measured[0]["results"]
        if all(label in one["results"] for one in measured)
    ]
    spreads = {label: [one["results"][label]["seconds"] for one in measured] for label in labels}
    rows = [
        [f"{at:g}", *(median_and_range(spreads[label][i]) for label in labels)]
        for i, at in enumerate(sweep["at"])
    ]
    far = [
        off_the_line(sweep["at"], [each["median"] for each in spreads[label]]) for label in labels
    ]
    rows.append(["off the line", *(f"{each:.0%}" for each in far)])
    return table([sweep["what"], *labels], rows)
