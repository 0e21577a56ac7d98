"""Constraints: what a weight is brought back to after each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.part import Part, Registry

Array = Any


class Constraint(Part):
    """A projection of a weight, applied after every update.

    To write one of your own, derive from this class and define ``__call__``.
    """

    def __call__(self, w: Array, xp: Any = np) -> Array:
        """The nearest allowed weight, of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(w, xp).")


registry: Registry[Constraint] = Registry("constraint", lambda: Constraint)


def get(identifier: Any) -> Constraint | None:
    """The constraint for a name, an instance, a configuration; None stays None."""
    return None if identifier is None else registry.get(identifier)
