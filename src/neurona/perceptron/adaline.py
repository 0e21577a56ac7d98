"""Adaline: the adaptive linear neuron of Widrow and Hoff."""

from __future__ import annotations

import numpy as np

from neurona import checks
from neurona.errors import ArgumentTypeError
from neurona.perceptron.inputs import Float64, inner
from neurona.perceptron.neuron import Neuron, Training


class Adaline(Neuron):
    """A linear neuron that lowers the squared error ``½(y − z)²``, z = ⟨w, x⟩.

    With labels y = ±1, a leading 1 in x and w = 0 at the start, each point changes
    the weights by the least-mean-squares (LMS) rule

        w ← w + η (y − z) x                 sample by sample
        w ← w + η mean((y − z) x)           whole batch, once an epoch

    Unlike the perceptron's, the error is that of z itself, so that a point on the
    right side still pulls. The weights tend to those of least squares (sample by
    sample: to their neighbourhood, the nearer the smaller η), whether or not the
    classes can be separated; and those need not separate classes that can be.

    Training ends when an epoch has moved no weight by more than ``tolerance``, and
    :attr:`converged` says no more than that: mistakes may remain, as for XOR.
    It is stable for ``η < 2 / max ‖(1, x)‖²``.

    Args:
        learning_rate: η, above 0.
        max_epochs: visits of the whole data set before giving up, at least 1.
        tolerance: the largest move of a weight in an epoch that counts as rest, at least 0.
        whole_batch: one update an epoch, by the mean over all points.
        path_length: how many of the latest updates :attr:`path` keeps.

    Raises:
        ArgumentError, ArgumentTypeError: an argument makes no sense.

    Widrow & Hoff (1960), "Adaptive switching circuits", IRE WESCON Convention Record 4.

    AND in signs; least squares gives ``z = −½ + ½x₁ + ½x₂``:

    >>> x = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    >>> neuron = Adaline(0.1, whole_batch=True).fit(x, [-1, -1, -1, 1])
    >>> round(neuron.bias, 3), neuron.weights_.round(3).tolist()
    (-0.5, [0.5, 0.5])
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        max_epochs: int = 1000,
        tolerance: float = 1e-5,
        whole_batch: bool = False,
        path_length: int = 10_000,
    ) -> None:
        super().__init__(learning_rate, max_epochs, path_length)
        self.tolerance = checks.real("tolerance", tolerance, 0.0)
        if not isinstance(whole_batch, bool):
            raise ArgumentTypeError(f"whole_batch must be True or False, got {whole_batch!r}.")
        self.whole_batch = whole_batch

    def _error(self, side: float, z: float) -> float:
        return side - z

    def _epoch(self, run: Training) -> int:
        if not self.whole_batch:
            return super()._epoch(run)
        z = inner(run.points, run.w)
        mistakes = int(np.count_nonzero((z >= 0.0) != (run.sides == self.targets[1])))
        gradient = np.einsum("n,nd->d", z - run.sides, run.points) / len(run.points)
        run.step(-self.learning_rate * gradient, mistake=mistakes > 0)
        return mistakes

    def _settled(self, run: Training, before: Float64) -> bool:
        return self._move(run, before) <= self.tolerance

    def _unsettled(self, run: Training, before: Float64) -> str:
        return (
            f"Adaline did not come to rest: epoch {run.epoch} of max_epochs={self.max_epochs} "
            f"still moved a weight by {self._move(run, before):g}, above tolerance="
            f"{self.tolerance:g}. Give it more epochs, or another learning_rate (now "
            f"{self.learning_rate:g}; below 2 / max ‖(1, x)‖² it is stable)."
        )

    @staticmethod
    def _move(run: Training, before: Float64) -> float:
        return float(np.abs(run.w - before).max())
