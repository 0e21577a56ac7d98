"""Regularizers: a penalty on a weight's size, added to the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.part import Part, Registry

Array = Any


class Regularizer(Part):
    """A penalty on a weight.

    To write one of your own, derive from this class and define both methods.
    """

    def value(self, w: Array, xp: Any = np) -> Array:
        """The penalty, a number added to the loss."""
        raise NotImplementedError(f"{type(self).__name__} must define value(w, xp).")

    def gradient(self, w: Array, xp: Any = np) -> Array:
        """The penalty's gradient by the weight."""
        raise NotImplementedError(f"{type(self).__name__} must define gradient(w, xp).")


registry: Registry[Regularizer] = Registry("regularizer", lambda: Regularizer)


def get(identifier: Any) -> Regularizer | None:
    """The regularizer for a name, an instance, a configuration; None stays None."""
    return None if identifier is None else registry.get(identifier)
