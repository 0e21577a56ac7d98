"""How the update is dealt out to threads with unlike work, all made up: nothing here is timed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def spreads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """How much longer the last thread works than the first: at first, and after 20 slices."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    program = tmp_path_factory.mktemp("shares") / "shares"
    command = [compiler, "-std=c++20", "-O1", f"-I{HERE.parents[1] / 'native'}"]
    subprocess.run([*command, str(HERE / "shares.cpp"), "-o", str(program)], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    words = map(str.split, lines.splitlines())
    return {name: (float(before), float(after)) for name, before, after in words}


@pytest.mark.parametrize("work", ["more_below", "more_above", "four"])
def test_the_update_evens_out_unlike_work(
    work: str, spreads: dict[str, tuple[float, float]]
) -> None:
    before, after = spreads[work]
    assert before > 0.1
    assert after < 0.025


def test_work_that_is_alike_stays_where_it_is(spreads: dict[str, tuple[float, float]]) -> None:
    assert spreads["alike"] == (0, 0)


def test_who_has_too_much_gets_nothing_else(spreads: dict[str, tuple[float, float]]) -> None:
    assert spreads["too_much"][1] == pytest.approx(16 / 8 - 1)
