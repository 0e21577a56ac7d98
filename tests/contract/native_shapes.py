"""The compiled engine against the NumPy engine: networks of any shape, any number of threads.

``test_native_isas.py`` runs this file once for each instruction set of the machine.

How far apart they may be: in float64 1e-9 of the largest number. In float32 sums of n terms in
another order differ by about √n · 6e-8, and ten steps of an optimizer that divides by small
numbers stretch that: 2e-5 for outputs and gradients, 1e-3 for the weights after ten steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
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
LOSSES = ["mse", "categorical_crossentropy", "binary_crossentropy"]

# Between the hidden layers: what has statistics, random numbers or weights of its own.
BETWEEN: dict[str, Callable[[], layers.Layer]] = {
    "batch normalization": lambda: layers.BatchNormalization(),
    "layer normalization": lambda: layers.LayerNormalization(),
    "prelu": lambda: layers.PReLU(alpha_initializer="ones"),
    "dropout": lambda: layers.Dropout(0.3),
    "alpha dropout": lambda: layers.AlphaDropout(0.2),
    "noise": lambda: layers.GaussianNoise(0.1),
    "scaling": lambda: layers.Rescaling(0.5, offset=0.1),
}

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
    between: str | None = None  # after each hidden layer

    def make(self, engine: str, optimizer: Any) -> nn.Sequential:
        last = {"mse": "linear", "binary_crossentropy": "sigmoid"}.get(self.loss, "softmax")
        hidden: list[layers.Layer] = []
        for n in self.units[1:-1]:
            hidden.append(layers.Dense(n, self.activation))
            if self.between is not None:
                hidden.append(BETWEEN[self.between]())
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
    between = draw(st.one_of(st.none(), st.sampled_from(sorted(BETWEEN))))
    network = Network(
        tuple(units),
        draw(st.sampled_from(ACTIVATIONS)),
        loss,
        # What divides by a deviation makes roundings larger.
        draw(st.sampled_from(["float32", "float64"])) if between is None else "float64",
        draw(st.one_of(st.just(1), st.integers(1, 70))),
        draw(st.integers(1, 8)) * draw(st.sampled_from([1, -1])),
        draw(st.sampled_from([0.0, 0.5, 0.9, 1.0])),
        between,
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
        network = replace(network, dtype="float64")
    if "normalization" in (network.between or ""):
        # The loss does not depend on how large the kernel before it is: that gradient is
        # nothing but rounding, which most optimizers divide by its own size.
        assume(name.startswith("SGD"))
    try:
        most = ten_steps(network, name, min(rest, network.batch))
    except nn.errors.NonFiniteError:
        reject()
    event(f"{network.between} between")
    # Where training runs away, every rounding grows with it.
    assume(most < 3)


@pytest.mark.parametrize("threads", [1, 3, -8])
@pytest.mark.parametrize("dtype", NEAR)
@pytest.mark.parametrize("units", [(131, 37, 19, 5), (300, 450, 3)], ids=["narrow", "wide"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_of_every_optimizer(
    name: str, units: tuple[int, ...], dtype: str, threads: int
) -> None:
    if name == "Lion" and dtype == "float32":
        pytest.skip("a step follows the gradient's sign, which is rounding where that is 0")
    network = Network(units, "tanh", "mse", dtype, 14, threads, zeros=0.3)
    assert ten_steps(network, name, rest=5) < 3  # else nothing was compared


def ten_steps(network: Network, name: str, rest: int) -> float:
    """On both engines, the last of so many rows. Compares weights and slots.

    Returns the largest weight.
    """
    x, y = network.data(9 * network.batch + rest)
    models = [network.make(engine, OPTIMIZERS[name]()) for engine in ("native", "numpy")]
    with with_threads(network.threads):
        for model in models:
            model.fit(x, y, batch_size=network.batch, shuffle=False, verbose=0)
            assert model.state.iteration == 10
    one, other = (model.state for model in models)
    most = max(float(np.abs(w).max()) for w in other.weights.values())
    if most >= 3:
        return most
    near = AFTER_TEN_STEPS[network.dtype]
    for key, expected in other.weights.items():
        assert_near(one.weights[key], expected, near, key)
        for slot, values in other.slots.get(key, {}).items():
            assert_near(one.slots[key][slot], values, near, f"{slot} of {key}")
    return most
