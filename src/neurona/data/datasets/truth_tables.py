"""The truth tables of logic: what single neurons can and cannot compute."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurona import checks

Count = NDArray[np.int64]

# Each as a function of how many of the k inputs are true.
_TRUE_WHEN: dict[str, Callable[[Count, int], NDArray[np.bool_]]] = {
    "and": lambda true, k: true == k,
    "or": lambda true, k: true > 0,
    "not": lambda true, k: true == 0,
    "nand": lambda true, k: true < k,
    "nor": lambda true, k: true == 0,
    "xor": lambda true, k: true % 2 == 1,
    "xnor": lambda true, k: true % 2 == 0,
}


def truth_table(
    name: str, inputs: int | None = None, *, bipolar: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Every combination of true and false, and what the function makes of it.

    Args:
        name: "and", "or", "not", "nand", "nor", "xor" or "xnor".
        inputs: how many, 1 to 16; by default 2, and 1 for "not", which takes no
            more. With more than two, "xor" says whether an odd number is true.
        bipolar: write −1 and +1 in place of 0 and 1, in inputs and outputs.

    Returns:
        x float32 (2**inputs, inputs), counting up in binary, and y int64 (2**inputs,).

    Raises:
        ArgumentError: an unknown name, or a number of inputs out of range.

    Source: McCulloch & Pitts (1943): and, or and not are one neuron each.
    Minsky & Papert (1969): xor is none.

    >>> x, y = truth_table("xor")
    >>> x.tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> y
    array([0, 1, 1, 0])
    >>> truth_table("and", bipolar=True)[1]
    array([-1, -1, -1,  1])
    """
    checks.choice("name", name, *_TRUE_WHEN)
    most, usual = (1, 1) if name == "not" else (16, 2)
    k = usual if inputs is None else checks.integer("inputs", inputs, 1, most)
    bits = (np.arange(2**k)[:, None] >> np.arange(k)[::-1]) & 1
    y = _TRUE_WHEN[name](bits.sum(axis=1), k).astype(np.int64)
    if bipolar:
        bits, y = 2 * bits - 1, 2 * y - 1
    return bits.astype(np.float32), y
