"""What seeing inside costs: nothing while it is not used, little where statistics are kept."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers import NEURONA, neurona
from benchmarks.suites.epochs import NARROW
from benchmarks.tables import median_and_range, skipped, table
from benchmarks.work import Work
from neurona.display.numbers import counted

TITLE = "What seeing inside costs"


def run(bench: Bench) -> dict[str, Any]:
    contenders = [
        neurona(bench.engine),
        neurona(bench.engine, "with neurona.explain and neurona.plots loaded", explains=True),
        neurona(bench.engine, "with plots.LayerStatistics every epoch", records=True),
    ]
    epochs, rows = (2, 6400) if bench.quick else (10, None)
    crew = bench.crew(contenders)
    rounds = bench.rounds if bench.quick else 3 * bench.rounds
    work = Work(NARROW, 100, rows=rows)
    return {"measured": crew.measure(work, epochs, seconds=90, rounds=rounds)}


def render(result: dict[str, Any]) -> str:
    one = result["measured"]
    seconds = {label: found["seconds"] for label, found in one["results"].items()}
    plain = seconds.get(NEURONA)
    rows = [[label, median_and_range(each), *_more(each, plain)] for label, each in seconds.items()]
    intro = (
        f"784-64-64-64-10, batch 100, {counted(one['epochs'], 'epoch')} a call: seconds an epoch "
        f"(least–greatest), and how much longer the median and the least are.\n\n"
    )
    header = ["neurona", "seconds an epoch", "median", "least"]
    return intro + table(header, rows) + skipped(one["skipped"])


def _more(found: dict[str, float], plain: dict[str, float] | None) -> list[str]:
    if plain is None:
        return ["–", "–"]
    return [f"{found[which] / plain[which] - 1:+.1%}" for which in ("median", "min")]
