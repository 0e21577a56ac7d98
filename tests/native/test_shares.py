"""How the update is dealt out to threads with unlike work, all made up: nothing here is timed."""

from __future__ import annotations

import pytest

from cpp_program import printed


@pytest.fixture(scope="module")
def spreads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[float, float]]:
    """How much longer the last thread works than the first: at first, and after 20 slices."""
    found = printed("shares.cpp", tmp_path_factory.mktemp("shares"))
    return {name: (float(before), float(after)) for name, before, after in found}


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
