"""What Python threads share: the making of engines."""

from __future__ import annotations

import threading

from neurona.forks import UNCUT


class Making:
    """Engines, and what they run on, are made one at a time, and no fork comes in between.

    Two threads that first use a model at once get the same engine.

    >>> with MAKING:
    ...     pass
    """

    _lock = threading.RLock()

    def __enter__(self) -> None:
        UNCUT.__enter__()
        try:
            self._lock.acquire()
        except BaseException:  # Ctrl-C, while another thread makes one
            UNCUT.__exit__()
            raise

    def __exit__(self, *failure: object) -> None:
        self._lock.release()
        UNCUT.__exit__()


MAKING = Making()
