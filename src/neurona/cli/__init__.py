"""The command ``neurona``: arguments in, the library's public functions, words out.

``python -m neurona`` is the same. Exit codes: 0 done; 1 it failed (a damaged file,
a training that diverged …); 2 it was asked for wrongly; 130 stopped by Ctrl-C;
143 stopped by SIGTERM.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from typing import Any

from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    ConvergenceWarning,
    DataWarning,
    NeuronaError,
    RecoveryWarning,
    UnknownNameError,
)

FAILURE, MISUSE, INTERRUPTED = 1, 2, 130
BOXED_HELP = 80  # columns; in fewer, boxes round the help would leave its words no room
TOLD_IN_A_LINE = (DataWarning, ConvergenceWarning, RecoveryWarning)
ASKED_WRONGLY = (ArgumentError, ArgumentTypeError, UnknownNameError)


class StoppedError(Exception):
    """Stopped by Ctrl-C or SIGTERM, with what became of the work.

    Args:
        message: what to say.
        code: to exit with.
    """

    def __init__(self, message: str, code: int = INTERRUPTED) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: those after the command's name; by default the process's own.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    neurona ...
    0
    """
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without "é" shows "?", not a traceback
            stream.reconfigure(errors="replace")
    with _warnings_as_lines():
        try:
            code = _run(sys.argv[1:] if arguments is None else list(arguments))
            sys.stdout.flush()
            return code
        except BrokenPipeError:  # the reader of our output has gone: `neurona … | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FAILURE


def _open_closed_streams() -> None:
    """Let what is written to a stream that was closed, as by ``>&-``, go nowhere."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the process
    if sys.stderr is None:  # print would take stdout in its place
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _run(arguments: list[str]) -> int:
    import typer

    from neurona.cli.app import app

    usage_error: Any = typer.BadParameter.__base__  # click's, wherever typer keeps it
    columns = get_terminal_size().columns
    app.rich_markup_mode = "rich" if columns >= BOXED_HELP else None
    try:
        command = typer.main.get_command(app)
        code = command.main(
            arguments, prog_name="neurona", standalone_mode=False, terminal_width=columns
        )
        if code == INTERRUPTED:
            say("interrupted.")
        return int(code or 0)
    except SystemExit as end:  # from shell completion, and from rich when a pipe breaks
        return int(end.code or 0)
    except (typer.Abort, KeyboardInterrupt):
        say("interrupted.")
        return INTERRUPTED
    except StoppedError as stop:
        say(str(stop))
        return stop.code
    except usage_error as error:
        return _misuse(error)
    except NeuronaError as error:
        say(f"error: {error}")
        return MISUSE if isinstance(error, ASKED_WRONGLY) else FAILURE
    except BrokenPipeError:
        raise
    except (OSError, ImportError, MemoryError) as error:
        say(f"error: {_reason(error)}")
        return FAILURE


def say(message: str) -> None:
    """Tell the user something on stderr."""
    print(f"neurona: {message}", file=sys.stderr)


def _misuse(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # a bare `neurona`: the help is the answer
        print(error.format_message())
        return MISUSE
    command = error.ctx.command_path if error.ctx else "neurona"
    say(f"error: {error.format_message()}\nTry: {command} --help")
    return MISUSE


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    if isinstance(error, MemoryError):
        return f"not enough memory. {error}".rstrip()
    return str(error) or type(error).__name__


@contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Show the library's warnings as one line each, without their place in its source."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Any, category: Any, *place: Any, **more: Any) -> None:
            if issubclass(category, TOLD_IN_A_LINE):
                say(f"warning: {message}")
            else:
                usual(message, category, *place, **more)

        warnings.showwarning = show
        for category in TOLD_IN_A_LINE:
            warnings.simplefilter("always", category)
        yield
