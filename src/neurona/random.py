"""Counter-based random numbers.

What epoch 7, step 3, layer 2 draws depends on the seed and those counters
alone: never on how many numbers were drawn before, on threads, on the engine,
or on a run having been interrupted. The generator is Philox4x64-10 (Salmon,
Moraes, Dror & Shaw, 2011, "Parallel random numbers: as easy as 1, 2, 3"); how
its words become numbers is fixed here, so that another engine can repeat it.
"""

from __future__ import annotations

import math
import secrets
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.native_module import native

Float64 = NDArray[np.float64]
MAX_SEED = 2**64 - 1
WORTH_THREADS = 30_000  # numbers to shuffle: fewer are done before a thread has come


class Purpose(IntEnum):
    """What numbers are drawn for; different purposes never share numbers."""

    INITIALISE = 1
    SHUFFLE = 2
    LAYER = 3
    SPLIT = 4
    DATASET = 5
    CHECK = 6


class Stream:
    """The random numbers of one purpose at one place in a run.

    Args:
        seed: whole number in [0, 2**64).
        purpose: what they are for.
        major, minor: the counters, e.g. step and layer index.

    Word ``i`` is word ``i % 4`` of Philox4x64-10 at counter
    ``(1 + i // 4, major, minor, purpose)`` under key ``(seed, 0)``.

    >>> a = Stream(1, Purpose.LAYER, 7, 2).uniform((3,))
    >>> b = Stream(1, Purpose.LAYER, 7, 2).uniform((3,))
    >>> bool((a == b).all())
    True
    """

    def __init__(self, seed: int, purpose: Purpose, major: int = 0, minor: int = 0) -> None:
        self.seed, self.purpose, self.major, self.minor = seed, purpose, major, minor
        self._bits: np.random.Philox | None = None
        self._drawn = 0  # words that were drawn without it

    def words(self, count: int) -> NDArray[np.uint64]:
        """The next ``count`` words of 64 random bits."""
        if self._bits is None:  # most layers never draw: build on first use
            self._bits = np.random.Philox(
                counter=np.array([0, self.major, self.minor, self.purpose], np.uint64),
                key=np.array([self.seed, 0], np.uint64),
            )
            self._bits.random_raw(self._drawn, output=False)
        words: Any = self._bits.random_raw(count)
        return np.asarray(words, dtype=np.uint64)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Float64:
        """Uniform in ``[low, high)``: ``u = (word >> 11) · 2⁻⁵³``."""
        unit = (self.words(math.prod(shape)) >> np.uint64(11)) * 2.0**-53
        return np.asarray(low + (high - low) * unit).reshape(shape)

    def normal(self, shape: tuple[int, ...], mean: float = 0.0, stddev: float = 1.0) -> Float64:
        """Normal, by Box & Muller (1958): ``r cos θ`` of all pairs, then ``r sin θ``.

        With ``m = ⌈n/2⌉`` pairs: ``r = √(−2 ln(1−u_i))``, ``θ = 2π u_{m+i}``.
        """
        count = math.prod(shape)
        pairs = (count + 1) // 2
        unit = self.uniform((2, pairs))
        radius, angle = np.sqrt(-2.0 * np.log1p(-unit[0])), 2.0 * np.pi * unit[1]
        both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
        return np.asarray(mean + stddev * both[:count]).reshape(shape)

    def truncated_normal(self, shape: tuple[int, ...]) -> Float64:
        """Standard normal restricted to [−2, 2]; values outside are drawn again."""
        values = self.normal(shape).reshape(-1)
        outside = np.flatnonzero(np.abs(values) > 2.0)
        while outside.size:
            values[outside] = self.normal((outside.size,))
            outside = outside[np.abs(values[outside]) > 2.0]
        return values.reshape(shape)

    def permutation(self, count: int) -> NDArray[np.int64]:
        """A permutation of ``0 … count − 1``: the order of ``count`` random words.

        The index is put in each word's low bits, so that no two are equal and
        the order is the same under every sorting algorithm.
        """
        if native is None or self._bits is not None or self._drawn:
            return self._permutation(count)
        self._drawn = count
        order: NDArray[np.int64] = self.permutations(1, count)[0]
        return order

    def permutations(
        self,
        times: int,
        count: int,
        threads: int | None = None,
        out: NDArray[np.int64] | None = None,
    ) -> NDArray[np.int64]:
        """(times, count): the first permutation of this stream and of those that follow.

        Row i is that of the stream whose ``major`` is greater by i.

        Args:
            threads: how many to use at the most; None for what the machine allows. Fewer
                than 30,000 numbers are worth one.
            out: where they are to be written, if it has this shape.

        >>> orders = Stream(1, Purpose.SHUFFLE, 7).permutations(2, 5)
        >>> bool((orders[1] == Stream(1, Purpose.SHUFFLE, 8).permutation(5)).all())
        True
        """
        fits = out is not None and out.shape == (times, count)
        orders = out if out is not None and fits else np.empty((times, count), np.int64)
        if native is not None:
            key = (self.seed, int(self.purpose), self.major, self.minor)
            native.permutations(*key, orders, (threads or 0) if orders.size >= WORTH_THREADS else 1)
            return orders
        for row in range(times):
            stream = Stream(self.seed, self.purpose, self.major + row, self.minor)
            orders[row] = stream._permutation(count)
        return orders

    def _permutation(self, count: int) -> NDArray[np.int64]:
        shift = np.uint64(max(1, int(count - 1).bit_length()))
        keys = (self.words(count) << shift) | np.arange(count, dtype=np.uint64)
        keys.sort()
        return (keys & ((np.uint64(1) << shift) - np.uint64(1))).astype(np.int64)


_default: list[int] = []  # seed and count set by set_random_seed


def set_random_seed(seed: int) -> None:
    """Make every model that is given no seed of its own repeatable.

    The first such model gets ``seed``, the next ``seed + 1`` and so on.

    >>> set_random_seed(7)
    >>> fresh_seed(), fresh_seed()
    (7, 8)
    >>> forget_random_seed()
    """
    _default[:] = [check_seed(seed), 0]


def forget_random_seed() -> None:
    """Undo :func:`set_random_seed`: seeds come from the system again."""
    _default.clear()


def fresh_seed() -> int:
    """A seed from the system, or the next one after :func:`set_random_seed`."""
    if not _default:
        return secrets.randbits(32)
    _default[1] += 1
    return (_default[0] + _default[1] - 1) % (MAX_SEED + 1)


def check_seed(seed: Any) -> int:
    """Return ``seed`` as an int, or raise if it is not in [0, 2**64)."""
    return checks.integer("seed", seed, 0, MAX_SEED)
