"""Points in the plane to classify, generated from a seed."""

from __future__ import annotations

import numpy as np

from neurona import checks
from neurona.data.datasets.points import Draw, Points, Shape, along


def xor(n: int = 500, *, noise: float = 0.0, seed: int = 0) -> Points:
    """Two classes by quadrant: class 1 where the coordinates' signs differ.

    No straight line parts them, so no single neuron learns it; a hidden layer of
    two neurons does. Points are uniform in [−5, 5)² and moved 0.3 away from the axes.

    Args:
        n: number of points.
        noise: a point's class is read after moving it by up to ``5·noise`` each
            way, so that points near the axes get the other class; 0 to 0.5 is usual.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y int64 (n,): 0 or 1.

    Source: the "exclusive or" set of Smilkov & Carter's TensorFlow Playground;
    Minsky & Papert (1969), "Perceptrons".

    >>> x, y = xor(100)
    >>> bool(np.all((x[:, 0] * x[:, 1] < 0) == (y == 1)))
    True
    """
    draw = Draw(Shape.XOR, n, noise, seed)
    x = draw.square(5.0)
    x += np.copysign(0.3, x)
    seen = x + noise * draw.square(5.0)
    return draw.shuffled(x, (seen[:, 0] * seen[:, 1] < 0).astype(np.int64))


def circles(n: int = 500, *, noise: float = 0.0, seed: int = 0) -> Points:
    """A disc of class 1, of radius 2.5, within a ring of class 0, from 3.5 to 5.

    Args:
        n: number of points, at least 2; half of them in the disc.
        noise: a point's class is read after moving it by up to ``5·noise`` each
            way (class 1 within 2.5 of the centre); 0 to 0.5 is usual.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y int64 (n,): 0 or 1.

    Source: the "circle" set of the TensorFlow Playground.

    >>> x, y = circles(100)
    >>> bool(np.all((np.hypot(x[:, 0], x[:, 1]) < 3) == (y == 1)))
    True
    """
    draw = Draw(Shape.CIRCLES, n, noise, seed)
    inside = draw.labels(2) == 1
    unit = draw.random.uniform((n,))
    radius = np.where(inside, 2.5 * unit, 3.5 + 1.5 * unit)
    angle = draw.random.uniform((n,), 0.0, 2.0 * np.pi)
    x = radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    seen = x + noise * draw.square(5.0)
    return draw.shuffled(x, (np.hypot(seen[:, 0], seen[:, 1]) < 2.5).astype(np.int64))


def moons(n: int = 500, *, noise: float = 0.1, seed: int = 0) -> Points:
    """Two interleaved half circles of radius 1.

    Class 0 is ``(cos t, sin t)`` and class 1 ``(1 − cos t, ½ − sin t)``, with t
    evenly spaced from 0 to π.

    Args:
        n: number of points, at least 2; half of each class.
        noise: standard deviation of what is added to each coordinate.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y int64 (n,): 0 or 1.

    >>> x, y = moons(200, noise=0)
    >>> np.bincount(y)
    array([100, 100])
    """
    draw = Draw(Shape.MOONS, n, noise, seed)
    y = draw.labels(2)
    t = np.pi * along(y)
    upper, lower = [np.cos(t), np.sin(t)], [1.0 - np.cos(t), 0.5 - np.sin(t)]
    x = np.where(y == 0, upper, lower).T + noise * draw.random.normal((n, 2))
    return draw.shuffled(x, y)


def gaussians(n: int = 500, *, noise: float = 0.0, seed: int = 0) -> Points:
    """Two normal clouds: class 0 about (−2, −2), class 1 about (2, 2).

    Args:
        n: number of points, at least 2; half of each class.
        noise: widens the clouds: each coordinate's variance is ``0.5 + 7·noise``,
            so that noise 0 to 0.5 goes from apart to overlapping.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y int64 (n,): 0 or 1.

    Source: the "Gaussian" set of the TensorFlow Playground.

    >>> x, y = gaussians(100)
    >>> bool(np.all((x.sum(axis=1) > 0) == (y == 1)))
    True
    """
    draw = Draw(Shape.GAUSSIANS, n, noise, seed)
    y = draw.labels(2)
    centre = np.where(y == 1, 2.0, -2.0)[:, None]
    return draw.shuffled(centre + draw.random.normal((n, 2), 0.0, np.sqrt(0.5 + 7.0 * noise)), y)


def spirals(n: int = 500, *, classes: int = 2, noise: float = 0.0, seed: int = 0) -> Points:
    """Arms that wind 1¾ times round the origin, one for each class.

    A point ``s`` of the way out (0 ≤ s < 1) on arm c is at
    ``5 s (sin θ, cos θ)``, with ``θ = 2π (1.75 s + c / classes)``.

    Args:
        n: number of points, at least ``classes``; equally many on each arm.
        classes: number of arms, 2 to 100.
        noise: each coordinate is moved by up to this much; 0 to 0.5 is usual.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y int64 (n,): 0 … classes − 1.

    Source: Lang & Witbrock (1988), "Learning to tell two spirals apart"; shaped
    as in the TensorFlow Playground.

    >>> x, y = spirals(90, classes=3)
    >>> np.bincount(y)
    array([30, 30, 30])
    """
    classes = checks.integer("classes", classes, 2, 100)
    draw = Draw(Shape.SPIRALS, n, noise, seed)
    y = draw.labels(classes)
    s = along(y)
    angle = 2.0 * np.pi * (1.75 * s + y / classes)
    x = 5.0 * s[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    return draw.shuffled(x + noise * draw.square(1.0), y)


def blobs(n: int = 500, *, classes: int = 3, noise: float = 1.0, seed: int = 0) -> Points:
    """Round normal clouds, their centres evenly spaced on a circle of radius 4.

    Args:
        n: number of points, at least ``classes``; equally many of each class.
        classes: number of clouds, 2 to 100; the first is to the right.
        noise: standard deviation of each coordinate about the centre.
        seed: whole number in [0, 2**64); the values depend on it alone.

    Returns:
        x float32 (n, 2), y int64 (n,): 0 … classes − 1.

    >>> x, y = blobs(4, classes=4, noise=0)
    >>> [float(abs(v)) for v in x[y == 0][0].round(3)]
    [4.0, 0.0]
    """
    classes = checks.integer("classes", classes, 2, 100)
    draw = Draw(Shape.BLOBS, n, noise, seed)
    y = draw.labels(classes)
    angle = 2.0 * np.pi * y / classes
    centres = 4.0 * np.column_stack([np.cos(angle), np.sin(angle)])
    return draw.shuffled(centres + noise * draw.random.normal((n, 2)), y)
