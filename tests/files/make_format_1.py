"""Writes format-1.safetensors and what it must give; run once, by hand, with neurona 0.1.

``python tests/files/make_format_1.py``. A format that has been released is never
written again: the files stay, to show that later versions read them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from neurona import Sequential, initializers, layers, metrics, optimizers, regularizers, schedules

HERE = Path(__file__).parent
ROWS = [[0.0, 0.5, -1.0], [1.0, -0.25, 0.75], [-2.0, 0.125, 1.5]]


def make() -> Sequential:
    """A model of many kinds of parts, trained a little."""
    model = Sequential(
        [
            layers.Normalization(mean=[0.0, 0.5, 0.25], variance=[1.0, 2.0, 0.5]),
            layers.Dense(
                4,
                "leaky_relu",
                kernel_initializer=initializers.Values(np.linspace(-1, 1, 12).reshape(3, 4)),
                kernel_regularizer=regularizers.L2(0.01),
            ),
            layers.BatchNormalization(),
            layers.Dropout(0.25),
            layers.Dense(2, "softmax", name="out"),
        ],
        name="old",
        seed=2**64 - 1,
    )
    rate = schedules.LinearWarmup(schedules.CosineDecay(0.05, 100), warmup_steps=3)
    model.compile(
        optimizers.Adam(rate, clipnorm=1.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", metrics.TopKCategoricalAccuracy(1, name="best")],
    )
    model.info = {"class_names": ["no", "yes"], "threshold": 0.5, "numbers": [0.5] * 1001}
    x = np.random.default_rng(1).normal(size=(40, 3))
    model.fit(x, (x.sum(axis=1) > 0).astype(int), epochs=2, verbose=0)
    return model


if __name__ == "__main__":
    model = make()
    model.save(HERE / "format-1.safetensors")
    expected = {
        "predictions": model.predict(np.array(ROWS)).tolist(),
        "weights": {key: w.tolist() for key, w in model.state.weights.items()},
        "iteration": model.state.iteration,
        "epoch": model.state.epoch,
        "seed": model.seed,
        "layers": [repr(layer) for layer in model.layers],
        "optimizer": repr(model.optimizer),
        "loss": repr(model.loss),
        "metrics": model.metrics_names,
    }
    (HERE / "format-1.json").write_text(json.dumps(expected, indent=1) + "\n")
