"""Write schedules.json: learning rates of Keras 3's schedules (run by hand).

KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/reference/make_schedules.py
"""

from __future__ import annotations

import json
from pathlib import Path

import keras

ITERATIONS = [0, 1, 2, 5, 9, 10, 11, 19, 20, 21, 29, 30, 31, 45, 69, 70, 71, 100, 1000]

RATE = {"initial_learning_rate": 0.1}
CASES = [
    ("InverseTimeDecay", {**RATE, "decay_steps": 10, "decay_rate": 0.5}),
    ("InverseTimeDecay", {**RATE, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("ExponentialDecay", {**RATE, "decay_steps": 10, "decay_rate": 0.9}),
    ("ExponentialDecay", {**RATE, "decay_steps": 10, "decay_rate": 0.9, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [10, 30], "values": [0.1, 0.05, 0.01]}),
    ("PolynomialDecay", {**RATE, "decay_steps": 30}),
    ("PolynomialDecay", {**RATE, "decay_steps": 30, "end_learning_rate": 0.01, "power": 0.5}),
    ("PolynomialDecay", {**RATE, "decay_steps": 10, "power": 2.0, "cycle": True}),
    ("CosineDecay", {**RATE, "decay_steps": 30}),
    ("CosineDecay", {**RATE, "decay_steps": 20, "alpha": 0.2}),
    ("CosineDecay", {**RATE, "decay_steps": 20, "warmup_target": 0.3, "warmup_steps": 10}),
    ("CosineDecayRestarts", {**RATE, "first_decay_steps": 10}),
    ("CosineDecayRestarts", {**RATE, "first_decay_steps": 10, "t_mul": 1.0, "alpha": 0.1}),
    ("CosineDecayRestarts", {**RATE, "first_decay_steps": 10, "m_mul": 0.8}),
]


def main() -> None:
    keras.backend.set_floatx("float64")
    cases = []
    for name, config in CASES:
        schedule = getattr(keras.optimizers.schedules, name)(**config)
        rates = [float(schedule(iteration)) for iteration in ITERATIONS]
        cases.append({"class_name": name, "config": config, "rates": rates})
    found = {"keras": keras.__version__, "iterations": ITERATIONS, "cases": cases}
    path = Path(__file__).with_name("schedules.json")
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
