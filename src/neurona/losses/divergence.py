"""Losses between distributions, counts and directions."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurona.losses.elementwise import Elementwise
from neurona.losses.loss import EPSILON, Array, Loss, registry


@registry.register("kld", "kl_divergence", "kullback_leibler_divergence")
class KLDivergence(Loss):
    r"""The Kullback–Leibler divergence of the predicted from the true distribution.

    .. math:: \ell = \sum_i y_i \log \frac{y_i}{p_i}, \qquad
              \frac{\partial \ell}{\partial p_i} = -\frac{y_i}{p_i}

    with y and p within [1e-7, 1] (gradient 0 outside).

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Kullback & Leibler 1951, "On information and sufficiency".

    >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
    0.1438
    """

    takes = "distribution"

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = xp.clip(self.targets(y, p, xp), EPSILON, 1)
        return (y * xp.log(y / xp.clip(p, EPSILON, 1))).sum(axis=-1)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        y, c = xp.clip(self.targets(y, p, xp), EPSILON, 1), xp.clip(p, EPSILON, 1)
        return -y / c * (c == p)


@registry.register("poisson")
class Poisson(Elementwise):
    r"""The loss of counts y whose predicted mean is p > 0.

    .. math:: \ell = \frac{1}{k} \sum_i p_i - y_i \log(p_i + \epsilon), \qquad
              \frac{\partial \ell}{\partial p_i} =
              \frac{1}{k} \Bigl(1 - \frac{y_i}{p_i + \epsilon}\Bigr), \qquad \epsilon = 10^{-7}

    Minus the log-likelihood, less a constant. NaN where p < 0: give the output
    ``activation="exponential"`` or ``"softplus"``.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Nelder & Wedderburn 1972, "Generalized linear models".

    >>> round(Poisson()([[2.0]], [[2.0]]), 4)
    0.6137
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            return p - y * xp.log(p + EPSILON)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        with np.errstate(divide="ignore"):
            return 1 - y / (p + EPSILON)


@registry.register("cosine_similarity")
class CosineSimilarity(Loss):
    r"""Minus the cosine of the angle between target and prediction: −1 is best.

    .. math:: \ell = -\hat y \cdot \hat p, \qquad
              \frac{\partial \ell}{\partial p} =
              -\frac{\hat y - (\hat y \cdot \hat p)\,\hat p}{\|p\|}, \qquad
              \hat v = v / \|v\|

    with norms of at least 1e-7; 0 where either vector is 0.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    >>> round(CosineSimilarity()([[0.0, 2.0]], [[3.0, 3.0]]), 4)
    -0.7071
    """

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        y = self.targets(y, p, xp)
        return -(y / _norm(y, xp) * (p / _norm(p, xp))).sum(axis=-1)

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        y, norm = self.targets(y, p, xp), _norm(p, xp)
        y, unit = y / _norm(y, xp), p / norm
        along = (y * unit).sum(axis=-1, keepdims=True) * unit
        return (along * (norm > EPSILON) - y) / norm


def _norm(v: Array, xp: Any) -> Array:
    """The length of each row (n, 1), at least ε."""
    # Scaled by the largest entry, so that squares neither overflow nor vanish.
    largest = xp.maximum(xp.abs(v).max(axis=-1, keepdims=True), EPSILON)
    u = v / largest
    return xp.maximum(largest * xp.sqrt((u * u).sum(axis=-1, keepdims=True)), EPSILON)
