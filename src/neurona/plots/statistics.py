"""A callback that takes each layer's pulse, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks, fitting
from neurona.activations import Activation, Identity
from neurona.backprop import Trace, backward, forward, loss_gradient
from neurona.blas import OneBlasThread
from neurona.callbacks.callback import Callback, Logs
from neurona.data.arrays import Samples, as_samples
from neurona.errors import ArgumentError
from neurona.network import Node, Program, Weights

Array = NDArray[Any]

ROWS = 64
EDGE = 0.05  # of the range of a bounded activation: nearer to a bound, it is saturated


@dataclass(frozen=True)
class Pulse:
    """One layer after one epoch, on the sample of rows.

    Means and standard deviations are over all entries. Of a layer without weights, what
    concerns them is NaN.

    Attributes:
        weight_mean, weight_std, weight_norm: of the trainable weights.
        gradient_mean, gradient_std, gradient_norm: of the loss's gradient by them.
        gradient_rms: the root of their mean square: the size of a typical entry.
        activation_mean, activation_std, activation_norm: of the outputs h; the norm is
            the mean length of a row.
        dead: share of neurons whose activation has slope 0 on every row, so that they
            learn nothing from the sample.
        saturated: share of outputs within a twentieth of the range of a bound, of
            activations with two bounds (sigmoid, tanh); else NaN.
    """

    weight_mean: float
    weight_std: float
    weight_norm: float
    gradient_mean: float
    gradient_std: float
    gradient_norm: float
    gradient_rms: float
    activation_mean: float
    activation_std: float
    activation_norm: float
    dead: float
    saturated: float


class LayerStatistics(Callback):
    """Records weights, gradients and activations of every layer.

    Before training and after each epoch, a fixed sample of rows goes through the network
    and back, by the textbook back-propagation. It costs two passes over ``rows`` rows,
    however many rows the training has.

    Args:
        x, y: data to take the sample from, as given to ``fit``.
        rows: how many, evenly spread over x.
        every: epochs from one record to the next.

    Attributes:
        epochs: of each record, how many epochs had passed.
        layers: the layers' names: those with weights or an activation.
        records: for each epoch, for each layer its :class:`Pulse`.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep
    feedforward neural networks".

    >>> from neurona import Sequential, datasets, layers
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("adam", "binary_crossentropy")
    >>> x, y = datasets.xor(200, seed=1)
    >>> statistics = LayerStatistics(x, y)
    >>> history = model.fit(x, y, epochs=2, callbacks=[statistics], verbose=0)
    >>> statistics.layers, statistics.epochs
    (('dense', 'dense_1'), [0, 1, 2])
    >>> statistics.series("gradient_rms").shape
    (3, 2)
    """

    only_records = True
    state_names = ("passed", "epochs", "layers", "records")

    def __init__(self, x: Any, y: Any, rows: int = ROWS, every: int = 1) -> None:
        samples = as_samples(x, y)
        count = min(checks.integer("rows", rows, 1), len(samples))
        spread = np.arange(count) * len(samples) // count
        self.sample: Samples = samples.take(spread)
        self.every = checks.integer("every", every, 1)
        self.passed = 0
        self.epochs: list[int] = []
        self.layers: tuple[str, ...] = ()
        self.records: list[tuple[Pulse, ...]] = []

    def get_state(self) -> dict[str, Any]:
        """What has been recorded, as numbers."""
        records = [[list(astuple(pulse)) for pulse in record] for record in self.records]
        return {**super().get_state(), "layers": list(self.layers), "records": records}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what was recorded."""
        super().set_state(state)
        self.layers = tuple(state["layers"])
        self.records = [tuple(Pulse(*pulse) for pulse in record) for record in state["records"]]

    def on_train_begin(self, logs: Logs) -> None:
        """Take the first record, or go on from the training before."""
        self._listener = _Stethoscope(self.model, self.sample)
        names = tuple(node.name for node in self._listener.nodes)
        if self.records and names != self.layers:
            raise ArgumentError("This LayerStatistics has recorded another model: make a new one.")
        self.layers = names
        if not self.records:
            self._record()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Take a record if it is time for one."""
        self.passed += 1
        if self.passed % self.every == 0:
            self._record()

    def series(self, name: str) -> NDArray[np.float64]:
        """One of :class:`Pulse`'s numbers through time: (records, layers).

        Raises:
            ArgumentError: it has no such number.
        """
        checks.choice("name", name, *Pulse.__dataclass_fields__)
        values = [[getattr(pulse, name) for pulse in record] for record in self.records]
        return np.array(values, dtype=np.float64).reshape(len(self.records), len(self.layers))

    def _record(self) -> None:
        self.epochs.append(self.passed)
        self.records.append(self._listener.pulses(self.model.weights))


def pulses(model: Any, samples: Samples) -> tuple[Pulse, ...]:
    """Each layer's statistics on some rows, with the weights as they are."""
    return _Stethoscope(model, samples).pulses(model.weights)


