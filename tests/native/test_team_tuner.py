"""How many threads the tuner takes, on machines that are made up: nothing here is timed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Of the steps that the best fixed number of threads takes, at least: a machine that changes
# lets the tuner take more.
LEAST = {
    "quiet": 0.98,
    "hog": 0.9,
    "hogs": 0.9,
    "hog_leaves": 1.05,
    "hog_comes": 1.05,
    "shared_core": 0.95,
}


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    program = tmp_path_factory.mktemp("tuner") / "tuner"
    source = HERE / "team_tuner.cpp"
    command = [compiler, "-std=c++20", "-O1", f"-I{HERE.parents[1] / 'native'}", str(source)]
    subprocess.run([*command, "-o", str(program)], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return {name: float(share) for name, share in map(str.split, lines.splitlines())}


@pytest.mark.parametrize("machine", LEAST)
def test_nearly_as_many_steps_as_with_the_best_number(
    machine: str, shares: dict[str, float]
) -> None:
    assert shares[machine] >= LEAST[machine]
