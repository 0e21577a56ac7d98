"""BLAS's number of threads: one, so that a product's last bits are always the same.

BLAS cuts a product into other pieces on other numbers of threads, and with that rounds
its sums otherwise. On small networks more threads are slower besides; and when they are
done, they keep their cores busy for a while, waiting, where the engine would train.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from neurona.forks import UNCUT


class OneBlasThread:
    """While it is entered, by any number of threads at once, BLAS uses one thread of its own.

    The setting is the process's: the last to leave gives back what the first one found.
    A fork waits for all others to leave, so that its child finds BLAS as it was, too.

    >>> with OneBlasThread():
    ...     pass
    """

    _lock = threading.Lock()
    _inside = 0
    _limit: Any = None

    def __enter__(self) -> None:
        kind = OneBlasThread
        UNCUT.__enter__()
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
        UNCUT.__exit__()


@cache
def _controller() -> Any:
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()
