"""Losses for real-valued targets."""

from __future__ import annotations

import math
from typing import Any

from neurona import checks
from neurona.losses.elementwise import Elementwise
from neurona.losses.loss import EPSILON, Array, registry


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


@registry.register("half_squared_error")
class HalfSquaredError(Elementwise):
    r"""Half the squared error, the loss of the first papers on back-propagation.

    .. math:: \ell = \tfrac12 \sum_i (y_i - p_i)^2, \qquad
              \frac{\partial \ell}{\partial p_i} = p_i - y_i

    A sum over the outputs, not their mean.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Rumelhart, Hinton & Williams 1986, Nature 323.

    >>> HalfSquaredError()([[0.0, 1.0]], [[0.0, 3.0]])
    2.0
    """

    mean = False

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        d = p - y
        return 0.5 * d * d

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return p - y


@registry.register("rss", "residual_sum_of_squares")
class ResidualSumOfSquares(MeanSquaredError):  # noqa: N818 (not an exception)
    r"""The residual sum of squares: summed over the outputs and over the samples.

    .. math:: \ell = \sum_i (y_i - p_i)^2, \qquad
              \frac{\partial \ell}{\partial p_i} = 2 (p_i - y_i)

    Args:
        reduction: here ``"sum"`` by default; see :class:`~neurona.losses.loss.Loss`.

    Source: Legendre 1805; Gauss 1809.

    >>> ResidualSumOfSquares()([[0.0, 1.0], [1.0, 1.0]], [[0.0, 3.0], [2.0, 1.0]])
    5.0
    """

    mean = False

    def __init__(self, reduction: str = "sum") -> None:
        super().__init__(reduction)


@registry.register("mae", "mean_absolute_error")
class MeanAbsoluteError(Elementwise):
    r"""The mean absolute error over a sample's k outputs.

    .. math:: \ell = \frac{1}{k} \sum_i |y_i - p_i|, \qquad
              \frac{\partial \ell}{\partial p_i} = \frac{1}{k} \operatorname{sign}(p_i - y_i)

    with derivative 0 where p = y. Outliers count less than in the squared error.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Laplace 1774.

    >>> MeanAbsoluteError()([[0.0, 1.0]], [[0.0, 3.0]])
    1.0
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.abs(p - y)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.sign(p - y)


@registry.register("mape", "mean_absolute_percentage_error")
class MeanAbsolutePercentageError(Elementwise):
    r"""The mean absolute error in percent of the target.

    .. math:: \ell = \frac{100}{k} \sum_i \frac{|y_i - p_i|}{|y_i|}, \qquad
              \frac{\partial \ell}{\partial p_i} =
              \frac{100}{k} \frac{\operatorname{sign}(p_i - y_i)}{|y_i|}

    with :math:`|y_i|` at least 1e-7: targets near 0 make it very large.

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Makridakis 1993, International Journal of Forecasting 9.

    >>> MeanAbsolutePercentageError()([[4.0, 2.0]], [[3.0, 2.0]])
    12.5
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        return 100 * xp.abs(p - y) / xp.maximum(xp.abs(y), EPSILON)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return 100 * xp.sign(p - y) / xp.maximum(xp.abs(y), EPSILON)


@registry.register("msle", "mean_squared_logarithmic_error")
class MeanSquaredLogarithmicError(Elementwise):
    r"""The mean squared error of logarithms: what counts is the ratio of y and p.

    .. math:: \ell = \frac{1}{k} \sum_i \bigl(\log(1 + y_i) - \log(1 + p_i)\bigr)^2, \qquad
              \frac{\partial \ell}{\partial p_i} =
              \frac{2}{k} \frac{\log(1 + p_i) - \log(1 + y_i)}{1 + p_i}

    with y and p at least 1e-7 (gradient 0 below).

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    >>> round(MeanSquaredLogarithmicError()([[0.0, 1.0]], [[0.0, 3.0]]), 4)
    0.2402
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        d = _log1p(p, xp) - _log1p(y, xp)
        return d * d

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        d = _log1p(p, xp) - _log1p(y, xp)
        return 2 * d / (1 + xp.maximum(p, EPSILON)) * (p > EPSILON)


def _log1p(values: Array, xp: Any) -> Array:
    return xp.log1p(xp.maximum(values, EPSILON))


@registry.register("huber")
class Huber(Elementwise):
    r"""Huber's loss: squared for small errors d = p − y, linear for large ones.

    .. math:: \ell = \frac{1}{k} \sum_i
              \begin{cases} d_i^2 / 2 & |d_i| \le \delta \\
              \delta |d_i| - \delta^2 / 2 & |d_i| > \delta \end{cases}, \qquad
              \frac{\partial \ell}{\partial p_i} =
              \frac{1}{k} \max(-\delta, \min(\delta, d_i))

    Args:
        delta: δ, greater than 0: the error from which on it is linear.
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    Source: Huber 1964, "Robust estimation of a location parameter".

    >>> Huber()([[0.0, 1.0]], [[0.5, 3.0]])
    0.8125
    """

    def __init__(self, delta: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.delta = checks.positive("delta", delta)

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        size = xp.abs(p - y)
        inner = xp.minimum(size, self.delta)
        return inner * (size - 0.5 * inner)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.clip(p - y, -self.delta, self.delta)


@registry.register("log_cosh", "logcosh")
class LogCosh(Elementwise):
    r"""The logarithm of the hyperbolic cosine of the error: a smooth Huber loss.

    .. math:: \ell = \frac{1}{k} \sum_i \log\cosh(p_i - y_i), \qquad
              \frac{\partial \ell}{\partial p_i} = \frac{1}{k} \tanh(p_i - y_i)

    Args:
        reduction: as in :class:`~neurona.losses.loss.Loss`.

    >>> round(LogCosh()([[0.0, 1.0]], [[0.0, 3.0]]), 4)
    0.6625
    """

    def point(self, y: Array, p: Array, xp: Any) -> Array:
        size = xp.abs(p - y)  # log cosh d = |d| + log(1 + exp(−2|d|)) − log 2
        return size + xp.log1p(xp.exp(-2 * size)) - math.log(2)

    def slope(self, y: Array, p: Array, xp: Any) -> Array:
        return xp.tanh(p - y)
