"""Parts of your own: an activation, a loss, a metric and a layer, each a small class.

Together they learn a line that 90 % of the points lie below. The parts' derivatives are
compared with finite differences when a model first uses them.

Run: python examples/custom_parts.py
"""

import tempfile
from pathlib import Path

import numpy as np

from neurona.activations import Activation
from neurona.errors import GradientMismatchError
from neurona.initializers import Ones
from neurona.layers import Dense, Layer, Weight
from neurona.losses import Loss
from neurona.metrics import MeanMetric
from neurona.models import Sequential, load_model


class Sine(Activation):
    """h = sin z."""

    def forward(self, z, xp=np):
        return xp.sin(z)

    def derivative(self, z, h, xp=np):
        return xp.cos(z)


class Pinball(Loss):
    """max(q (y − p), (q − 1)(y − p)): least where a share q of the targets lies below p."""

    def __init__(self, q=0.5, reduction="mean"):
        super().__init__(reduction)
        self.q = q

    def values(self, y, p, xp=np):
        d = y - p
        return xp.maximum(self.q * d, (self.q - 1) * d).mean(axis=-1)

    def gradient(self, y, p, xp=np):
        return xp.where(y > p, -self.q, 1 - self.q).astype(p.dtype) / p.shape[-1]


class Below(MeanMetric):
    """The share of targets below the prediction."""

    def values(self, y, p):
        return (y < p).mean(axis=-1)


class Scale(Layer):
    """z = s x, with a learned factor s for each feature."""

    def weights(self, input_shape):
        return (Weight("scale", input_shape, Ones()),)

    def forward(self, params, x, ctx):
        return x * params["scale"], x

    def backward(self, params, cache, dz, xp=np, need_dx=True):
        return dz * params["scale"], {"scale": (dz * cache).sum(axis=0)}


random = np.random.default_rng(1)
x = random.uniform(-3, 3, size=(1000, 1))
y = np.sin(2 * x) + random.normal(0, 0.3, size=x.shape)

model = Sequential([Scale(input_shape=(1,)), Dense(16, Sine()), Dense(1)], seed=1)
model.compile(optimizer="adam", loss=Pinball(q=0.9), metrics=[Below()])
model.fit(x, y, epochs=100, verbose=0)
loss, below = model.evaluate(x, y, verbose=0)
print(f"pinball loss {loss:.3f}, {below:.0%} of the points lie below the line")

# A file names the classes and holds no code: pass them in to load it.
own = {"Sine": Sine, "Pinball": Pinball, "Below": Below, "Scale": Scale}
with tempfile.TemporaryDirectory() as folder:
    model.save(Path(folder) / "model.safetensors")
    again = load_model(Path(folder) / "model.safetensors", custom_objects=own)
assert np.array_equal(again.predict(x), model.predict(x))
print("saved and loaded: the same predictions")


class WrongSine(Sine):
    """With a slip in the sign of the derivative."""

    def derivative(self, z, h, xp=np):
        return -xp.cos(z)


wrong = Sequential([Dense(16, WrongSine(), input_shape=(1,)), Dense(1)], seed=1)
wrong.compile(optimizer="adam", loss="mse")
try:
    wrong.fit(x, y, epochs=1, verbose=0)
except GradientMismatchError as error:
    print(error)
