"""Losses for real-valued targets."""

from __future__ import annotations

from typing import Any

from neurona.losses.elementwise import Elementwise
from neurona.losses.loss import Array, registry


@registry.register("mse", "mean_squared_error")
class MeanSquaredError(Elementwise):
    r"""The mean squared error over a sample's k outputs.

    .. math:: \ell = \frac{1}{k} \sum_i (y_i - p_i)^2, \qquad
              \frac{\partial \ell}{\partial p_i} = \frac{2}{k} (p_i - y_i)

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Legendre 1805; Gauss 1809.

    >>> MeanSquaredError()([[0.0, 1.0]], [[0.0, 3.0]])
    2.0
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        d = p - y
        return d * d

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return 2 * (p - y)
