"""The compiled engine gives the same bits whatever the threads, the load and the way there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from neurona.engines import ENGINES

pytestmark = pytest.mark.skipif(
    not ENGINES["native"].installed(), reason="the compiled engine is not installed"
)
TESTS = Path(__file__).parents[1]
THREADS = [1, 2, 3, 4, 5, 6, 7, 8, -2, -3, -4, -5, -7]  # below 0: they send
ZEROS = [
    "narrow_zeros",
    "narrow_zeros_odd",
    "narrow_zeros_double",
    "narrow_zeros_large",
    "rows_zeros",
    "wide_zeros",
    "zeros_end",
]
CASES = [
    "narrow",
    "narrow_odd",
    "narrow_long",
    *ZEROS,
    "tiny",
    "wide",
    "wide_odd_float64",
    "one_row",
    "statistics",
    "clipped",
    "clipped_wide",
]


def environment(**more: str) -> dict[str, str]:
    """A process's environment in which it finds neurona and the tests."""
    path = os.pathsep.join([str(TESTS), *(p for p in sys.path if p)])
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", **more}


def hashes(
    cases: list[str], threads: list[Any], ways: list[str], **more: str
) -> dict[str, dict[str, list[str]]]:
    """What ``contract.native_hashes`` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "contract.native_hashes", json.dumps([cases, threads, ways])],
        env=environment(NEURONA_THREADS="8", **more),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout)
    return found


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Processes that do nothing but take processor time."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def assert_one_hash(found: dict[str, dict[str, list[str]]]) -> None:
    for case, by_hash in found.items():
        assert len(by_hash) == 1, f"{case}: {json.dumps(by_hash, indent=2)}"


def test_any_number_of_threads_under_load() -> None:
    with hogs(2):
        assert_one_hash(hashes(CASES, THREADS, ["one call"]))


def test_threads_of_unlike_speed() -> None:
    speeds = [[1, 0.2], [0.3, 1, 0.6], [2, 1, 0.1, 1], [1, 1, 1, 0.5, 0.2], [1, 0.05, 1, 1, 1, 1]]
    sending = [[-first, *others] for first, *others in speeds]
    assert_one_hash(hashes(CASES, [1, *speeds, *sending], ["one call"]))
    assert_one_hash(hashes(CASES, [1, *speeds, *sending], ["losses"]))


def test_losses_whatever_the_threads() -> None:
    assert_one_hash(hashes(CASES, [1, 2, 3, 4, -2, -4] * 2, ["losses"]))


def test_any_way() -> None:
    """In one call, epoch by epoch, or told of every batch; and in order, batch by batch."""
    assert_one_hash(hashes(CASES, [3, -3, None], ["one call", "epoch by epoch", "with a listener"]))
    assert_one_hash(hashes(CASES, [2, -2, None], ["in order", "batch by batch"]))


def test_zeros_left_out_or_not() -> None:
    assert_one_hash(hashes(ZEROS, [1, 2, -3], ["one call", "zeros unseen", "as float64"]))


def test_the_tests_can_tell_bits_apart() -> None:
    (first,), (second,) = (hashes(["tiny"], [1], [way])["tiny"] for way in ("one call", "in order"))
    assert first != second


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_200_fits_under_load(case: str) -> None:
    with hogs(os.cpu_count() or 1):
        found = hashes([case], [*THREADS * 14, *[None] * 18], ["one call"])
    assert sum(len(fits) for fits in found[case].values()) == 200
    assert_one_hash(found)
