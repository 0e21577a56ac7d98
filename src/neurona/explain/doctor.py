"""What is wrong with a training, found in its numbers and said in plain words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from neurona.activations import Activation, Identity
from neurona.backprop import Trace, backward, forward, loss_gradient
from neurona.blas import OneBlasThread
from neurona.data.arrays import Samples
from neurona.network import Node, Program, Weights

DEAD_SHARE = 0.4  # of a layer's units, from which it is worth a word
SATURATED_SHARE = 0.7  # of a layer's outputs
FLAT = 0.05  # of the steepest slope: there a unit is saturated
VANISHED, EXPLODED = 1e-4, 1e3  # gradient of the first layer against the last one's
STILL, STILL_EPOCHS = 0.005, 5  # relative change of the loss, over so many epochs
RISE, RISING_EPOCHS = 1.5, 2  # loss against its lowest, after so many rises in a row
OVERFIT, OVERFIT_EPOCHS = 1.1, 3  # validation loss against its lowest, so long after it


@dataclass(frozen=True)
class Finding:
    """Something wrong.

    Attributes:
        kind: such as "dead units" or "over-fitting".
        where: the layer's name, or "" where it concerns the whole model.
        text: what was seen, with its figures, and the likely fix.
    """

    kind: str
    where: str
    text: str

    def __str__(self) -> str:
        return self.text


def examine_layers(program: Program, weights: Weights, samples: Samples) -> list[Finding]:
    """Look at what every layer does with some samples: one pass forward and back.

    Finds units that are dead or saturated, gradients that vanish or explode.

    Args:
        samples: a hundred rows or so, with targets.
    """
    assert samples.y is not None
    with OneBlasThread(), np.errstate(all="ignore"):
        x = samples.x.astype(program.storage, copy=False)
        traces = forward(program.network, weights, x)
        _, dh = loss_gradient(program, traces[-1], samples.y)
        grads, deltas = backward(program, weights, traces, dh)
        hidden = list(zip(program.network.nodes[:-1], traces[:-1], strict=True))
        return [
            *_dead_or_saturated(hidden, len(x)),
            *_gradient_sizes(program, grads, deltas),
        ]


def _dead_or_saturated(hidden: Sequence[tuple[Node, Trace]], rows: int) -> Iterator[Finding]:
    for node, trace in hidden:
        activation = node.layer.activation
        slope = _slopes(activation, trace)
        if slope is None:
            continue
        units = slope.reshape(rows, -1)
        dead = int((units == 0.0).all(axis=0).sum())
        if dead >= DEAD_SHARE * units.shape[1] and not all(map(math.isfinite, activation.bounds)):
            yield Finding(
                "dead units",
                node.name,
                f"layer {node.name!r}: {dead} of {units.shape[1]} units are dead: for all {rows} "
                f"rows looked at their slope is 0, so nothing teaches them any more. Lower the "
                f"learning rate, or use leaky_relu or elu, or the initializer he_normal.",
            )
        flat = float((np.abs(units) < FLAT * np.abs(units).max(initial=1e-12)).mean())
        if all(map(math.isfinite, activation.bounds)) and flat >= SATURATED_SHARE:
            yield Finding(
                "saturated units",
                node.name,
                f"layer {node.name!r}: {flat:.0%} of its outputs are saturated, near the ends of "
                f"{type(activation).__name__.lower()}, where it is flat and learns little. Scale "
                f"the inputs, lower the learning rate, or use relu.",
            )


def _slopes(activation: Activation, trace: Trace) -> Any:
    """g'(z) of an elementwise activation that is not linear, else None."""
    if isinstance(activation, Identity):
        return None
    try:
        return activation.derivative(trace.z, trace.h)
    except NotImplementedError:
        return None


