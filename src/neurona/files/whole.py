"""Replacing a file so that there is the old one or the new one, and never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from neurona.errors import ArgumentError

TEMPORARY = ".neurona-*.tmp"  # what a killed process may leave; see remove_leftovers
_CHUNK = 1 << 20  # bytes handed to the system at once
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC | getattr(os, "O_BINARY", 0)
_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}  # file systems without folder sync

Content = bytes | bytearray | memoryview


def write_whole(path: str | PathLike[str], content: Content | Iterable[Content]) -> None:
    """Replace a file's content so that it is always the old one or the new one.

    The content goes to a temporary file in the same folder, which is synced to the
    disk and then takes the name; then the folder is synced. Whatever fails on the
    way, the old file stays as it was and the temporary one is removed; only a
    killed process or a power cut can leave it (see :func:`remove_leftovers`).

    A new file has the permissions that the process's umask gives; one that is
    replaced hands its own on. If ``path`` is a symbolic link, the file that it
    points to is replaced and the link stays. A further hard link to the old
    file keeps the old content.

    Args:
        path: the file; its folder must be there.
        content: all of it: bytes, or pieces of bytes in their order.

    Raises:
        ArgumentError: there is something at ``path`` that is no file: a folder,
            a pipe, a device.
        OSError: the system refused; for example ``PermissionError`` where the old
            file is read-only, or a disk that is full. Its ``filename`` is the file's.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "greeting.txt"
    >>> write_whole(path, [b"Hello, ", b"world"])
    >>> path.read_text()
    'Hello, world'
    """
    pieces = [content] if isinstance(content, Content) else content
    target = os.path.realpath(os.fsdecode(path))
    temporary = os.path.join(os.path.dirname(target), _fresh_name())
    # The folder is opened before any change: this can fail, too.
    with _telling_of(target, temporary), _folder(os.path.dirname(target)) as folder:
        mode = _mode_of_old(target)
        try:
            _write_new(temporary, pieces, mode)
            os.replace(temporary, target)
        except BaseException:  # also KeyboardInterrupt
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        _sync(folder)


@contextlib.contextmanager
def _telling_of(target: str, temporary: str) -> Iterator[None]:
    """Errors of the system name the file that was asked for."""
    try:
        yield
    except OSError as error:
        if error.filename in (None, temporary):
            error.filename = target
            del error.filename2
        raise


def remove_leftovers(folder: str | PathLike[str]) -> None:
    """Remove the temporary files that killed processes left in a folder.

    Only for a folder that no other process writes to at this moment, such as one
    whose lock is held.
    """
    for path in Path(folder).glob(TEMPORARY):
        path.unlink(missing_ok=True)


def _fresh_name() -> str:
    return TEMPORARY.replace("*", os.urandom(8).hex())


def _mode_of_old(target: str) -> int | None:
    """The permissions of the file to be replaced; None if there is none."""
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise ArgumentError(
            f"{target} is {kind_of(mode)}, which cannot be replaced by a file. Give another path."
        )
    os.close(os.open(target, os.O_WRONLY | _CLOEXEC))  # a file that is read-only stays
    return stat.S_IMODE(mode) & 0o777


def kind_of(mode: int) -> str:
    """What a file's mode says that it is, in words."""
    kinds = {
        stat.S_IFREG: "a file",
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a symbolic link that leads nowhere",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")


def _write_new(path: str, pieces: Iterable[Content], mode: int | None) -> None:
    """Make a file that was not there, with its content on the disk."""
    # Made with 0o666, so that the system applies the umask: it is the process's own,
    # and reading it from here would change it for other threads.
    handle = os.open(path, _NEW, 0o666)
    try:
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(handle, mode)
        for piece in pieces:
            _write_all(handle, memoryview(piece))
        os.fsync(handle)
    finally:
        _close(handle)


def _write_all(handle: int, rest: memoryview) -> None:
    while rest:
        count = os.write(handle, rest[:_CHUNK])
        if count == 0:
            raise OSError(errno.EIO, "The system wrote nothing and gave no reason")
        rest = rest[count:]


def _close(handle: int) -> None:
    with contextlib.suppress(InterruptedError):  # it is closed all the same, and was synced
        os.close(handle)


def sync_folder(folder: str | PathLike[str]) -> None:
    """Force a folder's list of names to the disk, so that a rename in it is there to stay.

    Raises:
        OSError: the system refused.
    """
    with _folder(os.fsdecode(folder)) as handle:
        _sync(handle)


@contextlib.contextmanager
def _folder(path: str) -> Iterator[int | None]:
    if os.name == "nt":
        yield None  # a folder cannot be opened there
        return
    handle = os.open(path, os.O_RDONLY | _CLOEXEC)
    try:
        yield handle
    finally:
        with contextlib.suppress(OSError):  # nothing was written through it
            os.close(handle)


def _sync(folder: int | None) -> None:
    if folder is None:
        return
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
