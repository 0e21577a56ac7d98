"""The live bar: what it shows, what it costs, and how it leaves the terminal."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytest

from neurona.callbacks import Callback, EarlyStopping, LambdaCallback, ProgressBar
from paper_training import MEASURES, Clock, Terminal, epochs_shown, train
from small_model import PROGRAM, X, Y, xor_model


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    return Terminal()


def train_on(terminal: Terminal, clock: Clock, epochs: int, seconds: float, **more: Any) -> None:
    """Train on paper, with the bar on the terminal."""
    with redirect_stdout(terminal):
        train(ProgressBar(), clock, epochs, seconds, **more)
        assert sys.stdout is terminal


def fit_on(terminal: Terminal, epochs: int, callback: Callback) -> None:
    """Train a real model, with the bar on the terminal."""
    with redirect_stdout(terminal):
        try:
            xor_model().fit(X, Y, epochs=epochs, callbacks=[callback])
        finally:
            assert sys.stdout is terminal


# --- the bar on a terminal -----------------------------------------------------------


def test_the_bar_goes_and_the_lines_stay(terminal: Terminal, clock: Clock) -> None:
    train_on(terminal, clock, epochs=3, seconds=2.0)
    assert "━━" in terminal.getvalue()
    measures = "running loss 0.2500  running accuracy 0.5000  val_loss 0.3750  2.0 s/epoch"
    assert terminal.rows() == [
        f"epoch 1/3  {measures}  4 s left",
        f"epoch 2/3  {measures}  2 s left",
        f"epoch 3/3  {measures}",
        "",
    ]
    assert terminal.cursor_shown


def test_the_bar_shows_the_whole_run(terminal: Terminal, clock: Clock) -> None:
    progress = ProgressBar()
    progress.params = {"epochs": 4, "samples": 1000, "measures": MEASURES}
    with redirect_stdout(terminal):
        progress.on_train_begin({})
        for epoch in range(2):
            progress.on_epoch_begin(epoch, {})
            clock.now += 3.0
            progress.on_progress(1000, 1000, {"loss": 0.25, "accuracy": 0.5})
            if epoch == 0:
                progress.on_epoch_end(epoch, {"loss": 0.25})
    first, second = terminal.rows()[-2:]
    assert re.fullmatch(r"epoch 2/4 ━+[╸╺]?━* 50%  measuring  3.0 s/epoch", first)
    assert second == "running loss 0.2500  running accuracy 0.5000"
    with redirect_stdout(terminal):
        progress.on_train_end({})
    assert terminal.cursor_shown


@pytest.mark.parametrize("columns", [40, 24])
def test_narrow_terminals_stay_readable(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    train_on(terminal, clock, epochs=3, seconds=2.0)
    sent = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", terminal.getvalue())
    assert max(len(row) for row in re.split(r"[\r\n]+", sent)) <= columns
    assert "━━━━" in sent
    rows = terminal.rows()
    assert rows[0].startswith("epoch 1/3")
    assert "running accuracy 0.5000" in " ".join(" ".join(rows).split())
    assert not any("━" in row for row in rows)


def test_the_bar_is_drawn_few_times_a_second(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = []
    monkeypatch.setattr(ProgressBar, "_draw", counted(draws, ProgressBar._draw))
    train_on(terminal, clock, epochs=1000, seconds=0.004)  # 4 seconds
    assert 10 <= len(draws) <= 4 * 5 + 1


def counted(draws: list[float], draw: Callable[..., None]) -> Callable[..., None]:
    def counting(self: Any, *arguments: Any) -> None:
        draws.append(0.0)
        draw(self, *arguments)

    return counting


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_error_leaves_the_terminal_clean(terminal: Terminal, error: type) -> None:
    def fail(epoch: int, logs: Any) -> None:
        print("about to fail")
        raise error

    with pytest.raises(error):
        fit_on(terminal, 9, LambdaCallback(on_epoch_end=fail))
    assert terminal.cursor_shown
    first, second, last = terminal.rows()
    assert first.startswith("epoch 1/9  running loss")
    assert second == "about to fail"
    assert last == ""


def test_a_callback_that_cannot_begin_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    def fail(logs: Any) -> None:
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        fit_on(terminal, 9, LambdaCallback(on_train_begin=fail))
    assert terminal.getvalue() == ""


def test_what_else_is_printed_stays(terminal: Terminal) -> None:
    fit_on(terminal, 9, EarlyStopping("loss", min_delta=9.0, patience=1, verbose=1))
    first, second, third, last = (row.split(": ")[0].split("  ")[0] for row in terminal.rows())
    assert [first, second, third, last] == ["epoch 1/9", "epoch 2/9", "epoch 2", ""]


def test_no_color_is_honoured(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    train_on(terminal, clock, epochs=2, seconds=2.0)
    assert "━" in terminal.getvalue()
    assert not re.search(r"\x1b\[[\d;]*(3|4|9|10)[0-8](;|m)", terminal.getvalue())


@pytest.mark.parametrize("setting", [("TERM", "dumb"), ("TTY_COMPATIBLE", "0")])
def test_a_terminal_that_cannot_draw_gets_lines(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch, setting: tuple[str, str]
) -> None:
    monkeypatch.setenv(*setting)
    train_on(terminal, clock, epochs=2, seconds=2.0)
    assert "\x1b" not in terminal.getvalue()
    assert epochs_shown(terminal.getvalue()) == [1, 2]


def test_a_terminal_without_unicode(
    terminal: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    train_on(terminal, clock, epochs=2, seconds=2.0)
    assert terminal.getvalue().isascii()
    assert "----" in terminal.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_ctrl_c_on_a_real_terminal() -> None:
    import pty

    ours, theirs = pty.openpty()
    # Where tests run in the background, Ctrl-C is ignored unless asked for.
    program = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n" + PROGRAM
    training = subprocess.Popen(
        [sys.executable, "-c", program, "10000000"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    sent, bar = b"", "━".encode()
    try:
        while select.select([ours], [], [], 30.0)[0]:
            try:
                received = os.read(ours, 4096)
            except OSError:  # what Linux says at the end
                break
            if bar in received and bar not in sent:
                training.send_signal(signal.SIGINT)
            sent += received
            if not received:
                break
    finally:
        os.close(ours)
        training.kill()
    assert training.wait() != 0
    screen = Terminal(sent.decode(errors="replace").replace("\r\n", "\n"))
    assert screen.cursor_shown
    rows = screen.rows()
    assert rows[-2:] == ["KeyboardInterrupt", ""]
    assert not any("━" in row for row in rows)
