"""Work beside the training: what waits for a disk, and costs no step then.

The only thread outside the native engine. A checkpoint takes a few milliseconds to
reach the disk, which would be a tenth of a short epoch; the training need not wait
for it, as what is written is a copy of its own. Where the disk takes longer than an
epoch, it is always at the newest checkpoint that there was when it had a hand free.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

# Seconds before a piece of work is begun, unless it is waited for: training is then in
# compiled code again. Two threads in Python take turns, and the one would hold up the other.
LULL = 0.01


class Background:
    """Does one piece of work at a time, in a thread that lives while this is entered.

    When it is left, the work has ended and nothing stays behind.

    >>> done = []
    >>> with Background() as background:
    ...     background.start(lambda: done.append(1))
    ...     background.wait()
    ...     background.start(lambda: done.append(2))
    >>> done
    [1, 2]
    """

    def __init__(self) -> None:
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._changed: threading.Condition | None = None
        self._thread: threading.Thread | None = None
        self._next: Callable[[], object] | None = None
        self._at_work = self._over = self._awaited = False
        self._error: BaseException | None = None

    def start(self, work: Callable[[], object]) -> None:
        """Begin a piece of work as soon as the one in hand has ended, without waiting for that.

        It takes the place of one that was to begin then and has not.

        Raises:
            The error that one before it ended with.
        """
        changed = self._alive()
        self._raise()
        if self._thread is None:
            # Who trains waits for it at the end; if that is a daemon, both are broken off.
            self._thread = threading.Thread(
                target=self._work, name="neurona-checkpoint", daemon=True
            )
            self._thread.start()
        with changed:
            self._next = work
            changed.notify_all()

    def wait(self) -> None:
        """Return when all work has ended.

        Raises:
            The error that it ended with.
        """
        changed = self._alive()
        with changed:
            self._awaited = True
            changed.notify_all()
            while self._at_work or self._next is not None:
                changed.wait()
            self._awaited = False
        self._raise()

    def _alive(self) -> threading.Condition:
        """What both threads wait on. A forked child has no thread, and nothing to end."""
        if self._changed is None or (self._thread is not None and not self._thread.is_alive()):
            self._begin_anew()
            self._changed = threading.Condition()
        return self._changed

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _work(self) -> None:
        changed = self._changed
        assert changed is not None
        while True:
            with changed:
                self._at_work = False
                changed.notify_all()
                while self._next is None and not self._over:
                    changed.wait()
                changed.wait_for(lambda: self._awaited or self._over, LULL)
                work, self._next = self._next, None
                self._at_work = work is not None
            if work is None:
                return
            try:
                work()
            except BaseException as error:
                with changed:  # what was to follow would hide it
                    self._error, self._next = error, None
            del work  # and the copy that it wrote

    def __enter__(self) -> Background:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.wait()
        except Exception:
            if error is None:  # else that one is told
                raise
        finally:
            self._end()

    def _end(self) -> None:
        changed, self._over = self._alive(), True
        with changed:
            changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self._begin_anew()
