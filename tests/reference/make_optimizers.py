"""Write optimizers.json: ten steps of each optimizer in Keras 3 (run by hand).

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/reference/make_optimizers.py
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np

STEPS, SHOWN = 10, (1, 2, 10)  # steps taken, steps after which the weights are kept

EXPONENTIAL = {
    "class_name": "ExponentialDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
}
WARM_COSINE = {
    "class_name": "CosineDecay",
    "config": {
        "initial_learning_rate": 0.0,
        "decay_steps": 6,
        "alpha": 0.1,
        "warmup_target": 0.2,
        "warmup_steps": 3,
    },
}
CASES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 1.5}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "global_clipnorm": 2.0}),
    ("SGD", {"learning_rate": EXPONENTIAL, "momentum": 0.9}),
    ("SGD", {"learning_rate": WARM_COSINE, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.9, "epsilon": 1e-3}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.5, "clipnorm": 1.0}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-4}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Adam", {"learning_rate": 0.05, "beta_2": 0.7, "amsgrad": True}),
    ("Adam", {"learning_rate": EXPONENTIAL, "global_clipnorm": 1.0, "weight_decay": 0.01}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.05, "weight_decay": 0.1, "amsgrad": True, "beta_2": 0.7}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.7, "epsilon": 1e-2}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.6, "weight_decay": 0.1}),
]


def run(name: str, arguments: dict, start: dict, grads: dict) -> dict:
    """The weights after the steps in SHOWN."""
    rate = arguments.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["class_name"])(**rate["config"])
        arguments = {**arguments, "learning_rate": schedule}
    optimizer = getattr(keras.optimizers, name)(**arguments)
    weights = {key: keras.Variable(np.array(value)) for key, value in start.items()}
    after = {}
    for step in range(STEPS):
        now = [keras.ops.convert_to_tensor(np.array(grads[key][step])) for key in weights]
        optimizer.apply(now, list(weights.values()))
        if step + 1 in SHOWN:
            after[str(step + 1)] = {k: w.numpy().tolist() for k, w in weights.items()}
    return after


def main() -> None:
    keras.backend.set_floatx("float64")
    rng = np.random.default_rng(5)
    shapes = {"kernel": (3, 2), "bias": (2,)}
    start = {key: rng.normal(size=shape).round(3).tolist() for key, shape in shapes.items()}
    grads = {key: rng.normal(size=(STEPS, *s)).round(3).tolist() for key, s in shapes.items()}
    cases = [
        {"class_name": name, "config": arguments, "after": run(name, arguments, start, grads)}
        for name, arguments in CASES
    ]
    found = {"keras": keras.__version__, "start": start, "grads": grads, "cases": cases}
    path = Path(__file__).with_name("optimizers.json")
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
