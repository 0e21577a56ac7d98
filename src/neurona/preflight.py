"""What ``fit`` checks before its first step, and explains if it does not hold."""

from __future__ import annotations

import math

import numpy as np

from neurona import layers
from neurona.activations import Activation, Identity, Sigmoid, Softmax, Sparsemax
from neurona.blas import OneBlasThread
from neurona.data.arrays import Array, Samples
from neurona.engines import Engine
from neurona.errors import ArgumentError, DataError, DataWarning, warn
from neurona.explain.gradient_check import check_activation, check_layer, check_loss
from neurona.finite import check_finite
from neurona.losses import Loss
from neurona.network import Node, Program
from neurona.part import is_builtin

LOOK = 256  # rows looked at to judge the scale of the inputs or the kind of labels
ENOUGH = 2**16  # numbers of them
MANY = 200  # labels for each class, among which all classes usually are
UNSCALED = 20.0  # inputs this large slow training down or break it
SCALING = (layers.Normalization, layers.Rescaling, layers.BatchNormalization)
SHAPING = (layers.Flatten, layers.Reshape)


def check_parts(program: Program) -> None:
    """Check the derivatives of parts that are the user's own, and the output with the loss."""
    for node in program.network.nodes:
        if not is_builtin(node.layer):
            with OneBlasThread():
                check_layer(node)
        if not is_builtin(node.layer.activation):
            check_activation(node.layer.activation, f"layer {node.name!r}")
    if program.loss is not None:
        if not is_builtin(program.loss):
            check_loss(program.loss, program.network.output_shape[-1])
        _check_output(program.network.nodes, program.loss)


def _check_output(nodes: tuple[Node, ...], loss: Loss) -> None:
    """The last activation against what the loss takes."""
    last, activation = nodes[-1], nodes[-1].layer.activation
    units = last.output_shape[-1]
    name = type(loss).__name__
    here = f"Layer {last.name!r} ends the model with {_named(activation)}"
    softmax = [n for n in nodes if isinstance(n.layer.activation, Softmax)]
    if len(softmax) > 1 and softmax[-2:] == list(nodes[-2:]):
        raise ArgumentError(
            f"Softmax is applied twice, by layers {softmax[-2].name!r} and {last.name!r}. "
            f"Remove one of them."
        )
    if isinstance(activation, Softmax) and units == 1:
        raise ArgumentError(
            f"{here} over one unit, which is always 1. Use "
            f'Dense(1, activation="sigmoid") with loss="binary_crossentropy".'
        )
    if getattr(loss, "from_logits", False):
        if isinstance(activation, (Softmax, Sigmoid)):
            raise ArgumentError(
                f"{here}, and {name}(from_logits=True) applies it once more. Drop the activation, "
                f"or from_logits=True."
            )
    elif loss.takes == "distribution":
        if isinstance(activation, Sparsemax):
            raise ArgumentError(
                f"{here}, which gives classes the probability 0, and {name} takes logarithms: a "
                f"row whose class got 0 would have an infinite loss, and no gradient. Use "
                f'activation="softmax"; or keep sparsemax with loss="mse".'
            )
        if activation.bounds == (0.0, 1.0) and not isinstance(activation, Softmax):
            raise ArgumentError(
                f"{here}, but {name} needs probabilities that sum to 1 over the {units} classes. "
                f'Use activation="softmax"; or, if a row may have several labels, keep sigmoid '
                f'with loss="binary_crossentropy".'
            )
        _check_probabilities(activation, here, name, "softmax")
    elif loss.takes == "probabilities":
        _check_probabilities(activation, here, name, "sigmoid")


def _check_probabilities(activation: Activation, here: str, loss: str, fix: str) -> None:
    if is_builtin(activation) and activation.bounds != (0.0, 1.0):
        logits = (
            f", or {loss}(from_logits=True) if these are logits"
            if isinstance(activation, Identity)
            else ""
        )
        raise ArgumentError(
            f'{here}, but {loss} needs probabilities. Use activation="{fix}"{logits}.'
        )


def _named(activation: Activation) -> str:
    if isinstance(activation, Identity):
        return "no activation (linear)"
    return type(activation).__name__.lower()


def check_data(engine: Engine, samples: Samples) -> None:
    """Values that cannot be trained on are errors; suspicious ones are warnings.

    Raises:
        DataError: NaN or infinity, or labels that the loss cannot take.
    """
    program = engine.program
    if not engine.watch(samples.x):
        check_finite("x", samples.x, engine.threads)
    assert samples.y is not None
    check_finite("y", samples.y, engine.threads)
    fix = "Give it finite ones by set_weights."
    for key, w in engine.weights.items():
        check_finite(f"weight {key!r}", w, engine.threads, fix)
    _check_labels(program, samples.y)
    _check_scale(program, samples.x)


