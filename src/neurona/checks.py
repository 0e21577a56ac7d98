"""Checks of single arguments, so that every message about them reads alike."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.errors import ArgumentError, ArgumentTypeError, DataError

MOST_THREADS = 1024  # as NEURONA_THREADS may say: native/cpus.cpp


def real(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """Return ``value`` as a float, checked finite and within ``[low, high]``."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"{name} must be a number, got {type(value).__name__}: {value!r}.")
    number = float(value)
    if not math.isfinite(number) or not low <= number <= high:
        raise ArgumentError(f"{name} must be {_range(low, high)}, got {value!r}.")
    return number


def positive(name: str, value: Any) -> float:
    """Return ``value`` as a float, checked finite and greater than 0."""
    number = real(name, value, 0.0)
    if number == 0.0:
        raise ArgumentError(f"{name} must be greater than 0, got {value!r}.")
    return number


def integer(name: str, value: Any, low: int = 0, high: int | None = None) -> int:
    """Return ``value`` as an int, checked whole and within ``[low, high]``."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ArgumentTypeError(
            f"{name} must be a whole number, got {type(value).__name__}: {value!r}."
        )
    number = int(value)
    if number < low or (high is not None and number > high):
        limit = math.inf if high is None else high
        raise ArgumentError(f"{name} must be {_range(low, limit)}, got {value!r}.")
    return number


def threads(value: Any) -> int | None:
    """Return ``value`` as a number of threads, or None, which leaves it to the engine."""
    return None if value is None else integer("threads", value, 1, MOST_THREADS)


def fraction(name: str, value: Any) -> float:
    """Return ``value`` as a float in ``[0, 1)``."""
    number = real(name, value, 0.0, 1.0)
    if number == 1.0:
        raise ArgumentError(f"{name} must be in [0, 1), got {value!r}.")
    return number


def choice(name: str, value: Any, *options: str) -> str:
    """Return ``value`` if it is one of ``options``."""
    if value not in options:
        raise ArgumentError(
            f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}."
        )
    return str(value)


def plain(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return ``array`` itself, or a view of a subclass's numbers: of a matrix, a masked array.

    Raises:
        DataError: a value is masked.
    """
    if type(array) is np.ndarray:
        return array
    masked = np.argwhere(np.atleast_1d(getattr(array, "mask", False)))
    if len(masked):
        raise DataError(
            f"{name} has {values_at(len(masked), 'masked', tuple(masked[0].tolist()))}. Fill them, "
            f"such as by {name}.filled(0), or drop those rows."
        )
    return np.asarray(array)


def values_at(count: int, kind: str, first: tuple[int, ...]) -> str:
    """So many values of a kind, and where the first is.

    >>> values_at(1, "masked", (3,)), values_at(2, "masked", (0, 1))
    ('1 masked value, the first at index 3', '2 masked values, the first at index (0, 1)')
    """
    place = first if len(first) > 1 else first[0]
    return f"{count} {kind} value{'s' * (count > 1)}, the first at index {place}"


def settle(part: object, **values: Any) -> None:
    """Store checked values in a frozen dataclass, from its ``__post_init__``.

    So that a field holds a plain float even where a NumPy scalar was given,
    which would turn float32 results into float64.
    """
    for name, value in values.items():
        object.__setattr__(part, name, value)


def _range(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "a finite number"
    if math.isinf(high):
        return f"finite and at least {low:g}"
    if math.isinf(low):
        return f"finite and at most {high:g}"
    return f"between {low:g} and {high:g}"
