"""The McCulloch–Pitts neuron, and why one of them is no XOR."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import ArgumentError, ArgumentTypeError, DataError, ShapeError
from neurona.part import Part
from neurona.perceptron import inputs
from neurona.perceptron.rosenblatt import Perceptron

MAX_INPUTS = 8  # up to here a truth table without a contradiction is one neuron (see below)

Bits = tuple[int, ...]


class McCullochPitts(Part):
    """A neuron with binary inputs and output: it fires when ``Σ wᵢ xᵢ ≥ θ``.

    A negative weight inhibits. (In the paper one active inhibitory input silences
    the neuron whatever the others do; a weight that outweighs them does that.)

    Args:
        weights: one number for each input.
        threshold: θ.

    Raises:
        ArgumentError, ArgumentTypeError: no weights, or not finite numbers.

    McCulloch & Pitts (1943), "A logical calculus of the ideas immanent in nervous
    activity", Bulletin of Mathematical Biophysics 5.

    >>> majority = McCullochPitts([1, 1, 1], threshold=2)
    >>> majority(1, 0, 1), majority(1, 0, 0)
    (1, 0)
    """

    def __init__(self, weights: Sequence[float], threshold: float) -> None:
        values = np.asarray(weights, dtype=object)
        if values.ndim != 1 or not len(values):
            raise ArgumentError(f"weights must be a list of numbers, got {weights!r}.")
        self.weights = tuple(checks.real(f"weights[{i}]", w) for i, w in enumerate(values))
        self.threshold = checks.real("threshold", threshold)

    @classmethod
    def logical_and(cls, n_inputs: int = 2) -> Self:
        """AND: all weights 1, the threshold is the number of inputs.

        >>> McCullochPitts.logical_and().truth_table()
        (0, 0, 0, 1)
        """
        n = checks.integer("n_inputs", n_inputs, 1)
        return cls([1.0] * n, n)

    @classmethod
    def logical_or(cls, n_inputs: int = 2) -> Self:
        """OR: all weights 1, threshold 1.

        >>> McCullochPitts.logical_or().truth_table()
        (0, 1, 1, 1)
        """
        return cls([1.0] * checks.integer("n_inputs", n_inputs, 1), 1.0)

    @classmethod
    def logical_not(cls) -> Self:
        """NOT: weight −1, threshold 0.

        >>> McCullochPitts.logical_not().truth_table()
        (1, 0)
        """
        return cls([-1.0], 0.0)

    @classmethod
    def from_truth_table(cls, outputs: Sequence[int]) -> Self:
        """A neuron with that truth table, found by the perceptron rule.

        Args:
            outputs: the outputs 0 or 1 for all 2ⁿ inputs in counting order
                (00, 01, 10, 11), n from 1 to 8.

        Raises:
            DataError: no single neuron has it; the message holds the proof.
            ShapeError, ArgumentTypeError: not a truth table.

        >>> McCullochPitts.from_truth_table([0, 0, 1, 0]).truth_table()
        (0, 0, 1, 0)
        """
        table = _check_table(outputs)
        proof = contradiction(table)
        if proof is not None:
            raise DataError(f"No single neuron has the truth table {table}: {proof}")
        n = len(table).bit_length() - 1
        if len(set(table)) == 1:  # always or never: no input matters
            return cls([0.0] * n, 1 - table[0])
        neuron = Perceptron(max_epochs=1_000_000, path_length=0).fit(all_inputs(n), table)
        return cls(neuron.weights_.tolist(), -neuron.bias)

    def __call__(self, *bits: int) -> int:
        """The output for one input, given bit by bit."""
        return int(self.predict([bits])[0])

    def predict(self, x: Any) -> NDArray[np.int64]:
        """The outputs 0 or 1, int64 (points,).

        Args:
            x: array-like (points, inputs) of 0 and 1.

        Raises:
            ShapeError: not two-dimensional, or another number of inputs.
            DataError: something else than 0 and 1 (names row and column).
            ArgumentTypeError: not numbers.
        """
        values = inputs.points(x)
        if values.shape[1] != len(self.weights):
            raise ShapeError(
                f"x has {values.shape[1]} inputs (columns), the neuron {len(self.weights)}."
            )
        wrong = np.argwhere((values != 0.0) & (values != 1.0))
        if len(wrong):
            row, column = wrong[0].tolist()
            raise DataError(
                f"x must hold 0 and 1, got {values[row, column]:g} at row {row}, column {column}."
            )
        z = inputs.inner(values, np.asarray(self.weights))
        return (z >= self.threshold).astype(np.int64)

    def truth_table(self) -> Bits:
        """The outputs for all 2ⁿ inputs, in the order of :func:`all_inputs`."""
        return tuple(self.predict(all_inputs(len(self.weights))).tolist())


@dataclass(frozen=True)
class Contradiction:
    """Two inputs that must fire and two that must not, with the same sum.

    No weights and threshold can do that: with s the common sum, firing twice needs
    ``⟨w, s⟩ ≥ 2θ`` and staying silent twice needs ``⟨w, s⟩ < 2θ``.

    Attributes:
        firing: the two inputs with output 1 (perhaps the same one twice).
        silent: the two inputs with output 0.
    """

    firing: tuple[Bits, Bits]
    silent: tuple[Bits, Bits]

    def __str__(self) -> str:
        (a, b), (c, d) = self.firing, self.silent
        return (
            f"{a} + {b} = {c} + {d} = s; the left two fire, so ⟨w, s⟩ ≥ 2θ, and the right two "
            "do not, so ⟨w, s⟩ < 2θ: a contradiction."
        )


def contradiction(outputs: Sequence[int]) -> Contradiction | None:
    """The proof that no McCulloch–Pitts neuron has that truth table, or None.

    All pairs of inputs are gone through. For up to 8 inputs, to which tables are
    limited here, None means that there is such a neuron (Muroga, 1971, "Threshold
    Logic and Its Applications": 2-asummable functions are threshold functions).

    Args:
        outputs: the outputs 0 or 1 for all 2ⁿ inputs in counting order, n from 1 to 8.

    Raises:
        ShapeError, ArgumentTypeError, DataError: not a truth table.

    >>> print(contradiction([0, 1, 1, 0]))  # XOR
    (0, 1) + (1, 0) = (0, 0) + (1, 1) = s; the left two fire, so ⟨w, s⟩ ≥ 2θ, and \
the right two do not, so ⟨w, s⟩ < 2θ: a contradiction.
    """
    table = _check_table(outputs)
    rows = [tuple(row) for row in all_inputs(len(table).bit_length() - 1).tolist()]
    pairs: dict[int, dict[Bits, tuple[Bits, Bits]]] = {0: {}, 1: {}}
    for output, sums in pairs.items():
        side = [row for row, value in zip(rows, table, strict=True) if value == output]
        for a, b in itertools.combinations_with_replacement(side, 2):
            sums.setdefault(tuple(map(sum, zip(a, b, strict=True))), (a, b))
    for total, firing in pairs[1].items():
        if total in pairs[0]:
            return Contradiction(firing, pairs[0][total])
    return None


def all_inputs(n: int) -> NDArray[np.int64]:
    """All 2ⁿ binary inputs in counting order, int64 (2ⁿ, n), n from 1 to 16.

    >>> all_inputs(2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    n = checks.integer("n", n, 1, 16)
    return (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1)) & 1


def _check_table(outputs: Sequence[int]) -> Bits:
    table = np.asarray(outputs)
    if table.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"A truth table holds 0 and 1, got {outputs!r}.")
    if table.ndim != 1 or len(table) not in [2**n for n in range(1, MAX_INPUTS + 1)]:
        raise ShapeError(
            f"A truth table has 2ⁿ outputs for n = 1 to {MAX_INPUTS} inputs, got shape "
            f"{table.shape}."
        )
    if not np.isin(table, (0, 1)).all():
        raise DataError(f"A truth table holds 0 and 1, got {outputs!r}.")
    return tuple(table.astype(int).tolist())
