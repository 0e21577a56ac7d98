"""Where data sets lie on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from neurona.errors import DatasetError

DATA_VARIABLE = "NEURONA_DATA"


def data_folder() -> Path | None:
    """The folder that ``$NEURONA_DATA`` names, or None where it is not set."""
    value = os.environ.get(DATA_VARIABLE, "")
    return Path(value).expanduser() if value else None


def cache_folder() -> Path:
    """Where neurona keeps what it fetched, for this user.

    ``$XDG_CACHE_HOME/neurona`` where that is set (an absolute path); otherwise
    ``~/.cache/neurona``, on macOS ``~/Library/Caches/neurona`` and on Windows
    ``%LOCALAPPDATA%\\neurona\\Cache``.

    Raises:
        DatasetError: the user has no home folder.

    >>> cache_folder().is_absolute()
    True
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named / "neurona"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise DatasetError(
            f"No home folder to keep data in ({error}): set XDG_CACHE_HOME, or {DATA_VARIABLE} "
            "to a folder that holds them."
        ) from error
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "neurona"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else home / "AppData" / "Local") / "neurona" / "Cache"
    return home / ".cache" / "neurona"
