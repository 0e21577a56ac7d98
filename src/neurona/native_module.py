"""The compiled module ``neurona._native``, or why there is none."""

from __future__ import annotations

from typing import Any


def _load() -> tuple[Any, str | None]:
    try:
        from neurona import _native  # type: ignore[attr-defined,unused-ignore]
    except ImportError as error:  # built without a compiler, or for another machine
        return None, str(error)
    return _native, None


native, MISSING = _load()


def check_settings() -> None:
    """Raise ArgumentError if NEURONA_ISA or NEURONA_THREADS asks for what is not there."""
    native.isa()
    native.threads_asked_for()