class _Stethoscope:
    """Listens to a network on some rows, which are checked and converted once."""

    def __init__(self, model: Any, samples: Samples) -> None:
        self.program = Program(model.network, model.loss, None, model.seed, model.dtype)
        self.nodes = _watched(model.network.nodes)
        sample = fitting.aligned(samples, self.program)
        self.x, self.y = sample.x.astype(model.storage, copy=False), sample.y

    def pulses(self, weights: Weights) -> tuple[Pulse, ...]:
        """Each layer's, with these weights."""
        program = self.program
        # More threads of BLAS would keep cores from the engine for long after these few products.
        with OneBlasThread(), np.errstate(all="ignore"):
            traces = forward(program.network, weights, self.x)
            _, dh = loss_gradient(program, traces[-1], self.y)
            grads, _ = backward(program, weights, traces, dh)
            return tuple(_pulse(node, traces[node.index], weights, grads) for node in self.nodes)


def _watched(nodes: tuple[Node, ...]) -> list[Node]:
    return [n for n in nodes if n.weights or not isinstance(n.layer.activation, Identity)]


def _pulse(
    node: Node, trace: Trace, weights: Mapping[str, Array], grads: Mapping[str, Array]
) -> Pulse:
    keys = [key for (_, key), spec in zip(node.keys, node.weights, strict=True) if spec.trainable]
    weight = _moments([weights[key] for key in keys])
    gradient = _moments([grads[key] for key in keys if key in grads])
    h = trace.h.reshape(len(trace.h), -1)
    mean, std, _, _ = _moments([h])
    lengths = np.sqrt(np.einsum("ij,ij->i", h, h))
    activation = node.layer.activation
    return Pulse(
        *weight[:3],
        *gradient,
        mean,
        std,
        float(lengths.mean()),
        _dead(activation, trace),
        _saturated(activation, h),
    )


def _moments(arrays: list[Array]) -> tuple[float, float, float, float]:
    """Mean, standard deviation, norm and root mean square over all entries."""
    count = sum(a.size for a in arrays)
    if not count:
        return math.nan, math.nan, math.nan, math.nan
    flat = [a.reshape(-1) for a in arrays]
    mean = sum(float(np.add.reduce(a)) for a in flat) / count
    # Around the mean first: of squares alone, little would be left of a small variance.
    off = [a - a.dtype.type(mean) for a in flat]
    variance = sum(float(np.dot(a, a)) for a in off) / count
    square = variance + mean * mean
    return mean, math.sqrt(variance), math.sqrt(count * square), math.sqrt(square)


def _dead(activation: Activation, trace: Trace) -> float:
    if not _elementwise(activation):
        return 0.0  # in softmax and its like no output is cut off by itself
    slope = activation.derivative(trace.z, trace.h)
    flat = (slope != 0.0).reshape(len(slope), -1)
    return float(1.0 - flat.any(axis=0).mean())


def _saturated(activation: Activation, h: Array) -> float:
    low, high = activation.bounds
    if not (math.isfinite(high - low) and _elementwise(activation)):
        return math.nan
    edge = EDGE * (high - low)
    return float(((h < low + edge) | (h > high - edge)).mean())


def _elementwise(activation: Activation) -> bool:
    return type(activation).derivative is not Activation.derivative
