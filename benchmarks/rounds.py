"""Taking turns, A B C A B C …, and what comes out of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from benchmarks.client import WorkerError

T = TypeVar("T")
LEAST = 3  # rounds, however long they take
PAUSE = 0.25  # seconds, for threads that spin a while after their work


def interleave(
    tasks: Mapping[str, Callable[[], T]],
    rounds: int,
    seconds: float,
    before: Callable[[], object] = lambda: None,
) -> tuple[dict[str, list[T]], dict[str, str]]:
    """Run every task once a round, so that a slow minute of the machine meets all.

    Args:
        tasks: by name.
        rounds: at most so many.
        seconds: no new round after so long, except the first few.
        before: is called before each turn.

    Returns:
        Results by name, and why a task was left out: one that fails does so for good.
    """
    results: dict[str, list[T]] = {name: [] for name in tasks}
    failed: dict[str, str] = {}
    began = time.perf_counter()
    for done in range(rounds):
        if done >= LEAST and time.perf_counter() - began > seconds:
            break
        for name, task in tasks.items():
            if name in failed:
                continue
            time.sleep(PAUSE)
            before()
            try:
                results[name].append(task())
            except WorkerError as error:
                failed[name] = str(error)
    return {name: found for name, found in results.items() if name not in failed}, failed


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, least, greatest and number of some measurements, and all of them."""
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "count": len(values),
        "values": list(values),
    }


def ratio(found: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """How many times the other each is, round by round: a slow minute meets both of a round."""
    pairs = zip(found["values"], other["values"], strict=False)  # one may not have come to its end
    return spread([one / two for one, two in pairs])
