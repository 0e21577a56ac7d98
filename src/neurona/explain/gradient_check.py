"""Compares the derivatives that a part states with finite differences.

Parts of neurona's own are held to this by its tests; a user's part is checked
when a model first uses it. Along a random direction d,
``(E(x + εd) − E(x − εd)) / 2ε`` must equal ``⟨∂E/∂x, d⟩`` (Griewank & Walther
2008, section 3.1): one pair of forward passes checks all entries at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from neurona.activations import Activation
from neurona.errors import GradientMismatchError, ShapeError
from neurona.layers.layer import Context
from neurona.losses import Loss
from neurona.network import Node
from neurona.random import Purpose, Stream

Array = Any

ROWS = 5
EPSILON = 1e-5
TOLERANCE = 1e-4  # relative; a wrong formula is off by far more


def check_activation(activation: Activation, where: str) -> None:
    """Check ``backward`` of an activation against its ``forward``.

    Raises:
        GradientMismatchError: they disagree; says how much and where it is used.
    """
    stream = Stream(0, Purpose.CHECK)
    z, weight = stream.normal((ROWS, 7)), stream.normal((ROWS, 7))
    h = np.asarray(activation.forward(z))
    _same_shape(f"{type(activation).__name__}.forward", h, z)
    dz = activation.backward(weight, z, h)
    _compare(
        lambda a: float((weight * activation.forward(a)).sum()),
        z,
        dz,
        f"activation {type(activation).__name__} of {where}: its derivative (or backward)",
    )


def check_loss(loss: Loss, outputs: int) -> None:
    """Check ``gradient`` of a loss against its ``values``."""
    stream = Stream(0, Purpose.CHECK, 1)
    p = stream.uniform((ROWS, outputs), 0.1, 0.9)
    if outputs > 1:
        p /= p.sum(axis=1, keepdims=True)
        y: Any = np.eye(outputs)[np.arange(ROWS) % outputs]
    else:
        y = (np.arange(ROWS) % 2.0)[:, None]
    values = np.asarray(loss.values(y, p))
    if values.shape != (ROWS,):
        raise ShapeError(
            f"{type(loss).__name__}.values must give one value a sample, of shape ({ROWS},) for "
            f"outputs of shape {p.shape}; it gave {values.shape}."
        )
    _compare(
        lambda a: float(np.sum(loss.values(y, a))),
        p,
        loss.gradient(y, p),
        f"loss {type(loss).__name__}: its gradient",
    )


def check_layer(node: Node) -> None:
    """Check ``backward`` of a layer, by its input and by each trainable weight."""
    layer = node.layer
    stream = Stream(0, Purpose.CHECK, 2)
    x = stream.normal((ROWS, *node.input_shape))
    params = {w.name: stream.normal(w.shape) for w in node.weights}

    def forward(x: Array, params: dict[str, Array]) -> tuple[Array, Any]:
        return layer.forward(params, x, Context(True, Stream(0, Purpose.LAYER, 0, node.index)))

    z, cache = forward(x, params)
    if z.shape != (ROWS, *node.output_shape):
        raise ShapeError(
            f"layer {node.name!r}: forward gave shape {z.shape}, but output_shape promises "
            f"{(ROWS, *node.output_shape)} for {ROWS} rows."
        )
    dz = stream.normal(z.shape)
    dx, grads = layer.backward(params, cache, dz)
    _compare(
        lambda a: float((dz * forward(a, params)[0]).sum()),
        x,
        dx,
        f"layer {node.name!r} ({type(layer).__name__}): ∂E/∂x of its backward",
    )
    for spec in node.weights:
        if spec.trainable:
            _compare(
                lambda a, name=spec.name: float(  # type: ignore[misc]
                    (dz * forward(x, {**params, name: a})[0]).sum()
                ),
                params[spec.name],
                grads.get(spec.name),
                f"layer {node.name!r} ({type(layer).__name__}): the gradient of "
                f"{spec.name!r} in its backward",
            )


def _compare(f: Callable[[Array], float], at: Array, gradient: Any, what: str) -> None:
    if gradient is None:
        raise GradientMismatchError(f"{what} is missing: return an array of shape {at.shape}.")
    stated = np.asarray(gradient, dtype=np.float64)
    _same_shape(what, stated, at)
    stream = Stream(1, Purpose.CHECK)
    for _ in range(3):
        d = stream.normal(at.shape)
        found = (f(at + EPSILON * d) - f(at - EPSILON * d)) / (2 * EPSILON)
        claimed = float((stated * d).sum())
        scale = max(abs(found), abs(claimed), float(np.abs(stated * d).sum()), 1e-6)
        if not abs(found - claimed) <= TOLERANCE * scale:
            raise GradientMismatchError(
                f"{what} disagrees with finite differences of forward: {claimed:.6g} stated, "
                f"{found:.6g} measured along a random direction. Correct the formula."
            )


def _same_shape(what: str, got: Array, expected: Array) -> None:
    if got.shape != expected.shape:
        raise ShapeError(f"{what} must have shape {expected.shape}, got {got.shape}.")
