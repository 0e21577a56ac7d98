"""A run that is killed at any moment, and resumed, ends in the same bits."""

from __future__ import annotations

import os

import pytest

from faults.kill import Tally, finish, start, torture
from neurona.engines import ENGINES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")


def check(engine: str, kills: int, seed: int) -> Tally:
    tally = torture(engine, kills, seed, finish(start(engine)))
    assert tally.kills == kills
    assert tally.runs > 0
    assert not tally.faults, "\n".join(tally.faults)
    return tally


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_few_kills(engine: str) -> None:
    check(engine, kills=4, seed=3)


@pytest.mark.slow
def test_200_kills_over_all_engines() -> None:
    share = -(-200 // len(ENGINES))
    tallies = [check(engine, share, seed=1) for engine in sorted(ENGINES)]
    assert sum(tally.kills for tally in tallies) >= 200
    assert sum(tally.saving for tally in tallies) > 0, "none was killed while it saved"
