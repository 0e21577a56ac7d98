"""Ctrl-C and SIGTERM: held back until a checkpoint is written, or a bar drawn."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

ENDED = 128 + signal.SIGTERM  # the code that a program ends with after it
Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


def leave(number: int, frame: FrameType | None) -> None:
    """A handler that ends the program as shells have it: by SystemExit(128 + number)."""
    raise SystemExit(128 + number)


@contextmanager
def sigterm_raises() -> Iterator[None]:
    """Meanwhile SIGTERM raises SystemExit(143), as Ctrl-C raises KeyboardInterrupt.

    A handler of the program's own is left alone, and so are all where this is not the
    main thread.
    """
    try:
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, leave)
    except ValueError:  # only the main thread may
        pass
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is leave:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


class HeldSignals:
    """While it is entered, notes the first SIGINT or SIGTERM in place of obeying it.

    A second one is obeyed at once. Signals that the program handles itself are left
    to it, and so are all where this is not the main thread.

    Args:
        numbers: SIGINT, SIGTERM or both; both unless said.

    Attributes:
        noted: the signal that is waiting, or None.
    """

    def __init__(self, *numbers: int) -> None:
        self._numbers = numbers or (signal.SIGINT, signal.SIGTERM)
        self.noted: int | None = None
        self._before: dict[int, Handler] = {}

    def __enter__(self) -> HeldSignals:
        usual: dict[int, tuple[Handler, ...]] = {
            signal.SIGINT: (signal.default_int_handler,),
            signal.SIGTERM: (signal.SIG_DFL, leave),
        }
        for number in self._numbers:
            if signal.getsignal(number) in usual[number]:
                try:
                    self._before[number] = signal.signal(number, self._note)
                except ValueError:  # only the main thread may
                    return self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        if error is None:
            self.obey()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.noted is None:
            self.noted = number
        else:
            self.noted = number
            self.obey()

    def obey(self) -> None:
        """Do what the signal that waits asks for.

        Raises:
            KeyboardInterrupt: it is SIGINT.
            SystemExit: it is SIGTERM; with code 143, as shells have it.
        """
        number, self.noted = self.noted, None
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if number is not None:
            leave(number, None)
