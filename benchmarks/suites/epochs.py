"""Epochs of the MNIST networks: seconds, GF/s and the share of the machine's peak."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

from benchmarks import sgemm
from benchmarks.bench import Bench, Crew, Prepared
from benchmarks.data import PIXEL_DEVIATION, PIXEL_MEAN, SHIFTED
from benchmarks.peers import COMPILED_TORCH, NEURONA, TRAINERS, neurona
from benchmarks.rounds import spread
from benchmarks.tables import (
    join,
    median_and_range,
    number,
    seconds_and_times,
    skipped,
    table,
    times,
)
from benchmarks.work import OPTIMIZERS, Work
from neurona.display.numbers import counted

TITLE = "Epochs on MNIST"
NARROW, WIDE, SMALL = (784, 64, 64, 64, 10), (784, 1024, 1024, 1024, 10), (784, 16, 16, 10)
PAIR = NARROW, 100  # where optimizers are compared by turns
BATCHES = (32, 100, 1000)
BYTES = "neurona, uint8 rows"
NO_ZEROS = "no pixel 0"


def works(bench: Bench) -> list[Work]:
    if bench.goals:
        few = [(NARROW, 100, "sgd"), (NARROW, 100, "adam"), (NARROW, 32, "sgd"), (SMALL, 32, "sgd")]
        return [
            *(Work(*each) for each in few),
            Work(NARROW, 100, data=SHIFTED),
            Work(WIDE, 100, "sgd", rows=rows_of(WIDE)),
            Work(WIDE, 100, data=SHIFTED, rows=rows_of(WIDE)),
        ]
    if bench.quick:
        few = [(NARROW, 100, "sgd"), (NARROW, 100, "adam"), (SMALL, 32, "sgd")]
        return [*(Work(*each, rows=6400) for each in few), Work(WIDE, 100, "sgd", rows=1600)]
    usual = [
        Work(sizes, batch, optimizer, rows=rows_of(sizes))
        for sizes in (NARROW, WIDE, SMALL)
        for optimizer in OPTIMIZERS
        for batch in BATCHES
    ]
    return [
        *usual,
        *(Work(sizes, 100, data=SHIFTED, rows=rows_of(sizes)) for sizes in (NARROW, WIDE, SMALL)),
    ]


def rows_of(sizes: tuple[int, ...]) -> int | None:
    """Rows of the data set that are trained on; None for all."""
    return 18_000 if sizes == WIDE else None


def epochs_a_turn(work: Work) -> int:
    """Epochs in one call: a few where they are short, as users do it."""
    return 1 if work.sizes == WIDE else 3


def run(bench: Bench) -> dict[str, Any]:
    raw = neurona(bench.engine, BYTES, takes_bytes=True)
    rates = [sgemm.peak(bench)]
    crew = bench.crew([*bench.ours(), raw, bench.bfloat16(), *TRAINERS])
    measured = [
        crew.measure(work, epochs_a_turn(work), _labels(crew, bench, work)) for work in works(bench)
    ]
    rates.append(sgemm.peak(bench))
    return {
        "data": bench.mnist,
        "peak": _best(rates),
        "measured": measured,
        "optimizers": _optimizers_by_turns(bench),
    }


def _optimizers_by_turns(bench: Bench) -> dict[str, dict[str, float]]:
    """neurona's seconds an epoch with each optimizer, side by side: the works are minutes apart."""
    contenders = {name: neurona(bench.engine, f"{NEURONA}, {name}") for name in OPTIMIZERS}
    crew = bench.crew(list(contenders.values()))
    both = Prepared(Work(*PAIR, rows=6400 if bench.quick else None))
    for name, contender in contenders.items():
        own = crew.prepare(replace(both.work, optimizer=name), [contender.label])
        both.workers[name] = own.workers[contender.label]
    epochs = epochs_a_turn(both.work)
    turns = both.train(epochs, 3 * bench.rounds, 60.0, crew.nearness.settle, bench.turn)
    return {name: spread([one["seconds"] for one in found]) for name, found in turns.items()}


def compiles(bench: Bench, work: Work) -> bool:
    """Whether torch.compile, which takes a minute for each shape, takes part."""
    usual = work.batch_size == PAIR[1] and work.optimizer == "sgd" and work.data != SHIFTED
    return usual and (work.sizes == NARROW or not (bench.quick or bench.goals))


def _labels(crew: Crew, bench: Bench, work: Work) -> list[str]:
    """bfloat16 for the wide network alone."""
    out = set() if work.sizes == WIDE else {bench.bfloat16().label}
    if work.data == SHIFTED:
        out.add(BYTES)
    if not compiles(bench, work):
        out.add(COMPILED_TORCH.label)
    return [label for label in crew.labels() if label not in out]


