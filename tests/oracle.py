"""The oracle of every gradient: central differences in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def numerical_gradient(f: Callable[[Any], Any], x: Any, eps: float = 1e-5) -> Float64:
    """``∂f/∂x`` of a number ``f(x)``: ``(f(x + ε) − f(x − ε)) / 2ε``, an entry at a time."""
    point = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(point)
    for i in np.ndindex(point.shape):
        kept = point[i]
        point[i] = kept + eps
        above = float(f(point))
        point[i] = kept - eps
        below = float(f(point))
        point[i] = kept
        gradient[i] = (above - below) / (2.0 * eps)
    return gradient


def relative_error(a: Any, b: Any) -> float:
    """``max |a − b| / max(1, max |a|, max |b|)``; arrays of unlike shape are an error."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise AssertionError(f"shapes differ: {first.shape} and {second.shape}")
    if not first.size:
        return 0.0
    scale = max(1.0, float(np.abs(first).max()), float(np.abs(second).max()))
    return float(np.abs(first - second).max()) / scale
