"""Initializers that keep signals and gradients of like size from layer to layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurona import checks
from neurona.blas import OneBlasThread
from neurona.errors import ShapeError
from neurona.initializers.distributions import RandomInitializer
from neurona.initializers.initializer import Shape, fans, registry
from neurona.random import Float64, Stream

TRUNCATED_STDDEV = 0.87962566103423978  # of the standard normal restricted to [−2, 2]


@registry.register("variance_scaling")
@dataclass(frozen=True, repr=False)
class VarianceScaling(RandomInitializer):
    r"""Zero mean and the variance :math:`s / n`, n from the weight's shape.

    Uniform in :math:`\pm\sqrt{3 s / n}`, or normal; ``"truncated_normal"`` has
    that variance after its truncation at two standard deviations.

    Args:
        scale: s, greater than 0.
        mode: n is the ``"fan_in"``, the ``"fan_out"``, or their mean ``"fan_avg"``.
        distribution: ``"truncated_normal"``, ``"untruncated_normal"`` or ``"uniform"``;
            ``"normal"`` means the first.
        seed: see :class:`RandomInitializer`.

    Source: Glorot & Bengio 2010, AISTATS; He et al. 2015, ICCV.

    >>> values = VarianceScaling(2.0, seed=1)((200, 100))
    >>> (values.var() * 200).round(1).item()
    2.0
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.choice("mode", self.mode, "fan_in", "fan_out", "fan_avg")
        options = ("truncated_normal", "untruncated_normal", "uniform")
        distribution = "truncated_normal" if self.distribution == "normal" else self.distribution
        checks.choice("distribution", distribution, *options)
        checks.settle(self, scale=checks.positive("scale", self.scale), distribution=distribution)

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out}.get(self.mode, (fan_in + fan_out) / 2.0)
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return stream.uniform(shape, -limit, limit)
        stddev = math.sqrt(variance)
        if self.distribution == "untruncated_normal":
            return stream.normal(shape, 0.0, stddev)
        return stddev / TRUNCATED_STDDEV * stream.truncated_normal(shape)


@dataclass(frozen=True, repr=False)
class _Scaled(RandomInitializer):
    scaling: ClassVar[VarianceScaling]

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        return self.scaling.draw(shape, stream)


@registry.register("glorot_uniform", "xavier_uniform")
@dataclass(frozen=True, repr=False)
class GlorotUniform(_Scaled):
    r"""Uniform in :math:`\pm\sqrt{6 / (n_{in} + n_{out})}`: for tanh, sigmoid and softmax.

    Args:
        seed: see :class:`RandomInitializer`.

    Source: Glorot & Bengio 2010, AISTATS.

    >>> GlorotUniform(seed=1)((200, 100)).std().round(3).item()
    0.081
    """

    scaling = VarianceScaling(1.0, "fan_avg", "uniform")


@registry.register("glorot_normal", "xavier_normal")
@dataclass(frozen=True, repr=False)
class GlorotNormal(_Scaled):
    r"""Truncated normal of variance :math:`2 / (n_{in} + n_{out})`: for tanh, sigmoid, softmax.

    Args:
        seed: see :class:`RandomInitializer`.

    Source: Glorot & Bengio 2010, AISTATS.

    >>> GlorotNormal(seed=1)((200, 100)).std().round(3).item()
    0.082
    """

    scaling = VarianceScaling(1.0, "fan_avg", "truncated_normal")


@registry.register("he_uniform")
@dataclass(frozen=True, repr=False)
class HeUniform(_Scaled):
    r"""Uniform in :math:`\pm\sqrt{6 / n_{in}}`: for ReLU.

    Args:
        seed: see :class:`RandomInitializer`.

    Source: He et al. 2015, ICCV.

    >>> HeUniform(seed=1)((200, 100)).std().round(3).item()
    0.1
    """

    scaling = VarianceScaling(2.0, "fan_in", "uniform")


@registry.register("he_normal")
@dataclass(frozen=True, repr=False)
class HeNormal(_Scaled):
    r"""Truncated normal of variance :math:`2 / n_{in}`: for ReLU.

    Args:
        seed: see :class:`RandomInitializer`.

    Source: He et al. 2015, ICCV.

    >>> HeNormal(seed=1)((200, 100)).std().round(3).item()
    0.1
    """

    scaling = VarianceScaling(2.0, "fan_in", "truncated_normal")


@registry.register("lecun_uniform")
@dataclass(frozen=True, repr=False)
class LecunUniform(_Scaled):
    r"""Uniform in :math:`\pm\sqrt{3 / n_{in}}`.

    Args:
        seed: see :class:`RandomInitializer`.

    Source: LeCun, Bottou, Orr & Müller 1998, Efficient BackProp.

    >>> LecunUniform(seed=1)((200, 100)).std().round(3).item()
    0.071
    """

    scaling = VarianceScaling(1.0, "fan_in", "uniform")


@registry.register("lecun_normal")
@dataclass(frozen=True, repr=False)
class LecunNormal(_Scaled):
    r"""Truncated normal of variance :math:`1 / n_{in}`: for SELU.

    Args:
        seed: see :class:`RandomInitializer`.

    Source: LeCun, Bottou, Orr & Müller 1998, Efficient BackProp.

    >>> LecunNormal(seed=1)((200, 100)).std().round(3).item()
    0.071
    """

    scaling = VarianceScaling(1.0, "fan_in", "truncated_normal")


@registry.register("orthogonal", "OrthogonalInitializer")
@dataclass(frozen=True, repr=False)
class Orthogonal(RandomInitializer):
    r"""A random matrix with orthonormal columns, or rows where there are fewer of them.

    The Q of a normal matrix's QR decomposition, its columns' signs fixed so that
    all rotations are equally likely. A kernel (…, in, out) is taken as a matrix
    of shape (… · in, out).

    Args:
        gain: factor on the matrix.
        seed: see :class:`RandomInitializer`.

    Raises:
        ShapeError: the weight has fewer than two axes.

    Source: Saxe, McClelland & Ganguli 2014, ICLR; signs: Mezzadri 2007.

    >>> W = Orthogonal(seed=1)((3, 2))
    >>> abs(W.T @ W).round(6)
    array([[1., 0.],
           [0., 1.]])
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.settle(self, gain=checks.real("gain", self.gain))

    def draw(self, shape: Shape, stream: Stream) -> Float64:
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal needs two axes or more; the weight has shape {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = stream.normal((max(rows, columns), min(rows, columns)))
        with OneBlasThread():
            q, r = np.linalg.qr(normal)
        q = q * np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
