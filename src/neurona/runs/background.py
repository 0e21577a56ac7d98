"""Work beside the training: what waits for a disk, and costs no step then.

The only thread outside the native engine. A checkpoint takes a few milliseconds to
reach the disk, which would be a tenth of a short epoch; the training need not wait
for it, as what is written is a copy of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType


class Background:
    """Does one piece of work at a time in a thread, which ends with it.

    When it is left, the work has ended and nothing stays behind.

    >>> done = []
    >>> with Background() as background:
    ...     background.start(lambda: done.append(1))
    ...     background.start(lambda: done.append(2))
    >>> done
    [1, 2]
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def start(self, work: Callable[[], object]) -> None:
        """Begin a piece of work, as soon as the one before it has ended.

        Raises:
            The error that the one before it ended with.
        """
        self.wait()
        thread = threading.Thread(target=self._do, args=(work,), name="neurona-checkpoint")
        thread.start()
        self._thread = thread

    def _do(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            self._error = error

    def wait(self) -> None:
        """Return when the work has ended.

        Raises:
            The error that it ended with.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

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
