"""The perceptron with the delta rule: outputs 0 and 1, a random start."""

from __future__ import annotations

from neurona.perceptron.inputs import Float64
from neurona.perceptron.neuron import Neuron
from neurona.random import Purpose, Stream, check_seed, fresh_seed


class DeltaRule(Neuron):
    """A perceptron with outputs 0 and 1 that learns by the delta rule.

    The output is a step, ``ŷ = 1`` where ``z = ⟨w, x⟩ ≥ 0`` and 0 elsewhere. With a
    leading 1 in x, the points are visited in order and each changes the weights by

        w ← w + η (y − ŷ) x

    which is nothing where ŷ = y. An epoch without a mistake ends the training. The
    weights start at random in [−1, 1), so the boundary found depends on the seed.

    Args:
        learning_rate: η, above 0.
        max_epochs: visits of the whole data set before giving up, at least 1.
        seed: of the first weights, in [0, 2**64); None takes a fresh one. Either
            way :attr:`seed_` tells which it was.
        path_length: how many of the latest updates :attr:`path` keeps.

    Raises:
        ArgumentError, ArgumentTypeError: an argument makes no sense.

    Rosenblatt (1962), "Principles of Neurodynamics"; the name after Widrow &
    Hoff (1960), whose error uses z in place of ŷ: :class:`~neurona.perceptron.Adaline`.

    >>> x, y = [[0, 0], [1, 1], [0, 1], [1, 0]], [0, 1, 0, 1]
    >>> DeltaRule(seed=1).fit(x, y).predict(x).tolist()
    [0, 1, 0, 1]
    """

    targets = (0.0, 1.0)

    def __init__(
        self,
        learning_rate: float = 0.1,
        max_epochs: int = 1000,
        seed: int | None = None,
        path_length: int = 10_000,
    ) -> None:
        super().__init__(learning_rate, max_epochs, path_length)
        self.seed = None if seed is None else check_seed(seed)
        self.seed_ = self.seed

    def _start(self, size: int) -> Float64:
        self.seed_ = fresh_seed() if self.seed is None else self.seed
        return Stream(self.seed_, Purpose.INITIALISE).uniform((size,), -1.0, 1.0)

    def _error(self, side: float, z: float) -> float:
        output = 1.0 if z >= 0.0 else 0.0
        return side - output
