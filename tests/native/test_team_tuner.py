"""How many threads the tuner takes, on machines that are made up: nothing here is timed."""

from __future__ import annotations

import pytest

from cpp_program import printed

# Of the steps that the best fixed number of threads takes, at least: a machine that changes
# lets the tuner take more.
LEAST = {
    "quiet": 0.98,
    "long_steps": 0.98,
    "hog": 0.9,
    "hogs": 0.9,
    "hog_leaves": 1.05,
    "hog_comes": 1.05,
    "hog_leaves_long_steps": 0.98,
    "hog_comes_long_steps": 0.98,
    "shared_core": 0.95,
}


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    found = printed("team_tuner.cpp", tmp_path_factory.mktemp("tuner"))
    return {name: float(share) for name, share in found}


@pytest.mark.parametrize("machine", LEAST)
def test_nearly_as_many_steps_as_with_the_best_number(
    machine: str, shares: dict[str, float]
) -> None:
    assert shares[machine] >= LEAST[machine]
