"""Forks: what other threads are at is finished first.

A fork copies the thread that calls it and no other. What the others hold locked stays
locked in the child for ever, and what they are at stays half done there: an engine half
made, a module half imported, BLAS at one thread. So a fork waits until none of them is
in such a piece of work. The compiled engine's steps have a gate of the same kind, in
native/thread_pool.h.
"""

from __future__ import annotations

import os
import threading
from contextlib import ContextDecorator, suppress
from importlib import import_module

PATIENCE = 60.0  # seconds; who is inside may wait, for ever, for the very thread that forks
LATE = ("numpy.ma",)  # what NumPy imports in the midst of its functions


class Uncut(ContextDecorator):
    """Work that a fork in another thread waits for, while it is entered.

    Threads do not wait for each other here, only while another one forks. May be
    entered again by who is inside.

    >>> with UNCUT:
    ...     pass
    """

    def __init__(self) -> None:
        self._begin_anew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._wait, after_in_parent=self._go_on, after_in_child=self._begin_anew
            )

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._changed:
            while self._forking and me not in self._inside:
                self._changed.wait()
            self._inside.append(me)

    def __exit__(self, *failure: object) -> None:
        with self._changed:
            self._inside.remove(threading.get_ident())
            if self._forking:
                self._changed.notify_all()

    def _wait(self) -> None:
        for name in LATE:  # once it is whole, nobody can be cut while importing it
            with suppress(ImportError):
                import_module(name)
        me = threading.get_ident()
        with self._changed:
            self._forking.add(me)
            self._changed.wait_for(lambda: all(thread == me for thread in self._inside), PATIENCE)

    def _go_on(self) -> None:
        with self._changed:
            self._forking.discard(threading.get_ident())
            self._changed.notify_all()

    def _begin_anew(self) -> None:
        """Of all threads, the one that forked is the only one in the child."""
        me = threading.get_ident()
        self._changed = threading.Condition()
        self._forking: set[int] = set()
        self._inside: list[int] = [t for t in getattr(self, "_inside", ()) if t == me]


UNCUT = Uncut()
