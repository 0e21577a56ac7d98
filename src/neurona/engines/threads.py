"""What Python threads share: the making of engines, and BLAS's number of threads.

NumPy's matrix products get one thread, so that their last bits are always the same.

BLAS cuts a product into other pieces on other numbers of threads, and with that rounds
its sums otherwise. On small networks more threads are slower besides.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

# Engines, and what they run on, are made one at a time: two threads that first use a
# model at once must get the same one.
MAKING = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=MAKING._at_fork_reinit)  # type: ignore[attr-defined]


class OneBlasThread:
    """While it is entered, by any number of threads at once, BLAS uses one thread of its own.

    The setting is the process's: the last to leave gives back what the first one found.

    >>> with OneBlasThread():
    ...     pass
    """

    _lock = threading.Lock()
    _inside = 0
    _limit: Any = None

    def __enter__(self) -> None:
        kind = OneBlasThread
        with kind._lock:
            if kind._inside == 0:
                kind._limit = _controller().limit(limits=1, user_api="blas")
            kind._inside += 1

    def __exit__(self, *failure: object) -> None:
        kind = OneBlasThread
        with kind._lock:
            kind._inside -= 1
            if kind._inside == 0:
                kind._limit.restore_original_limits()


@cache
def _controller() -> Any:
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()
