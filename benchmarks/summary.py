"""The page's head: neurona against the best peer at each job, and what it aims at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.data import SHIFTED
from benchmarks.peers import BFLOAT16, KERAS, NEURONA, SKLEARN, TORCH
from benchmarks.rounds import ratio
from benchmarks.suites import epochs, iris, latency
from benchmarks.tables import join, number, table, times
from benchmarks.work import OPTIMIZERS, Work

# How many times faster than the best peer training is to be on 4 cores: network, batch, goal.
GOALS = {(epochs.NARROW, 100): 4.5, (epochs.NARROW, 32): 5.0, (epochs.SMALL, 32): 8.0}
GOALS[epochs.WIDE, 100] = 1.5
BFLOAT16_GOAL, STEP_GOAL, ROW_GOAL = 2.4, 5.0, 10.0
ADAM_GOAL = 1.15  # times SGD's time, at most
Entries = Mapping[str, dict[str, Any]]  # results with how they were had, by suite
GOAL_CORES, ALLOWANCE = 4, 0.8  # with fewer cores, so much of these ratios
PROCESS_GOALS = {SKLEARN.label: 1.0, TORCH.label: 5.0, KERAS.label: 5.0}


@dataclass(frozen=True)
class Line:
    """A job: neurona's median and the best peer's, in the same unit.

    Args:
        times: peer / neurona, the median of the ratios of each round.
        ratio: the least that this is to be.
        limit: the most that neurona may take.
    """

    work: str
    unit: str
    ours: float
    peer: str
    theirs: float
    times: float
    ratio: float | None = None
    limit: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None if there is none."""
        if self.ratio is None and self.limit is None:
            return None
        fast = self.ratio is None or self.times >= self.ratio
        return fast and (self.limit is None or self.ours <= self.limit)


def lines(entries: Entries) -> list[Line]:
    """Of all suites whose results are there."""
    makers = {"epochs": _epochs, "iris": _iris, "process": _process, "latency": _latency}
    return [
        line
        for name, make in makers.items()
        if name in entries
        for line in make(entries[name]["result"], entries[name]["threads"])
    ]


def full(entries: Entries) -> str:
    """What the ratios and goals are, and every line."""
    rows = [[*_row(line), _goal(line)] for line in lines(entries)]
    words = _goals(entries.get("epochs", {"threads": GOAL_CORES})["threads"])
    return join(words, table(["work", "neurona", "best peer", "ratio", "goal"], rows))


def _goals(threads: int) -> str:
    text = (
        "Medians. The ratio is the peer's time divided by neurona's of the same round, so below 1× "
        "the peer is faster. The goals are those the project set itself"
    )
    if threads >= GOAL_CORES:
        return text + "."
    return (
        f"{text}; those of epochs are meant for {GOAL_CORES} cores, with fewer a ratio may be "
        f"{1 - ALLOWANCE:.0%} less: that is what is written here."
    )


def short(entries: Entries) -> str:
    """For the README: the lines that have a goal, without it, and those without zeros."""
    wanted = [
        line for line in lines(entries) if line.met is not None or epochs.NO_ZEROS in line.work
    ]
    rows = [_row(line) for line in wanted]
    return table(["work", "neurona", "best peer", "ratio"], rows)


def _row(line: Line) -> list[str]:
    ours, theirs = f"{number(line.ours)} {line.unit}", f"{number(line.theirs)} {line.unit}"
    return [line.work, ours, f"{theirs} ({line.peer})", times(line.times)]


def _goal(line: Line) -> str:
    if line.met is None:
        return ""
    ratio = "" if line.ratio is None else f"{line.ratio:.3g}×"
    limit = "" if line.limit is None else f"{line.limit:g} {line.unit}"
    wanted = ", ".join(each for each in (ratio, limit) if each)
    return f"{wanted}: {'met' if line.met else 'missed'}"


def _against(
    work: str, unit: str, results: dict[str, Any], ours: str, scale: float = 1.0, **goal: Any
) -> Iterator[Line]:
    """One of neurona's ways against the fastest that is not neurona."""
    medians = {label: scale * each["seconds"]["median"] for label, each in results.items()}
    peers = [label for label in medians if label != ours and not label.startswith(NEURONA)]
    if ours in medians and peers:
        best = min(peers, key=medians.__getitem__)
        factor = ratio(results[best]["seconds"], results[ours]["seconds"])["median"]
        yield Line(work, unit, medians[ours], best, medians[best], factor, **goal)


def _epochs(result: dict[str, Any], threads: int) -> Iterator[Line]:
    allowance = 1.0 if threads >= GOAL_CORES else ALLOWANCE
    for one in result["measured"]:
        work, results = Work.from_dict(one["work"]), one["results"]
        title = f"{work.network}, batch {work.batch_size}, {OPTIMIZERS[work.optimizer]}"
        if work.data == SHIFTED:
            title += f", {epochs.NO_ZEROS}"
        aimed = work.optimizer == "sgd" and work.data != SHIFTED
        goal = GOALS.get((work.sizes, work.batch_size)) if aimed else None
        least = allowance * goal if goal else None
        yield from _against(title, "s", results, NEURONA, ratio=least)
        lower = allowance * BFLOAT16_GOAL if aimed and work.batch_size == 100 else None
        yield from _against(f"{title}, bfloat16", "s", results, BFLOAT16, ratio=lower)
    sizes, batch = epochs.PAIR
    pair = {OPTIMIZERS[name]: {"seconds": found} for name, found in result["optimizers"].items()}
    title = f"{Work(sizes, batch).network}, batch {batch}, Adam against SGD"
    yield from _against(title, "s", pair, OPTIMIZERS["adam"], ratio=round(1 / ADAM_GOAL, 2))


def _iris(result: dict[str, Any], _: int) -> Iterator[Line]:
    for one in result["measured"]:
        work, factor = Work.from_dict(one["work"]), iris.step(one)
        title = f"{work.network}, batch {work.batch_size}, {OPTIMIZERS[work.optimizer]}: a step"
        limit = STEP_GOAL if work.optimizer == "sgd" else None
        yield from _against(title, "µs", one["results"], NEURONA, factor, limit=limit)


def _process(result: dict[str, Any], _: int) -> Iterator[Line]:
    for name, one in result.items():
        results = one["results"]
        for peer, goal in PROCESS_GOALS.items():
            pair = {label: results[label] for label in (NEURONA, peer) if label in results}
            wanted = goal if name == "iris" else None
            yield from _against(f"`neurona train {name}`", "s", pair, NEURONA, ratio=wanted)


def _latency(result: dict[str, Any], _: int) -> Iterator[Line]:
    network = Work.from_dict(result["work"]).network
    results = {label: {"seconds": each["median"]} for label, each in result["results"].items()}
    ours = latency.COMPILED if latency.COMPILED in results else NEURONA
    yield from _against(f"{network}: one row", "µs", results, ours, ratio=1.0, limit=ROW_GOAL)
