"""Write activations.json: Keras 3's values and gradients (run by hand with Keras on JAX)."""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")

# Keras's name and its arguments. Sparsemax is not here: Keras's rows do not sum to 1.
CASES = [
    ("linear", {}),
    ("exponential", {}),
    ("relu", {}),
    ("relu", {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.4}),
    ("relu", {"negative_slope": 1.5}),
    ("relu6", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.3}),
    ("elu", {}),
    ("elu", {"alpha": 0.6}),
    ("selu", {}),
    ("celu", {}),
    ("celu", {"alpha": 0.6}),
    ("sigmoid", {}),
    ("tanh", {}),
    ("softsign", {}),
    ("hard_sigmoid", {}),
    ("sparse_sigmoid", {}),
    ("hard_tanh", {}),
    ("softplus", {}),
    ("log_sigmoid", {}),
    ("squareplus", {}),
    ("squareplus", {"b": 1.5}),
    ("sparse_plus", {}),
    ("gelu", {}),
    ("gelu", {"approximate": True}),
    ("silu", {}),
    ("swish", {}),
    ("hard_silu", {}),
    ("hard_swish", {}),
    ("mish", {}),
    ("hard_shrink", {}),
    ("hard_shrink", {"threshold": 1.1}),
    ("soft_shrink", {}),
    ("soft_shrink", {"threshold": 1.1}),
    ("tanh_shrink", {}),
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {}),
]


def main() -> None:
    rng = np.random.default_rng(0)
    z = np.concatenate(
        [rng.normal(scale=2.0, size=(4, 5)), [[-30.0, -8.3, 7.7, 30.0, 0.05]]]
    ).round(3)
    dh = rng.normal(size=z.shape).round(3)
    cases = []
    for name, arguments in CASES:
        function = keras.activations.get(name)
        h, backward = jax.vjp(lambda z, f=function, a=arguments: f(z, **a), z)
        (dz,) = backward(jax.numpy.asarray(dh, dtype=h.dtype))  # tanh gives float32
        cases.append({"name": name, "arguments": arguments, "h": h.tolist(), "dz": dz.tolist()})
    table = {"z": z.tolist(), "dh": dh.tolist(), "cases": cases}
    Path(__file__).with_name("activations.json").write_text(json.dumps(table) + "\n")


if __name__ == "__main__":
    main()
