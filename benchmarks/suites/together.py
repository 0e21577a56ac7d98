"""Many small networks: side by side in one call, and one after the other."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.peers import Contender
from benchmarks.rounds import ratio, spread
from benchmarks.tables import join, median_and_range, skipped, table, times
from benchmarks.work import Work
from neurona.display.numbers import counted

TITLE = "Many networks at once"
MODELS = 16
TOGETHER, SINGLE, USUAL = (
    "`fit_together`",
    "`fit`, one after the other, one thread",
    "`fit`, one after the other",
)


def works(quick: bool) -> dict[str, tuple[Work, int]]:
    """By name: the work, and its epochs."""
    small = Work((4, 12, 6, 1), 16, data="virginica")
    images = Work((784, 16, 16, 10), 32, rows=600 if quick else 6000)
    return {
        work.network: (work, epochs)
        for work, epochs in ((small, 20 if quick else 200), (images, 1 if quick else 3))
    }


def run(bench: Bench) -> dict[str, Any]:
    common = {"engine": bench.engine, "models": MODELS}
    ways: dict[str, dict[str, Any]] = {TOGETHER: {"together": True}, SINGLE: {"one_thread": True}}
    crew = bench.crew(
        [
            Contender(label, "neurona_many", {**common, **ways.get(label, {})})
            for label in (TOGETHER, SINGLE, USUAL)
        ]
    )
    measured = [
        crew.measure(work, epochs, seconds=60) for work, epochs in works(bench.quick).values()
    ]
    return {"models": MODELS, "threads": bench.threads, "measured": measured}


def per_second(one: dict[str, Any], label: str, models: int) -> dict[str, float]:
    """Models a second, from seconds an epoch of all of them."""
    found = one["results"][label]["seconds"]
    rates = {key: models / (one["epochs"] * found[key]) for key in ("min", "median", "max")}
    return spread(list(rates.values()))


def render(result: dict[str, Any]) -> str:
    models, measured = result["models"], result["measured"]
    labels = dict.fromkeys(label for one in measured for label in one["results"])
    header = ["", *(_title(one) for one in measured)]
    rows = [[label, *(_cell(one, label, models) for one in measured)] for label in labels]
    intro = (
        f"{models} networks of a kind, {counted(result['threads'], 'thread')}: networks trained in "
        f"a second (least–greatest), and how many times as many as side by side take as long."
    )
    reasons = {k: v for one in measured for k, v in one["skipped"].items()}
    return join(intro, table(header, rows), skipped(reasons))


def _title(one: dict[str, Any]) -> str:
    work = Work.from_dict(one["work"])
    rows = f"{one['rows']} rows, batch {work.batch_size}, {counted(one['epochs'], 'epoch')}"
    return f"{work.network}, {rows}"


def _cell(one: dict[str, Any], label: str, models: int) -> str:
    if label not in one["results"]:
        return "–"
    here = per_second(one, label, models)
    text = median_and_range(here)
    if label == TOGETHER or TOGETHER not in one["results"]:
        return text
    seconds = (one["results"][way]["seconds"] for way in (label, TOGETHER))
    return f"{text}; together {times(ratio(*seconds)['median'])}"
