"""Every error that neurona raises.

Each derives from :class:`NeuronaError` and from the built-in exception that a
caller would naturally catch. A message names the argument or layer, what was
got and what was expected (shapes, row, column, dtype), and the fix.
"""

from __future__ import annotations

import difflib
import os
import sys
import warnings
from collections.abc import Iterable
from types import FrameType

PACKAGE = os.path.dirname(__file__) + os.sep


class NeuronaError(Exception):
    """The root: ``except neurona.errors.NeuronaError`` catches them all."""


class ArgumentError(NeuronaError, ValueError):
    """An argument has a value that makes no sense here."""


class ArgumentTypeError(NeuronaError, TypeError):
    """An argument is of a type that cannot be used here."""


class UnknownNameError(NeuronaError, ValueError):
    """A name is in no registry; the message suggests the nearest known ones."""


class ShapeError(NeuronaError, ValueError):
    """Two shapes that must agree do not."""


class DataError(NeuronaError, ValueError):
    """The data hold something that cannot be trained on (NaN, bad labels, …)."""


class NotBuiltError(NeuronaError, RuntimeError):
    """The model has no shapes or weights yet, or was not compiled."""


class NonFiniteError(NeuronaError, ArithmeticError):
    """Training produced a NaN or an infinity.

    Attributes:
        what: in which step, where and why, without what became of the training.
    """

    def __init__(self, message: str, what: str = "") -> None:
        super().__init__(message)
        self.what = what or message


class GradientMismatchError(NeuronaError, ValueError):
    """A custom part's backward disagrees with finite differences."""


class TooLargeError(NeuronaError, MemoryError):
    """The request would need more memory than the machine has."""


class EngineError(NeuronaError, RuntimeError):
    """A named engine cannot run this network, or is not installed."""


class FileFormatError(NeuronaError, ValueError):
    """A file is damaged, or is not what it should be."""


class FormatVersionError(FileFormatError):
    """A file is whole, but of a format that another version of neurona reads."""


class DifferentRunError(NeuronaError, ValueError):
    """A run cannot be resumed with other data, settings or versions.

    Attributes:
        differences: a line for each: what it is, what it was, what it is now.
    """

    def __init__(self, message: str, differences: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.differences = list(differences)


class LockedError(NeuronaError, OSError):
    """A folder is in use by another process."""


class DatasetError(NeuronaError, OSError):
    """A data set can be neither found nor fetched."""


class MissingExtraError(NeuronaError, ImportError):
    """An optional dependency is needed; the message names the extra."""


class DataWarning(UserWarning):
    """The data can be trained on, but probably not as intended."""


class ConvergenceWarning(UserWarning):
    """Training used up its epochs before it came to its own end."""


class RecoveryWarning(UserWarning):
    """Something was damaged, and what came before it was taken in its place."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the user's line: the nearest one that is not in this package."""
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'relu'?"`` for the nearest of ``known``, or ``""``.

    >>> suggestion("rleu", ["relu", "tanh"])
    " Did you mean 'relu'?"
    """
    name = name.lower()[:100]  # beyond that the search takes long
    spelt = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name, list(spelt), n=1, cutoff=0.5)
    return f" Did you mean {spelt[near[0]]!r}?" if near else ""
