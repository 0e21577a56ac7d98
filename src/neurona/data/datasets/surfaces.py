"""Values over the plane to learn by regression, generated from a seed."""

from __future__ import annotations

import numpy as np

from neurona.data.datasets.points import Draw, Points, Shape

# (x₁, x₂, sign) of each bump of multi_gaussian.
BUMPS = (
    (-4.0, 2.5, 1),
    (0.0, 2.5, -1),
    (4.0, 2.5, 1),
    (-4.0, -2.5, -1),
    (0.0, -2.5, 1),
    (4.0, -2.5, -1),
)


def plane(n: int = 500, *, noise: float = 0.0, seed: int = 0) -> Points:
    """A tilted plane: ``y = (x₁ + x₂) / 10``. One linear neuron learns it.

    Args:
        n: number of points, uniform in [−6, 6)².
        noise: y is read after moving the point by up to ``6·noise`` each way;
            0 to 0.5 is usual.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y float32 (n,), without noise in [−1.2, 1.2].

    Source: the "plane" set of the TensorFlow Playground.

    >>> x, y = plane(100)
    >>> bool(np.allclose(y, x.sum(axis=1) / 10))
    True
    """
    draw = Draw(Shape.PLANE, n, noise, seed)
    x = draw.square(6.0)
    seen = x + noise * draw.square(6.0)
    return draw.shuffled(x, (seen.sum(axis=1) / 10.0).astype(np.float32))


def multi_gaussian(n: int = 500, *, noise: float = 0.0, seed: int = 0) -> Points:
    """Six bumps, alternately up and down, in two rows of three.

    A bump is a cone of radius 2 and height ±1: ``y = ± max(0, 1 − d/2)`` at
    distance d from its centre. The centres are at x₁ = −4, 0, 4 and x₂ = ±2.5.

    Args:
        n: number of points, uniform in [−6, 6)².
        noise: y is read after moving the point by up to ``6·noise`` each way;
            0 to 0.5 is usual.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y float32 (n,) in [−1, 1].

    Source: the "multi gaussian" set of the TensorFlow Playground.

    >>> x, y = multi_gaussian(1000)
    >>> bool(np.abs(y).max() <= 1)
    True
    """
    draw = Draw(Shape.MULTI_GAUSSIAN, n, noise, seed)
    x = draw.square(6.0)
    seen = x + noise * draw.square(6.0)
    y = np.zeros(n)
    for x1, x2, sign in BUMPS:  # no two overlap, so that their sum is the one that is there
        distance = np.hypot(seen[:, 0] - x1, seen[:, 1] - x2)
        y += sign * np.maximum(0.0, 1.0 - distance / 2.0)
    return draw.shuffled(x, y.astype(np.float32))
