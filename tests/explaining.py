"""What the tests of explained steps share."""

from __future__ import annotations

from typing import Any

import numpy as np

import neurona as nn
from contract.cases import LayerCase
from contract.running import rows
from neurona import layers
from neurona.explain.step import Step

N = 7


def around(case: LayerCase, dtype: str = "float64") -> nn.Sequential:
    """A small model with the case's layer in the middle."""
    flat = [layers.Flatten()] if len(case.make().output_shape(case.shape)) > 1 else []
    model = nn.Sequential(
        [
            layers.Input(shape=case.shape),
            layers.Dense(case.shape[-1], activation="tanh"),
            case.make(),
            *flat,
            layers.Dense(2),
        ],
        seed=3,
        dtype=dtype,
    )
    model.compile("sgd", "mse", engine="numpy")
    return model


def batch_for(case: LayerCase) -> tuple[Any, Any]:
    """Rows for that model, and targets."""
    return rows((N, *case.shape)), rows((N, 2), 1)


def off(step: Step, most: int = 10) -> list[str]:
    """Every number of the step whose terms do not add up to it, to 1e-12; some of each array."""
    found = []
    for quantity in step.catalogue:
        indices = list(np.ndindex(quantity.values.shape))
        for index in indices[: most - 2] + indices[-2:]:
            why = step.why(quantity.name, *index)
            reach = max(sum(map(abs, why.terms)), abs(why.value), 1e-300)
            if not abs(why.total - why.value) <= 1e-12 * reach:
                found.append(f"{quantity.name}{index}: {why.value} is not {why.total}")
            assert why.text
            assert why.latex.count("{") == why.latex.count("}")
    return found