def _check_labels(program: Program, y: Array) -> None:
    loss, activation = program.loss, program.network.nodes[-1].layer.activation
    assert loss is not None
    if loss.takes != "values":
        if y.dtype.kind == "f":
            _check_unit_interval(type(loss).__name__, y)
        _warn_of_missing_classes(program, y)
        return
    low, high = activation.bounds
    if y.dtype.kind == "f" and not loss.classes and (y.min() < low or y.max() > high):
        warn(
            f"y goes from {y.min():g} to {y.max():g}, but {_named(activation)} in the output "
            f"layer gives only values from {low:g} to {high:g}. Use a linear output for "
            f"regression, or scale y.",
            DataWarning,
        )


def _check_unit_interval(loss: str, y: Array) -> None:
    outside = (y < 0) | (y > 1)
    if not outside.any():
        return
    values = np.unique(y[:LOOK])
    fix = "Scale them to 0 … 1, or use a regression loss such as mse."
    if len(values) <= 2 and values.min() == -1:
        fix = "Labels -1 and 1 become 0 and 1 by (y + 1) / 2."
    elif len(values) <= 2:
        fix = f"The labels seem to be {values.tolist()}; make them 0 and 1."
    place = tuple(int(i) for i in np.argwhere(outside)[0])
    raise DataError(
        f"{loss} needs targets from 0 to 1, but {int(outside.sum())} are outside, the first at "
        f"index {place}: {y[place]:g}. {fix}"
    )


def _warn_of_missing_classes(program: Program, y: Array) -> None:
    k = program.network.output_shape[-1]
    assert program.loss is not None
    if k > 1 and program.loss.takes != "distribution":
        return  # several labels a row: any of them may be rare
    wanted = set(range(max(k, 2)))
    if wanted <= set(_classes(y[: MANY * len(wanted)])):
        return
    present = _classes(y)
    missing = sorted(wanted - set(present))
    if missing:
        shown = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
        warn(
            f"y has no row of class {shown} ({len(present)} of {max(k, 2)} classes occur). The "
            f"model cannot learn what it is not shown; check the labels or the number of units.",
            DataWarning,
        )


def _classes(y: Array) -> list[int]:
    labels = y
    if y.ndim > 1:
        labels = y.argmax(axis=-1) if y.shape[-1] > 1 else np.round(y[:, 0])
    if labels.dtype.kind == "i":  # classes, checked: counting them is quicker than sorting
        return [int(c) for c in np.flatnonzero(np.bincount(labels))]
    return [int(c) for c in np.unique(labels)]


def _check_scale(program: Program, x: Array) -> None:
    first = next((n.layer for n in program.network.nodes if not isinstance(n.layer, SHAPING)), None)
    if isinstance(first, SCALING):
        return
    rows = min(LOOK, 1 + ENOUGH * len(x) // max(1, x.size))
    look = x[:: -(-len(x) // rows)]
    low, high = float(look.min()), float(look.max())
    reach = max(-low, high)
    if reach <= UNSCALED or not math.isfinite(reach):  # that will be found out
        return
    bytes_ = x.dtype == np.uint8 or (low >= 0 and 200 <= reach <= 255)
    fix = (
        "layers.Rescaling(1/255) as the first layer, or x / 255"
        if bytes_
        else "a layers.Normalization() layer, adapted to x, as the first layer"
    )
    warn(
        f"x is not scaled: values reach {reach:g}, and networks learn best from inputs of about "
        f"-1 to 1. Use {fix}.",
        DataWarning,
    )


def check_validation(engine: Engine, validation: Samples) -> None:
    """The same for the validation set, and a warning if it holds one class alone."""
    check_finite("validation x", validation.x)
    assert validation.y is not None
    check_finite("validation y", validation.y)
    loss = engine.program.loss
    assert loss is not None
    several = engine.program.network.output_shape[-1] > 1
    if loss.takes == "values" or (several and loss.takes == "probabilities"):
        return
    present = _classes(validation.y)
    if len(present) == 1 and len(validation) > 1:
        warn(
            f"All {len(validation)} rows of the validation set are of class {present[0]}: its "
            f'measures say nothing of the other classes. Use validation_strategy="stratified", '
            f"or shuffle the rows before splitting.",
            DataWarning,
        )
