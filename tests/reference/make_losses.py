"""Write losses.json: Keras 3's values and gradients (run by hand with Keras on JAX)."""

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

# Keras's class, its arguments, the kinds of labels and of predictions.
CASES = [
    ("MeanSquaredError", {}, "real", "real"),
    ("MeanAbsoluteError", {}, "real", "real"),
    ("MeanAbsolutePercentageError", {}, "real", "real"),
    ("MeanSquaredLogarithmicError", {}, "counts", "positive"),
    ("Huber", {}, "real", "real"),
    ("Huber", {"delta": 0.4}, "real", "real"),
    ("LogCosh", {}, "real", "real"),
    ("CosineSimilarity", {}, "real", "real"),
    ("Poisson", {}, "counts", "positive"),
    ("KLDivergence", {}, "distribution", "distribution"),
    ("Hinge", {}, "signs", "real"),
    ("Hinge", {}, "bits", "real"),
    ("SquaredHinge", {}, "signs", "real"),
    ("SquaredHinge", {}, "bits", "real"),
    ("CategoricalHinge", {}, "onehot", "real"),
    ("BinaryCrossentropy", {}, "bits", "unit"),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, "bits", "unit"),
    ("BinaryCrossentropy", {"from_logits": True}, "bits", "real"),
    ("CategoricalCrossentropy", {}, "onehot", "positive"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, "onehot", "distribution"),
    ("CategoricalCrossentropy", {"from_logits": True}, "onehot", "real"),
    ("CategoricalCrossentropy", {}, "distribution", "distribution"),
    ("SparseCategoricalCrossentropy", {}, "classes", "distribution"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "classes", "real"),
    ("BinaryFocalCrossentropy", {}, "bits", "unit"),
    (
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5, "label_smoothing": 0.1},
        "bits",
        "unit",
    ),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 3.0}, "bits", "real"),
    ("CategoricalFocalCrossentropy", {}, "onehot", "positive"),
    (
        "CategoricalFocalCrossentropy",
        {"alpha": [0.2, 0.5, 0.3, 0.9], "gamma": 1.5, "label_smoothing": 0.1},
        "onehot",
        "distribution",
    ),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "gamma": 3.0}, "onehot", "real"),
]


def arrays() -> dict[str, np.ndarray]:
    """One array of each kind, five samples of four outputs."""
    rng = np.random.default_rng(0)
    shape = (5, 4)
    classes = rng.integers(4, size=5)
    bits = rng.integers(2, size=shape).astype(float)
    shares = rng.uniform(0.1, 1.0, shape)
    predictions = {
        "real": rng.normal(scale=1.5, size=shape),
        "positive": rng.uniform(0.1, 3.0, shape),
        "unit": rng.uniform(0.02, 0.98, shape),
        "distribution": shares / shares.sum(axis=-1, keepdims=True),
    }
    shares = rng.uniform(0.1, 1.0, shape)
    labels = {
        "real": rng.normal(scale=1.5, size=shape),
        "counts": rng.integers(5, size=shape).astype(float),
        "distribution": shares / shares.sum(axis=-1, keepdims=True),
        "signs": 2 * bits - 1,
        "bits": bits,
        "classes": classes,
        "onehot": np.eye(4)[classes],
    }
    return {
        **{f"p_{kind}": p for kind, p in predictions.items()},
        **{f"y_{kind}": y for kind, y in labels.items()},
    }


def main() -> None:
    table, weight = arrays(), np.array([1.0, 0.0, 2.0, 0.5, 3.0])
    cases = []
    for name, arguments, labels, predictions in CASES:
        y, p = table[f"y_{labels}"], table[f"p_{predictions}"]
        cls = getattr(keras.losses, name)
        each = cls(**arguments, reduction="none")
        entry = {
            "name": name,
            "arguments": arguments,
            "y": f"y_{labels}",
            "p": f"p_{predictions}",
            "values": np.asarray(each(y, p)).tolist(),
            "gradient": jax.grad(lambda p, f=each, y=y: f(y, p).sum())(p).tolist(),
        }
        for ours, reduction in (
            ("mean", "mean_with_sample_weight"),
            ("sum_over_batch_size", "sum_over_batch_size"),
            ("sum", "sum"),
        ):
            entry[ours] = float(cls(**arguments, reduction=reduction)(y, p, sample_weight=weight))
        cases.append(entry)
    out = {
        "arrays": {name: array.tolist() for name, array in table.items()},
        "sample_weight": weight.tolist(),
        "cases": cases,
    }
    Path(__file__).with_name("losses.json").write_text(json.dumps(out) + "\n")


if __name__ == "__main__":
    main()
