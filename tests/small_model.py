"""A small model and its data, for tests of what happens around training."""

from __future__ import annotations

from typing import Any

from neurona import Sequential, datasets, layers

X, Y = datasets.xor(96, seed=3)


def xor_model(**settings: Any) -> Sequential:
    """Compiled, with ``settings`` in place of some of the usual ones."""
    model = Sequential([layers.Dense(6, "tanh"), layers.Dense(1, "sigmoid")], seed=2)
    model.compile(
        **{"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"]} | settings
    )
    return model


# Trains as many epochs as its argument says, and tells whether rich was loaded for it.
PROGRAM = """
import sys
from neurona import Sequential, datasets, layers
x, y = datasets.xor(64, seed=1)
model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
model.compile("sgd", "mse")
model.fit(x, y, epochs=int(sys.argv[1]))
print("rich" in sys.modules)
"""
