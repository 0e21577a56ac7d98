"""Where a live bar can be drawn: a terminal, or a notebook's cell."""

from __future__ import annotations

import html
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from neurona.callbacks.progress.text import GAP, wrapped
from neurona.forks import UNCUT

LEAST_BAR = 8  # columns; where there are fewer, notes give way


@dataclass(frozen=True)
class Frame:
    """One picture of the bar.

    Attributes:
        title: what stands before the bar.
        fraction: how much of the bar is full, in [0, 1].
        notes: what stands after it, the most important first.
        measures: what stands below it.
    """

    title: str
    fraction: float
    notes: list[str]
    measures: list[str]


class Screen(ABC):
    """Shows one frame at a time, and lines that stay above it.

    No fork comes in between: it would leave the screen's locks taken in the child.
    """

    @abstractmethod
    def draw(self, frame: Frame) -> None:
        """Show the frame in place of the one before."""

    @abstractmethod
    def write(self, parts: list[str]) -> None:
        """Write a line that stays."""

    @abstractmethod
    def close(self) -> None:
        """Take the frame away, and leave everything as it was found."""


@UNCUT
def find_screen() -> Screen | None:
    """The screen that the program's output goes to; None if it is a file or a pipe."""
    shell = _notebook_shell()
    if shell is not None:
        return NotebookScreen()
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    from rich.console import Console

    console = Console(highlight=False)
    animates = console.is_interactive and not console.is_dumb_terminal
    return TerminalScreen(console) if animates else None


def _notebook_shell() -> Any:
    """The shell of the notebook (or other IPython front end) that runs this program."""
    ipython = sys.modules.get("IPython")  # in a notebook it is imported already
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


class TerminalScreen(Screen):
    """A terminal, by way of rich; without a thread of its own.

    Args:
        console: rich's.
    """

    @UNCUT
    def __init__(self, console: Any) -> None:
        from rich.live import Live

        self._console = console
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            # Other prints go above the bar, but what is sent to a file goes to the file.
            redirect_stderr=sys.stderr is not None and sys.stderr.isatty(),
        )

    @UNCUT
    def draw(self, frame: Frame) -> None:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        width = self._console.width
        notes = list(frame.notes)
        while len(notes) > 1 and _columns(frame.title, *notes) + LEAST_BAR > width:
            notes.pop()
        row = Table.grid(expand=True, padding=(0, 1))
        row.add_column(no_wrap=True)
        row.add_column(ratio=1)
        row.add_column(no_wrap=True)
        row.add_row(Text(frame.title), ProgressBar(1.0, frame.fraction), Text(GAP.join(notes)))
        self._live.start()  # where it has not been
        self._live.update(Group(row, Text(wrapped(frame.measures, width))), refresh=True)

    @UNCUT
    def write(self, parts: list[str]) -> None:
        from rich.text import Text

        self._console.print(Text(wrapped(parts, self._console.width)))

    @UNCUT
    def close(self) -> None:
        self._live.stop()


def _columns(*texts: str) -> int:
    return sum(len(text) + len(GAP) for text in texts)


class NotebookScreen(Screen):
    """The output of a notebook's cell."""

    def __init__(self) -> None:
        self._handle: Any = None

    @UNCUT
    def draw(self, frame: Frame) -> None:
        row = GAP.join([frame.title, *frame.notes])
        measures = GAP.join(frame.measures)
        bar = f'<progress value="{frame.fraction:.4f}" max="1"></progress>'
        page = f"<div>{bar} {html.escape(row)}</div><pre>{html.escape(measures)}</pre>"
        self._show({"text/html": page, "text/plain": f"{row}\n{measures}"})

    def _show(self, bundle: dict[str, str]) -> None:
        from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    @UNCUT
    def write(self, parts: list[str]) -> None:
        print(GAP.join(parts), flush=True)

    @UNCUT
    def close(self) -> None:
        if self._handle is not None:
            self._show({"text/html": "", "text/plain": ""})
