"""The page's head: neurona against the best peer at each job, and what it aims at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.data import SHIFTED
from benchmarks.peers import BFLOAT16, KERAS, NEURONA, SKLEARN, TORCH
from benchmarks.suites import epochs, iris, latency
from benchmarks.tables import number, table, times
from benchmarks.work import OPTIMIZERS, Work

# How many times faster than the best peer training is to be: network, batch, goal.
GOALS = {(epochs.NARROW, 100): 4.5, (epochs.NARROW, 32): 5.0, (epochs.SMALL, 32): 8.0}
GOALS[epochs.WIDE, 100] = 1.5
BFLOAT16_GOAL, STEP_GOAL, ROW_GOAL = 2.4, 5.0, 10.0
ADAM_GOAL = 1.15  # times SGD's time, at most
PROCESS_GOALS = {SKLEARN.label: 1.0, TORCH.label: 5.0, KERAS.label: 5.0}


@dataclass(frozen=True)
class Line:
    """A job: neurona's median and the best peer's, in the same unit.

    Args:
        ratio: the least that peer / neurona is to be.
        limit: the most that neurona may take.
    """

    work: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: float | None = None
    limit: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None if there is none."""
        if self.ratio is None and self.limit is None:
            return None
        fast = self.ratio is None or self.theirs / self.ours >= self.ratio
        return fast and (self.limit is None or self.ours <= self.limit)


def lines(results: dict[str, Any]) -> list[Line]:
    """Of all suites whose results are there."""
    makers = {"epochs": _epochs, "iris": _iris, "process": _process, "latency": _latency}
    return [
        line for name, make in makers.items() if name in results for line in make(results[name])
    ]


def full(results: dict[str, Any]) -> str:
    """Every line, with its goal."""
    rows = [[*_row(line), _goal(line)] for line in lines(results)]
    return table(["work", "neurona", "best peer", "ratio", "goal"], rows)


def short(results: dict[str, Any]) -> str:
    """For the README: the lines that have a goal, without it, and those without zeros."""
    wanted = [
        line for line in lines(results) if line.met is not None or epochs.NO_ZEROS in line.work
    ]
    rows = [_row(line) for line in wanted]
    return table(["work", "neurona", "best peer", "ratio"], rows)


def _row(line: Line) -> list[str]:
    ours, theirs = f"{number(line.ours)} {line.unit}", f"{number(line.theirs)} {line.unit}"
    return [line.work, ours, f"{theirs} ({line.peer})", times(line.theirs / line.ours)]


def _goal(line: Line) -> str:
    if line.met is None:
        return ""
    ratio = "" if line.ratio is None else f"{line.ratio:g}×"
    limit = "" if line.limit is None else f"{line.limit:g} {line.unit}"
    wanted = ", ".join(each for each in (ratio, limit) if each)
    return f"{wanted}: {'met' if line.met else 'missed'}"


def _best(medians: dict[str, float]) -> tuple[str, float] | None:
    """The fastest that is not neurona."""
    peers = {label: value for label, value in medians.items() if not label.startswith(NEURONA)}
    return min(peers.items(), key=lambda pair: pair[1], default=None)


def _against(
    work: str, unit: str, medians: dict[str, float], ours: str, **goal: Any
) -> Iterator[Line]:
    best = _best(medians)
    if ours in medians and best:
        yield Line(work, unit, medians[ours], *best, **goal)


def _seconds(results: dict[str, Any]) -> dict[str, float]:
    return {label: each["seconds"]["median"] for label, each in results.items()}


def _epochs(result: dict[str, Any]) -> Iterator[Line]:
    for one in result["measured"]:
        work, medians = Work.from_dict(one["work"]), _seconds(one["results"])
        title = f"{work.network}, batch {work.batch_size}, {OPTIMIZERS[work.optimizer]}"
        if work.data == SHIFTED:
            title += f", {epochs.NO_ZEROS}"
        aimed = work.optimizer == "sgd" and work.data != SHIFTED
        goal = GOALS.get((work.sizes, work.batch_size)) if aimed else None
        yield from _against(title, "s", medians, NEURONA, ratio=goal)
        wide = aimed and work.batch_size == 100
        lower = BFLOAT16_GOAL if wide else None
        yield from _against(f"{title}, bfloat16", "s", medians, BFLOAT16, ratio=lower)
    sizes, batch = epochs.PAIR
    sgd, adam = (result["optimizers"][name]["median"] for name in ("sgd", "adam"))
    title = f"{Work(sizes, batch).network}, batch {batch}, Adam against SGD"
    yield Line(title, "s", adam, "neurona, SGD", sgd, ratio=round(1 / ADAM_GOAL, 2))


def _iris(result: dict[str, Any]) -> Iterator[Line]:
    for one in result["measured"]:
        work, factor = Work.from_dict(one["work"]), iris.step(one)
        medians = {label: factor * value for label, value in _seconds(one["results"]).items()}
        title = f"{work.network}, batch {work.batch_size}, {OPTIMIZERS[work.optimizer]}: a step"
        limit = STEP_GOAL if work.optimizer == "sgd" else None
        yield from _against(title, "µs", medians, NEURONA, limit=limit)


def _process(result: dict[str, Any]) -> Iterator[Line]:
    for name, one in result.items():
        medians = _seconds(one["results"])
        for peer, goal in PROCESS_GOALS.items():
            pair = {label: medians[label] for label in (NEURONA, peer) if label in medians}
            wanted = goal if name == "iris" else None
            yield from _against(f"`neurona train {name}`", "s", pair, NEURONA, ratio=wanted)


def _latency(result: dict[str, Any]) -> Iterator[Line]:
    network = Work.from_dict(result["work"]).network
    medians = {label: each["median"]["median"] for label, each in result["results"].items()}
    ours = latency.COMPILED if latency.COMPILED in medians else NEURONA
    yield from _against(f"{network}: one row", "µs", medians, ours, ratio=1.0, limit=ROW_GOAL)