def _best(rates: list[dict[str, float]]) -> dict[str, float]:
    return {name: max(each.get(name, 0.0) for each in rates) for name in rates[0] | rates[-1]}


def render(result: dict[str, Any]) -> str:
    rates = " and ".join(f"{number(rate)} GF/s ({name})" for name, rate in result["peak"].items())
    parts = [
        f"Seconds an epoch (least–greatest), how many times neurona's of the same round that is "
        f"(the median of the rounds), and GF/s with the "
        f"share of the best large float32 matrix product in this run: {rates}. "
        f"Data: {result['data']}. Everybody is given the same float32 rows, but for neurona's "
        f"rows marked uint8, which take the images' bytes as they are. Four fifths of MNIST's "
        f"pixels are 0, and neurona leaves out most products with zeros, which no peer does; "
        f"where it says “{NO_ZEROS}”, pixels x from 0 to 1 became (x − {PIXEL_MEAN}) / "
        f"{PIXEL_DEVIATION}, and there is nothing to leave out. torch.compile takes a minute for "
        f"each shape: it takes part with SGD at batch {PAIR[1]}."
    ]
    for (network, optimizer, data), group in groupby(
        result["measured"],
        lambda one: (_work(one).network, _work(one).optimizer, _work(one).data),
    ):
        measured = list(group)
        turn = f"{counted(measured[0]['epochs'], 'epoch')} a call"
        rows = f"{measured[0]['rows']:,} rows" + (f", {NO_ZEROS}" if data == SHIFTED else "")
        parts.append(f"### {network}, {OPTIMIZERS[optimizer]}, {rows}, {turn}")
        parts += [_table(measured, result["peak"]), _meetings(measured)]
    reasons = {k: v for one in result["measured"] for k, v in one["skipped"].items()}
    parts += ["### Adam against SGD", _pair(result["optimizers"]), _adam(result["measured"])]
    return join(*parts, skipped(reasons))


def _work(measured: dict[str, Any]) -> Work:
    return Work.from_dict(measured["work"])


def _table(group: list[dict[str, Any]], peak: dict[str, float]) -> str:
    header = ["library"]
    for one in group:
        header += [f"batch {one['work']['batch_size']}, s", "GF/s"]
    labels = list(dict.fromkeys(label for one in group for label in one["results"]))
    rows = []
    for label in labels:
        row = [label]
        for one in group:
            row += _cells(one, label, max(peak.values(), default=0.0))
        rows.append(row)
    return table(header, rows)


def _cells(one: dict[str, Any], label: str, peak: float) -> list[str]:
    if label not in one["results"]:
        return ["–", "–"]
    seconds = one["results"][label]["seconds"]
    rate = _work(one).flops(one["rows"]) / seconds["median"] / 1e9
    share = f" ({rate / peak:.0%})" if peak else ""
    return [seconds_and_times(one["results"], label, NEURONA), number(rate) + share]


def _meetings(group: list[dict[str, Any]]) -> str:
    """How near to each other the cores were meanwhile."""
    found = {one["work"]["batch_size"]: one["meeting"] for one in group if one["meeting"]}
    each = (f"{median_and_range(spread, 1e6)} (batch {batch})" for batch, spread in found.items())
    return f"Two threads met in {', '.join(each)} µs." if found else ""


def _pair(optimizers: dict[str, dict[str, float]]) -> str:
    sgd, adam = optimizers["sgd"], optimizers["adam"]
    return (
        f"By turns, neurona's Adam takes {times(adam['median'] / sgd['median'])} SGD's time: "
        f"{median_and_range(adam)} and {median_and_range(sgd)} seconds an epoch of "
        f"{Work(*PAIR).network}, batch {PAIR[1]}, medians of {adam['count']}. The table compares "
        f"what was measured minutes apart:"
    )


def _adam(measured: list[dict[str, Any]]) -> str:
    """Adam's time in SGD's, for each network and batch measured with both."""
    pairs: dict[str, dict[str, Any]] = {}
    for one in measured:
        work = _work(one)
        if work.data == SHIFTED:
            continue
        key = f"{work.network}, batch {work.batch_size}"
        pairs.setdefault(key, {})[work.optimizer] = one["results"]
    whole = {key: pair for key, pair in pairs.items() if len(pair) == 2}
    labels = dict.fromkeys(label for pair in whole.values() for label in pair["sgd"])
    return table(
        ["library", *whole],
        [[label, *(_ratio(pair, label) for pair in whole.values())] for label in labels],
    )


def _ratio(pair: dict[str, Any], label: str) -> str:
    if any(label not in results for results in pair.values()):
        return "–"
    adam, sgd = (pair[name][label]["seconds"]["median"] for name in ("adam", "sgd"))
    return times(adam / sgd)
