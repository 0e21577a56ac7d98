"""What the scripts beside this one are asked to do."""

from __future__ import annotations

import argparse
import json

import numpy as np


def parse() -> tuple[argparse.Namespace, dict[str, np.ndarray]]:
    """The settings, and the rows: ``x_train``, ``y_train``, ``x_test``, ``y_test``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--layers", type=int, nargs="*", default=[])
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    settings = parser.parse_args()
    with np.load(settings.data) as file:
        rows = dict(file)
    for name in ("x_train", "y_train"):
        rows[name] = rows[name][: settings.rows]
    return settings, rows


def report(accuracy: float) -> None:
    print(json.dumps({"accuracy": float(accuracy)}))
