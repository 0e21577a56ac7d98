"""Dropout: noise that zeroes activations while training."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks
from neurona.layers.layer import Array, Common, Context, Layer, Params, registry


class Noise(Layer):
    """A layer that multiplies by random numbers while training, and is the identity after.

    Subclasses define ``factors``; the gradient is multiplied by the same numbers.
    """

    def factors(self, x: Array, ctx: Context) -> Array:
        """The random numbers, of x's shape and dtype."""
        raise NotImplementedError(f"{type(self).__name__} must define factors(x, ctx).")

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Array | None]:
        if not ctx.training:
            return x, None
        factors = self.factors(x, ctx)
        return x * factors, factors

    def backward(
        self, params: Params, cache: Array | None, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return (dz if cache is None else dz * cache), {}


@registry.register()
class Dropout(Noise):
    r"""Drop each input with probability ``rate`` while training.

    .. math:: z = \frac{m}{1 - r} x, \qquad m \sim \text{Bernoulli}(1 - r), \qquad
              \frac{\partial E}{\partial x} = \frac{m}{1 - r}\, \delta.

    What is kept is scaled up, so that the mean stays and inference is the
    identity (inverted dropout). The draws depend on the model's seed, the step
    and the layer alone.

    Args:
        rate: r in [0, 1), the share to drop.
        **common: the arguments of :class:`Layer`.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, JMLR 15.

    >>> Dropout(0.5)
    Dropout(rate=0.5)
    """

    def __init__(self, rate: float, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        self.rate = checks.fraction("rate", rate)

    def factors(self, x: Array, ctx: Context) -> Array:
        keep = ctx.random.uniform(x.shape) >= self.rate
        return keep.astype(x.dtype) * (1.0 / (1.0 - self.rate))


@registry.register()
class GaussianDropout(Noise):
    r"""Multiply by normal noise of mean 1 while training.

    .. math:: z = \varepsilon x, \qquad \varepsilon \sim N(1, r / (1 - r)), \qquad
              \frac{\partial E}{\partial x} = \varepsilon \delta.

    The noise has the mean and the variance of dropout's at the same rate.

    Args:
        rate: r in [0, 1).
        **common: the arguments of :class:`Layer`.

    Source: Srivastava et al. 2014, JMLR 15, section 10.

    >>> GaussianDropout(0.5)
    GaussianDropout(rate=0.5)
    """

    def __init__(self, rate: float, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        self.rate = checks.fraction("rate", rate)

    def factors(self, x: Array, ctx: Context) -> Array:
        stddev = float(np.sqrt(self.rate / (1.0 - self.rate)))
        return ctx.random.normal(x.shape, 1.0, stddev).astype(x.dtype)


@registry.register()
class AlphaDropout(Layer):
    r"""Dropout that keeps mean 0 and variance 1, for networks of SELUs.

    Dropped inputs become SELU's lower limit α', then all is brought back to
    mean 0 and variance 1:

    .. math:: z = a \,(m x + (1 - m) \alpha') + b, \qquad
              a = \bigl((1 - r)(1 + r \alpha'^2)\bigr)^{-1/2}, \quad b = -a r \alpha'

    .. math:: \frac{\partial E}{\partial x} = a\, m\, \delta.

    Args:
        rate: r in [0, 1), the share to drop.
        **common: the arguments of :class:`Layer`.

    Source: Klambauer, Unterthiner, Mayr & Hochreiter 2017, NeurIPS.

    >>> AlphaDropout(0.1)
    AlphaDropout(rate=0.1)
    """

    LIMIT = -1.6732632423543772 * 1.0507009873554805  # of SELU for x → −∞

    def __init__(self, rate: float, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        self.rate = checks.fraction("rate", rate)

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Array | None]:
        if not ctx.training:
            return x, None
        r, limit = self.rate, self.LIMIT
        a = float(((1.0 - r) * (1.0 + r * limit**2)) ** -0.5)
        keep = (ctx.random.uniform(x.shape) >= r).astype(x.dtype)
        return a * (keep * x + (1.0 - keep) * limit) - a * r * limit, a * keep

    def backward(
        self, params: Params, cache: Array | None, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return (dz if cache is None else dz * cache), {}


@registry.register()
class GaussianNoise(Layer):
    r"""Add normal noise while training.

    .. math:: z = x + \varepsilon, \qquad \varepsilon \sim N(0, s^2), \qquad
              \frac{\partial E}{\partial x} = \delta.

    Args:
        stddev: s, at least 0, in the unit of x.
        **common: the arguments of :class:`Layer`.

    Source: Bishop 1995, "Training with noise is equivalent to Tikhonov regularization".

    >>> GaussianNoise(0.1)
    GaussianNoise(stddev=0.1)
    """

    def __init__(self, stddev: float, **common: Unpack[Common]) -> None:
        super().__init__(**common)
        self.stddev = checks.real("stddev", stddev, 0.0)

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, None]:
        if not ctx.training:
            return x, None
        return x + ctx.random.normal(x.shape, 0.0, self.stddev).astype(x.dtype), None

    def backward(
        self, params: Params, cache: None, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array, Params]:
        return dz, {}
