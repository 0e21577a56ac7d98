"""Write regularizers_constraints.json: Keras 3's penalties and projections (run by hand).

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/reference/make_regularizers_constraints.py
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np

REGULARIZERS = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.2, "l2": 0.1}),
]
CONSTRAINTS = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5}),
    ("MaxNorm", {"max_value": 1.0, "axis": 1}),
    ("MaxNorm", {"max_value": 1.0, "axis": [0, 1]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 2.5}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.8, "rate": 0.25, "axis": 1}),
]


def main() -> None:
    keras.backend.set_floatx("float64")
    weight = np.random.default_rng(6).normal(size=(4, 3)).round(3)
    weight[1, 2] = 0.0
    regularizers, constraints = [], []
    for name, config in REGULARIZERS:
        value = float(getattr(keras.regularizers, name)(**config)(weight))
        regularizers.append({"class_name": name, "config": config, "value": value})
    for name, config in CONSTRAINTS:
        projected = np.array(getattr(keras.constraints, name)(**config)(weight)).tolist()
        constraints.append({"class_name": name, "config": config, "projected": projected})
    found = {
        "keras": keras.__version__,
        "weight": weight.tolist(),
        "regularizers": regularizers,
        "constraints": constraints,
    }
    path = Path(__file__).with_name("regularizers_constraints.json")
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
