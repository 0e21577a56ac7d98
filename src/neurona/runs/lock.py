"""One process at a time in a folder."""

from __future__ import annotations

import json
import os
import stat
import sys
import weakref
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from neurona.errors import ArgumentError, LockedError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FAR = 2**30  # the byte that is locked on Windows, where a locked byte cannot be read
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
# Not out of the folder by a link, and not waiting for who reads a pipe.
_FLAGS |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class FolderLock:
    """Holds a folder's lock while it is entered.

    The system frees it when the process ends, however it ends, so that the file,
    which stays, is never in the way.

    Args:
        path: of the lock's file; its folder must be there.

    Raises:
        LockedError: on entering, if another process, or another run in this one,
            holds it; tells which.
        ArgumentError: there is something else of that name: a folder, a link, a pipe.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def __enter__(self) -> FolderLock:
        _refuse_other_kinds(self.path)
        handle = os.open(self.path, _FLAGS, 0o666)
        try:
            if not _try_lock(handle):
                raise LockedError(self._complaint(handle))
            holder = {"pid": os.getpid(), "since": datetime.now().isoformat(timespec="seconds")}
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, json.dumps(holder).encode())
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle
        _held.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            _unlock(self._handle)
        self.forget()

    def forget(self) -> None:
        """Close the file. The lock is free when all processes that it was open in have."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _complaint(self, handle: int) -> str:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            holder: Any = json.loads(os.read(handle, 1000))
            who = f"process {int(holder['pid'])}, since {holder['since']}"
        except (ValueError, KeyError, TypeError, OSError):
            who = "another process"
        folder = self.path.parent
        return (
            f"The folder {folder} is in use by {who}. Wait until it has ended, or give "
            f"another folder: two runs in one would spoil each other's files."
        )


def _refuse_other_kinds(path: Path) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise ArgumentError(f"{path} is no plain file, as a lock must be. Remove it.")


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if isinstance(error, (BlockingIOError, PermissionError)):
            return False
        raise
    return True


def _unlock(handle: int) -> None:
    """Free the lock, even if a forked child has not closed its copy of the file yet."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_UN)


_held: weakref.WeakSet[FolderLock] = weakref.WeakSet()


def _forget_all() -> None:
    for lock in list(_held):
        lock.forget()


# A forked child has the parent's files open: it must not hold the lock when that is dead.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
