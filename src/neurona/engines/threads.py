"""How many threads NumPy's matrix products use."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any


def blas_threads(threads: int | None) -> AbstractContextManager[Any]:
    """A context in which BLAS uses that many threads; None leaves it alone."""
    if threads is None:
        return nullcontext()
    import threadpoolctl

    limits: AbstractContextManager[Any] = threadpoolctl.threadpool_limits(threads, "blas")
    return limits
