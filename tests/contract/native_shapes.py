"""The compiled engine against the NumPy engine: networks of any shape, any number of threads.

``test_native_isas.py`` runs this file once for each instruction set of the machine.

How far apart they may be: in float64 1e-9 of the largest number. In float32 sums of n terms in
another order differ by about √n · 6e-8, and ten steps of an optimizer that divides by small
numbers stretch that: 2e-5 for outputs and gradients, 1e-3 for the weights after ten steps.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, given, reject, settings
from hypothesis import strategies as st

import neurona as nn
from contract.cases import OPTIMIZERS
from contract.native_hashes import with_threads
from contract.running import gradients_by_step
from neurona import layers

# A few rows do not show every class.
pytestmark = pytest.mark.filterwarnings("ignore::neurona.errors.DataWarning")
EXAMPLES = int(os.environ.get("EXAMPLES", "25"))
NEAR = {"float64": 1e-9, "float32": 2e-5}
AFTER_TEN_STEPS = {"float64": 1e-9, "float32": 1e-3}
ACTIVATIONS = ["tanh", "sigmoid", "softplus", "gelu", "silu", "elu", "linear"]
# A gradient's sign is a matter of rounding where the gradient is: Lion in float64 alone.
LOSSES = ["mse", "categorical_crossentropy", "binary_crossentropy"]

sizes = st.one_of(st.integers(1, 20), st.integers(1, 300))


@dataclass(frozen=True)
class Network:
    """A network to be made twice, and data for it."""

    units: tuple[int, ...]
    activation: str
    loss: str
    dtype: str
    batch: int
    threads: int
    zeros: float  # the part of the inputs that is 0

    def make(self, engine: str, optimizer: Any) -> nn.Sequential:
        last = {"mse": "linear", "binary_crossentropy": "sigmoid"}.get(self.loss, "softmax")
        hidden = [layers.Dense(n, self.activation) for n in self.units[1:-1]]
        net = [layers.Input(shape=self.units[:1]), *hidden, layers.Dense(self.units[-1], last)]
        model = nn.Sequential(net, seed=5, dtype=self.dtype)
        model.compile(optimizer, self.loss, engine=engine)
        return model

    def data(self, rows: int) -> tuple[Any, Any]:
        rng = np.random.default_rng(self.batch)
        x = rng.normal(size=(rows, self.units[0])).astype(self.dtype)
        x[rng.random(x.shape) < self.zeros] = 0
        k = self.units[-1]
        if self.loss == "mse":
            return x, rng.normal(size=(rows, k))
        if self.loss == "binary_crossentropy":
            return x, rng.integers(0, 2, (rows, k))
        return x, np.eye(k)[rng.integers(0, k, rows)]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """One to three layers of 1 to 300 units."""
    loss = draw(st.sampled_from(LOSSES))
    units = draw(st.lists(sizes, min_size=2, max_size=4))
    if loss == "categorical_crossentropy":
        units[-1] = max(2, units[-1])
    network = Network(
        tuple(units),
        draw(st.sampled_from(ACTIVATIONS)),
        loss,
        draw(st.sampled_from(["float32", "float64"])),
        draw(st.one_of(st.just(1), st.integers(1, 70))),
        draw(st.integers(1, 8)) * draw(st.sampled_from([1, -1])),
        draw(st.sampled_from([0.0, 0.5, 0.9, 1.0])),
    )
    event(network.dtype)
    event(f"{network.zeros:.0%} zeros")
    return network


def assert_near(found: Any, expected: Any, tolerance: float, what: str) -> None:
    scale = max(1.0, float(np.abs(expected).max()))
    distance = float(np.abs(found - expected).max()) / scale
    assert distance <= tolerance, f"{what}: {distance:.2g} apart"


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 100)
@given(networks())
def test_outputs_and_gradients(network: Network) -> None:
    x, y = network.data(network.batch)
    sgd = nn.optimizers.SGD(1.0)
    one, other = network.make("native", sgd), network.make("numpy", sgd)
    with with_threads(network.threads):
        near = NEAR[network.dtype]
        assert_near(one.predict(x), other.predict(x), near, "outputs")
        found = gradients_by_step(one, x, y)
        for key, expected in gradients_by_step(other, x, y).items():
            assert_near(found[key], expected, near, key)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 100)
@given(networks(), st.sampled_from(sorted(OPTIMIZERS)), st.integers(1, 70))
def test_ten_steps(network: Network, name: str, rest: int) -> None:
    """The last batch is smaller, where it can be."""
    if name == "Lion":
        network = Network(**{**vars(network), "dtype": "float64"})
    x, y = network.data(9 * network.batch + min(rest, network.batch))
    models = [network.make(engine, OPTIMIZERS[name]()) for engine in ("native", "numpy")]
    with with_threads(network.threads):
        for model in models:
            try:
                model.fit(x, y, batch_size=network.batch, shuffle=False, verbose=0)
            except nn.errors.NonFiniteError:
                reject()
            assert model.state.iteration == 10
    one, other = (model.state for model in models)
    # Where training runs away, every rounding grows with it.
    assume(max(float(np.abs(w).max()) for w in other.weights.values()) < 3)
    near = AFTER_TEN_STEPS[network.dtype]
    for key, expected in other.weights.items():
        assert_near(one.weights[key], expected, near, key)
        for slot, values in other.slots.get(key, {}).items():
            assert_near(one.slots[key][slot], values, near, f"{slot} of {key}")