def _gradient_sizes(program: Program, grads: Weights, deltas: Sequence[Any]) -> Iterator[Finding]:
    kernels = [key for key in program.network.trainable if grads[key].ndim > 1]
    if len(kernels) < 3:
        return  # a chain too short to speak of
    sizes = {key: _size(grads[key]) for key in kernels}
    first, last = kernels[0], kernels[-1]
    if not sizes[last]:
        return
    ratio = sizes[first] / sizes[last]
    layer = first.split("/")[0]
    figures = (
        f"layer {layer!r}: its gradient is {ratio:.1g} times that of {last.split('/')[0]!r} "
        f"({sizes[first]:.1g} against {sizes[last]:.1g})"
    )
    if ratio < VANISHED:
        yield Finding(
            "vanishing gradients",
            layer,
            f"{figures}: it vanishes on the way back, and the first layers hardly learn. Use relu "
            f"in place of sigmoid or tanh, fewer layers, or BatchNormalization.",
        )
    # What a kernel's gradient gains on the way back, it may lack in the size of its inputs.
    places = {node.name: i for i, node in enumerate(reversed(program.network.nodes))}
    here, there = (_size(deltas[places[key.split("/")[0]]]) for key in (first, last))
    if here > EXPLODED * there and math.isfinite(ratio) and ratio <= EXPLODED:
        ratio = here / there if there else math.inf
        figures = (
            f"layer {layer!r}: the gradient of its z is {ratio:.1g} times that of "
            f"{last.split('/')[0]!r} ({here:.1g} against {there:.1g})"
        )
    if ratio > EXPLODED or not math.isfinite(ratio):
        yield Finding(
            "exploding gradients",
            layer,
            f"{figures}: it explodes on the way back. Give the optimizer clipnorm=1.0, lower the "
            f"learning rate, or use smaller first weights (glorot_uniform).",
        )


def _size(values: Any) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def examine_history(history: Mapping[str, Sequence[Any]]) -> list[Finding]:
    """Look at how the losses went, epoch by epoch.

    >>> [str(f.kind) for f in examine_history({"loss": [1.0, 2.0, 4.0, 8.0]})]
    ['rising loss']
    """
    loss = [float(value) for value in history.get("loss", ())]
    held_out = [float(value) for value in history.get("val_loss", ())]
    return [*_rising(loss), *_standing_still(loss), *_overfitting(loss, held_out)]


def _rising(loss: Sequence[float]) -> Iterator[Finding]:
    recent = loss[-RISING_EPOCHS - 1 :]
    rises = all(b > a for a, b in pairwise(recent))
    if len(recent) > RISING_EPOCHS and rises and loss[-1] > RISE * min(loss) > 0:
        yield Finding(
            "rising loss",
            "",
            f"the training loss rises: {min(loss):.4g} at its lowest (epoch "
            f"{loss.index(min(loss)) + 1}), {loss[-1]:.4g} now. The learning rate is too large; "
            f"lower it three- to tenfold.",
        )


def _standing_still(loss: Sequence[float]) -> Iterator[Finding]:
    if len(loss) <= STILL_EPOCHS or not loss[0] > 0:
        return
    if max(loss) - min(loss) < STILL * loss[0]:
        yield Finding(
            "loss stands still",
            "",
            f"in {len(loss)} epochs the training loss has gone from {loss[0]:.4g} to "
            f"{loss[-1]:.4g}: nothing is learned. Raise the learning rate tenfold, scale the "
            f"inputs, and check that the labels belong to the rows.",
        )


def _overfitting(loss: Sequence[float], held_out: Sequence[float]) -> Iterator[Finding]:
    if len(held_out) <= OVERFIT_EPOCHS or len(loss) != len(held_out):
        return
    best = min(range(len(held_out)), key=held_out.__getitem__)
    after = len(held_out) - 1 - best
    if (
        after >= OVERFIT_EPOCHS
        and held_out[-1] > OVERFIT * held_out[best] > 0
        and loss[-1] < loss[best]
    ):
        yield Finding(
            "over-fitting",
            "",
            f"over-fitting: the validation loss was lowest at epoch {best + 1} "
            f"({held_out[best]:.4g}) and is {held_out[-1]:.4g} now, while the training loss went "
            f"on falling. Stop there with EarlyStopping(patience={OVERFIT_EPOCHS}, "
            f"restore_best_weights=True); or use dropout, L2, fewer units, more data.",
        )
