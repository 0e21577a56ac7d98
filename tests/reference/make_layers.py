"""Writes layers.json: what Keras 3 computes for each layer, forward and backward.

Run by hand where Keras is installed: ``KERAS_BACKEND=jax python make_layers.py``.
"""

import json
from pathlib import Path

import jax
import keras
import numpy as np

# name, arguments, shape of one sample, training
CASES = [
    ("Dense", {"units": 3}, (4,), False),
    ("Dense", {"units": 3, "activation": "sigmoid"}, (4,), False),
    ("Dense", {"units": 3, "activation": "softmax", "use_bias": False}, (4,), False),
    ("Dense", {"units": 2, "activation": "tanh"}, (3, 4), False),
    ("Activation", {"activation": "tanh"}, (3,), False),
    ("ReLU", {}, (5,), False),
    ("ReLU", {"max_value": 0.8, "negative_slope": 0.1, "threshold": 0.2}, (5,), False),
    ("LeakyReLU", {}, (5,), False),
    ("LeakyReLU", {"negative_slope": 0.05}, (5,), False),
    ("ELU", {"alpha": 0.7}, (5,), False),
    ("Softmax", {}, (5,), False),
    ("Softmax", {"axis": 1}, (3, 2), False),
    ("PReLU", {}, (4,), False),
    ("PReLU", {"shared_axes": [1, 2]}, (2, 3, 2), False),
    ("Dropout", {"rate": 0.4}, (4,), False),
    ("GaussianDropout", {"rate": 0.4}, (4,), False),
    ("AlphaDropout", {"rate": 0.4}, (4,), False),
    ("GaussianNoise", {"stddev": 0.4}, (4,), False),
    ("Flatten", {}, (2, 3), False),
    ("Reshape", {"target_shape": [3, -1]}, (2, 6), False),
    ("Rescaling", {"scale": 0.5, "offset": -1.0}, (4,), False),
    ("Normalization", {"mean": [1.0, -2.0], "variance": [4.0, 0.25]}, (2,), False),
    ("Normalization", {"mean": 1.0, "variance": 4.0}, (2,), False),
    ("Normalization", {"axis": None, "mean": 1.0, "variance": 4.0}, (2,), False),
    ("Normalization", {"mean": 1.0, "variance": 4.0, "invert": True}, (2,), False),
    ("BatchNormalization", {}, (3,), True),
    ("BatchNormalization", {}, (3,), False),
    ("BatchNormalization", {"epsilon": 0.1, "center": False}, (3,), True),
    ("BatchNormalization", {"scale": False, "momentum": 0.5}, (2, 3), True),
    ("BatchNormalization", {"axis": 1}, (2, 3), True),
    ("BatchNormalization", {"axis": 1}, (2, 3), False),
    ("BatchNormalization", {"trainable": False}, (3,), True),
    ("LayerNormalization", {}, (4,), False),
    ("LayerNormalization", {"axis": [1, 2], "epsilon": 0.01}, (3, 2), False),
    ("LayerNormalization", {"axis": 1, "center": False}, (3, 2), False),
    ("LayerNormalization", {"scale": False}, (3, 2), False),
]


def plain(values):
    """Nested lists of float32 numbers in the nine digits that they have."""
    values = np.asarray(values)
    return float(f"{values:.9g}") if not values.ndim else [plain(v) for v in values]


def case(name, arguments, shape, training, rng):
    """One layer: inputs, weights and sensitivities in, output and gradients out."""
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}
    layer = getattr(keras.layers, name)(**arguments)
    x = rng.normal(size=(5, *shape)).astype("float32")
    layer.build(x.shape)
    if name != "Normalization":
        layer.set_weights([rng.uniform(0.2, 1.5, size=w.shape) for w in layer.weights])
    trained = [w.value for w in layer.trainable_variables]
    fixed = [w.value for w in layer.non_trainable_variables]

    mode = {"training": training} if training else {}  # some layers take no such argument

    def run(trained, x):
        return layer.stateless_call(trained, fixed, x, **mode)

    out, state = run(trained, x)
    dz = rng.normal(size=out.shape).astype("float32")
    dw, dx = jax.grad(lambda w, x: (run(w, x)[0] * dz).sum(), argnums=(0, 1))(trained, x)
    weights = {w.name: plain(w) for w in layer.weights}
    if name == "Normalization":
        weights = {}  # its statistics are arguments
    after = {w.name: plain(v) for w, v in zip(layer.non_trainable_variables, state, strict=True)}
    return {
        "layer": name,
        "arguments": arguments,
        "training": training,
        "x": plain(x),
        "weights": weights,
        "out": plain(out),
        "dz": plain(dz),
        "dx": plain(dx),
        "dw": {w.name: plain(g) for w, g in zip(layer.trainable_variables, dw, strict=True)},
        "state": {k: v for k, v in after.items() if k.startswith("moving")},
    }


def moving_averages(rng):
    """Batch normalization's averages after five training batches."""
    layer = keras.layers.BatchNormalization(momentum=0.9)
    batches = rng.normal(2.0, 3.0, size=(5, 4, 3)).astype("float32")
    for batch in batches:
        layer(batch, training=True)
    test = rng.normal(2.0, 3.0, size=(2, 3)).astype("float32")
    return {
        "batches": plain(batches),
        "moving_mean": plain(layer.moving_mean),
        "moving_variance": plain(layer.moving_variance),
        "x": plain(test),
        "out": plain(layer(test, training=False)),
    }


def adapted(axis, shape, rng):
    """Normalization's statistics of data, and what they make of it."""
    data = rng.normal(5.0, 2.0, size=shape).astype("float32")
    layer = keras.layers.Normalization(axis=axis)
    layer.adapt(data)
    return {
        "axis": axis,
        "data": plain(data),
        "mean": plain(layer.mean),
        "variance": plain(layer.variance),
        "out": plain(layer(data)),
    }


def main():
    rng = np.random.default_rng(0)
    values = {
        "cases": [case(*arguments, rng) for arguments in CASES],
        "moving_averages": moving_averages(rng),
        "adapted": [
            adapted(-1, (6, 3), rng),
            adapted(1, (5, 2, 3), rng),
            adapted((1, 2), (5, 2, 2), rng),
            adapted(None, (6, 3), rng),
        ],
    }
    path = Path(__file__).with_name("layers.json")
    path.write_text(json.dumps(values, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
