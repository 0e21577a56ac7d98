"""Initializers that draw from a given distribution, whatever the weight's shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from neurona import checks
from neurona.errors import ArgumentError
from neurona.initializers.initializer import Initializer, Shape, registry
from neurona.random import Float64, Purpose, Stream, check_seed, fresh_seed


@dataclass(frozen=True, repr=False)
class RandomInitializer(Initializer):
    """Values drawn at random; what all such initializers share.

    Args:
        seed: a seed of its own, with which it gives the same values to every
            weight of the same shape; None to follow the model's seed.
    """

    seed: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.seed is not None:
            checks.settle(self, seed=check_seed(self.seed))

    def __call__(self, shape: Shape, stream: Stream | None = None) -> Float64:
        if self.seed is not None:
            stream = Stream(self.seed, Purpose.INITIALISE)
        return self.draw(shape, stream or Stream(fresh_seed(), Purpose.INITIALISE))

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        """Values of that shape, all randomness taken from ``stream``."""
        raise NotImplementedError(f"{type(self).__name__} must define draw(shape, stream).")


@registry.register("random_uniform", "uniform")
@dataclass(frozen=True, repr=False)
class RandomUniform(RandomInitializer):
    """Uniform in ``[minval, maxval)``. ``RandomUniform(-1, 1)`` is the perceptron's usual start.

    Args:
        minval, maxval: the bounds.
        seed: see :class:`RandomInitializer`.

    >>> RandomUniform(-1, 1, seed=1)((2,)).round(3)
    array([-0.46 ,  0.986])
    """

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = checks.real("minval", self.minval), checks.real("maxval", self.maxval)
        if low > high:
            raise ArgumentError(f"minval must not exceed maxval, got {low} and {high}.")
        checks.settle(self, minval=low, maxval=high)

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        return stream.uniform(shape, self.minval, self.maxval)


@dataclass(frozen=True, repr=False)
class _Normal(RandomInitializer):
    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        mean, stddev = checks.real("mean", self.mean), checks.real("stddev", self.stddev, 0.0)
        checks.settle(self, mean=mean, stddev=stddev)


@registry.register("random_normal", "normal")
@dataclass(frozen=True, repr=False)
class RandomNormal(_Normal):
    """Normal with that mean and standard deviation.

    Args:
        mean, stddev: of the distribution.
        seed: see :class:`RandomInitializer`.

    >>> RandomNormal(stddev=1.0, seed=1)((2,)).round(3)
    array([ 0.792, -0.035])
    """

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        return stream.normal(shape, self.mean, self.stddev)


@registry.register("truncated_normal")
@dataclass(frozen=True, repr=False)
class TruncatedNormal(_Normal):
    """Normal, values more than two standard deviations off the mean drawn again.

    Args:
        mean, stddev: of the distribution before it is truncated.
        seed: see :class:`RandomInitializer`.

    >>> values = TruncatedNormal(stddev=1.0, seed=1)((1000,))
    >>> bool(abs(values).max() <= 2.0)
    True
    """

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        return self.mean + self.stddev * stream.truncated_normal(shape)
