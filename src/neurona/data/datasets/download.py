"""Fetching one file from the first mirror that has a good copy."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from neurona.errors import DatasetError, FileFormatError
from neurona.files import sync_folder

ROUNDS = 3  # through all mirrors
SILENCE = 15.0  # seconds without a byte before a mirror is given up
DEADLINE = 1800.0  # seconds for one file from one mirror
_CHUNK = 1 << 16
_ASK_AGAIN = {408, 425, 429}  # besides 5xx: HTTP states that may pass

Check = Callable[[Path, str], object]


def fetch(name: str, mirrors: Sequence[str], folder: Path, most: int, check: Check) -> Path:
    """Fetch a file into a folder, whole and checked, or leave the folder as it was.

    The mirrors are asked in order, up to three rounds, with pauses of 1 and 2
    seconds between. One whose copy is bad, or that has none, is not asked again.

    Args:
        name: the file's name, at every mirror and in ``folder``.
        mirrors: https addresses that ``name`` is appended to.
        folder: made if it is not there.
        most: bytes that the file may have.
        check: called with the path of what arrived and its address; raises a
            FileFormatError if that is not the right file.

    Returns:
        The file's path.

    Raises:
        DatasetError: no mirror gave a good copy (the message has each one's
            reason), or the folder cannot be written to.
    """
    from http.client import HTTPException

    reasons: dict[str, str] = {}
    asked = [mirror + name for mirror in mirrors]
    for attempt in range(ROUNDS):
        if attempt and asked:
            pause(2.0 ** (attempt - 1))
        for url in tuple(asked):
            try:
                return _fetch_from(url, folder / name, most, check)
            except DatasetError:  # the disk's fault, not the mirror's
                raise
            except FileFormatError as error:
                reasons[url] = str(error)
                asked.remove(url)
            except (OSError, HTTPException) as error:
                reasons[url] = f"{url}: {_reason(error)}"
                if not _may_pass(error):
                    asked.remove(url)
    raise DatasetError("\n".join(reasons.values()))


def open_url(url: str) -> Any:
    """Ask for an address; the answer reads like a file and has ``headers``."""
    from urllib.request import Request, urlopen

    return urlopen(Request(url, headers={"User-Agent": "neurona"}), timeout=SILENCE)


def pause(seconds: float) -> None:
    """Wait before the next round."""
    time.sleep(seconds)


def _fetch_from(url: str, target: Path, most: int, check: Check) -> Path:
    answer = open_url(url)
    with contextlib.closing(answer):
        out = _new_file(target)
        temporary = Path(out.name)
        try:
            with out:
                _receive(answer, out, url, target.name, most)
            check(temporary, url)
            with _disk(target):
                os.replace(temporary, target)  # whole or not at all
                sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
    return target


def _new_file(target: Path) -> IO[bytes]:
    from tempfile import NamedTemporaryFile

    folder = target.parent
    with _disk(target):
        folder.mkdir(parents=True, exist_ok=True)
        return NamedTemporaryFile(
            dir=folder, prefix=f"{target.name}.", suffix=".part", delete=False
        )


def _receive(answer: Any, out: IO[bytes], url: str, label: str, most: int) -> None:
    length = answer.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    received, end = 0, time.monotonic() + DEADLINE
    with _progress(label, total) as advance:
        while True:
            piece = answer.read(_CHUNK)
            if not piece:
                break
            received += len(piece)
            if received > most:
                raise FileFormatError(f"{url}: sends more than the {most} bytes that it may have.")
            if time.monotonic() > end:
                raise TimeoutError(f"not finished after {DEADLINE:g} seconds")
            with _disk(Path(out.name)):
                out.write(piece)
            advance(len(piece))
    if total is not None and received < total:
        raise ConnectionError(f"the answer broke off after {received} of {total} bytes")
    with _disk(Path(out.name)):
        out.flush()
        os.fsync(out.fileno())


@contextlib.contextmanager
def _disk(target: Path) -> Iterator[None]:
    """Errors of writing, told apart from those of the network."""
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"Cannot write to {target.parent} ({error.strerror or error}). "
            "Set XDG_CACHE_HOME to a folder with room that you may write to."
        ) from error


@contextlib.contextmanager
def _progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal; nothing where there is none."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)


def _may_pass(error: Exception) -> bool:
    status = getattr(error, "code", None)
    return status is None or status >= 500 or status in _ASK_AGAIN


def _reason(error: Exception) -> str:
    """The message; for "<urlopen error …>" what it wraps, but "HTTP Error 404: …" whole."""
    cause = None if hasattr(error, "code") else getattr(error, "reason", None)
    return str(cause or error) or type(error).__name__
