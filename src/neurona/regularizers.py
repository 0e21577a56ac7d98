"""Regularizers: a penalty on a weight's size, added to the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurona import checks
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
    """The regularizer for a name, an instance, a configuration; None stays None.

    >>> get("l2")
    L2()
    """
    return None if identifier is None else registry.get(identifier)


@registry.register("l1_l2")
@dataclass(frozen=True, repr=False)
class L1L2(Regularizer):
    r"""Both penalties: :math:`\lambda_1 \sum |w| + \lambda_2 \sum w^2`.

    Its gradient is :math:`\lambda_1 \operatorname{sign}(w) + 2 \lambda_2 w`.

    Args:
        l1: λ₁, at least 0.
        l2: λ₂, at least 0.

    Source: Zou & Hastie 2005, "Regularization and variable selection via the
    elastic net".

    >>> L1L2(l1=0.5, l2=0.25).value(np.array([1.0, -2.0])).item()
    2.75
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        l1, l2 = checks.real("l1", self.l1, 0.0), checks.real("l2", self.l2, 0.0)
        checks.settle(self, l1=l1, l2=l2)

    def value(self, w: Array, xp: Any = np) -> Array:
        return self.l1 * xp.abs(w).sum() + self.l2 * (w * w).sum()

    def gradient(self, w: Array, xp: Any = np) -> Array:
        return self.l1 * xp.sign(w) + (2.0 * self.l2) * w


@registry.register("l1")
@dataclass(frozen=True, repr=False)
class L1(Regularizer):
    r"""The sum of absolute values, :math:`\lambda \sum |w|`: favours weights of exactly 0.

    Its gradient is :math:`\lambda \operatorname{sign}(w)`, taken as 0 where w is 0.

    Args:
        l1: λ, at least 0.

    Source: Tibshirani 1996, "Regression shrinkage and selection via the lasso".

    >>> L1(0.5).gradient(np.array([3.0, 0.0, -1.0]))
    array([ 0.5,  0. , -0.5])
    """

    l1: float = 0.01

    def __post_init__(self) -> None:
        checks.settle(self, l1=checks.real("l1", self.l1, 0.0))

    def value(self, w: Array, xp: Any = np) -> Array:
        return self.l1 * xp.abs(w).sum()

    def gradient(self, w: Array, xp: Any = np) -> Array:
        return self.l1 * xp.sign(w)


@registry.register("l2")
@dataclass(frozen=True, repr=False)
class L2(Regularizer):
    r"""The sum of squares, :math:`\lambda \sum w^2`: weight decay in the loss.

    Its gradient is :math:`2 \lambda w`.

    Args:
        l2: λ, at least 0.

    Source: Hoerl & Kennard 1970 (ridge regression); Krogh & Hertz 1992, NIPS.

    >>> L2(0.5).value(np.array([1.0, 2.0])).item()
    2.5
    """

    l2: float = 0.01

    def __post_init__(self) -> None:
        checks.settle(self, l2=checks.real("l2", self.l2, 0.0))

    def value(self, w: Array, xp: Any = np) -> Array:
        return self.l2 * (w * w).sum()

    def gradient(self, w: Array, xp: Any = np) -> Array:
        return (2.0 * self.l2) * w


l1, l2, l1_l2 = L1, L2, L1L2  # the names that Keras users write: l2(0.01)
