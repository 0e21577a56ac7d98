"""The display of training: what it says, how often, and how it leaves the terminal."""

from __future__ import annotations

import itertools
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurona.callbacks import ProgressBar, ProgressLines
from neurona.callbacks.progress import display
from neurona.callbacks.progress.pace import Pace
from neurona.errors import ArgumentError
from paper_training import Clock, epochs_shown, train
from small_model import PROGRAM, X, Y, xor_model


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# --- levels of verbose ---------------------------------------------------------------


def test_the_levels_of_verbose() -> None:
    assert display(0) == display(False) == []
    for verbose in ("auto", 1, True):
        (shown,) = display(verbose)
        assert isinstance(shown, ProgressBar)
    (shown,) = display(2)
    assert type(shown) is ProgressLines


@pytest.mark.parametrize("verbose", [3, -1, "bar", "0", None, 0.5])
def test_other_levels_are_refused(verbose: Any) -> None:
    with pytest.raises(ArgumentError, match="verbose"):
        display(verbose)


def test_a_line_for_each_epoch_says_what_is_measured(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    train(*display(2), clock, epochs=2, seconds=90.0)
    measures = "running loss 0.2500  running accuracy 0.5000  val_loss 0.3750  1 min 30 s/epoch"
    assert capsys.readouterr().out.splitlines() == [
        f"epoch 1/2  {measures}  1 min 30 s left",
        f"epoch 2/2  {measures}",
    ]


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    xor_model().fit(X, Y, epochs=2, verbose=0)
    assert capsys.readouterr() == ("", "")


# --- lines ---------------------------------------------------------------------------


def test_at_most_a_line_a_second_and_always_the_last(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    train(ProgressBar(), clock, epochs=1000, seconds=0.01)  # no terminal: lines
    shown = epochs_shown(capsys.readouterr().out)
    assert len(shown) <= 11
    assert shown[0] == 1
    assert shown[-1] == 1000
    assert all(later - sooner >= 100 for sooner, later in itertools.pairwise(shown[:-1]))


def test_the_last_line_comes_also_when_training_stops_early(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    train(ProgressBar(), clock, epochs=1000, seconds=0.01, stop_after=30)
    assert epochs_shown(capsys.readouterr().out) == [1, 30]


def test_a_long_epoch_gives_a_sign_of_life(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    train(ProgressBar(), clock, epochs=1, seconds=100.0, calls=100)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 11
    assert out[4].startswith("epoch 1/1  50%  running loss")
    assert out[4].endswith("50 s left")
    train(*display(2), clock, epochs=1, seconds=100.0, calls=100)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_length_of_an_unknown_epoch_is_learnt(
    capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    train(ProgressBar(), clock, epochs=2, seconds=24.0, calls=24, total=None)
    places = [line.split("  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert places[0].endswith(" rows")
    assert places[3].endswith("%")


def test_short_epochs_need_no_moment_of_their_own() -> None:
    """They may be told of many at a time, unless each is to have its line."""
    assert ProgressBar().epochs_to_hear is None
    assert ProgressLines(interval=1.0).epochs_to_hear is None
    (lines,) = display(2)
    assert lines.epochs_to_hear == 1


def test_the_time_of_short_epochs_is_their_mean() -> None:
    pace = Pace(10, 1000, 5.0)
    for epoch in range(10, 30):  # 20 that took 0.1 seconds, told of in no time
        pace.begin_epoch(epoch, 5.1)
        pace.end_epoch(5.1)
    assert pace.epoch_seconds == pytest.approx(0.1 / 20)
    long = Pace(0, 10, 0.0)
    for epoch, seconds in enumerate([1.0, 2.0, 4.0]):
        long.begin_epoch(epoch, 2.0**epoch)
        long.end_epoch(2.0**epoch + seconds)
        assert long.epoch_seconds == seconds


@given(
    st.lists(st.lists(st.integers(1, 50), max_size=4), min_size=1, max_size=6),
    st.sampled_from([None, 50]),
)
def test_the_fraction_done_only_grows(epochs: list[list[int]], rows: int | None) -> None:
    pace, now, before = Pace(3, 3 + len(epochs), 0.0, rows), 0.0, 0.0
    for epoch, steps in enumerate(epochs, 3):
        pace.begin_epoch(epoch, now)
        for done in sorted(steps):
            pace.progress(done, rows)
            assert before <= pace.fraction <= 1.0
            before, now = pace.fraction, now + 1.0
        pace.end_epoch(now)
        assert pace.fraction == (epoch - 2) / len(epochs)
        before = pace.fraction
    assert pace.left(now) == 0.0


# --- elsewhere -----------------------------------------------------------------------


def test_a_notebook_gets_a_bar_in_its_cell(
    capsys: pytest.CaptureFixture[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles: list[dict[str, str]] = []

    def show(bundle: dict[str, str], raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        bundles.append(bundle)
        return SimpleNamespace(update=lambda bundle, raw: bundles.append(bundle))

    ipython, shown = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    shown.display = show  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    train(ProgressBar(), clock, epochs=2, seconds=2.0)
    assert 'value="0.5000"' in bundles[4]["text/html"]
    assert "running loss 0.2500" in bundles[4]["text/plain"]
    assert bundles[-1] == {"text/html": "", "text/plain": ""}
    assert epochs_shown(capsys.readouterr().out) == [1, 2]


def test_ipython_in_a_terminal_is_no_notebook(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: SimpleNamespace()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    train(ProgressBar(), clock, epochs=2, seconds=2.0)
    assert epochs_shown(capsys.readouterr().out) == [1, 2]


def test_a_pipe_gets_lines_and_does_not_load_rich() -> None:
    program = [sys.executable, "-c", PROGRAM, "3"]
    out = subprocess.run(program, capture_output=True, text=True, check=True)
    first, *_, last, loaded = out.stdout.splitlines()
    assert first.startswith("epoch 1/3  running loss")
    assert last.startswith("epoch 3/3  running loss")
    assert loaded == "False"
    assert out.stderr == ""
