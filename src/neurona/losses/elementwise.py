"""Losses that compare each output with its own target."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from neurona.losses.loss import Array, Loss


class Elementwise(Loss):
    """A loss that is averaged over a sample's outputs (or summed, if ``mean`` is False).

    Subclasses define ``point`` and ``slope`` for single entries; ``values`` and
    ``gradient`` follow. Predictions of shape (n,) are taken as n samples of one
    output each, so are their labels.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.
    """

    elementwise = True
    mean: ClassVar[bool] = True

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        """The loss of each entry, of p's shape."""
        raise NotImplementedError(f"{type(self).__name__} must define point(y, p, xp).")

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        """``∂ point / ∂p``, of p's shape."""
        raise NotImplementedError(f"{type(self).__name__} must define slope(y, p, xp).")

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        points = self.point(self.targets(y, p, xp), p, xp)
        return points.mean(axis=-1) if self.mean else points.sum(axis=-1)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        slopes = self.slope(self.targets(y, p, xp), p, xp)
        k = p.shape[-1]
        return slopes / k if self.mean and k > 1 else slopes
