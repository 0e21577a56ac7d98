"""One step of every weight of a network: clipping, decay, update, constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neurona.constraints import Constraint, norms
from neurona.optimizers.optimizer import Array, Optimizer, Slots


def step(
    optimizer: Optimizer,
    params: Mapping[str, Array],
    grads: Mapping[str, Array],
    slots: Mapping[str, Slots],
    constraints: Mapping[str, Constraint],
    iteration: int,
    xp: Any = np,
    rate: Any = None,
) -> tuple[dict[str, Array], dict[str, Slots]]:
    """Move every weight once. Nothing that is passed in changes.

    In order: the gradients are clipped, the weights decay by
    ``η · weight_decay · w``, the optimizer updates them, constraints apply.

    Args:
        params: the trainable weights by name.
        grads: the loss's gradients by the same names, of the same shapes.
        slots: what :meth:`Optimizer.init` or the step before returned, by name.
        constraints: those of the weights that have one.
        iteration: steps taken before this one.
        xp: the array namespace, NumPy or jax.numpy.
        rate: η, where the caller has it already; else ``optimizer.rate(iteration)``.

    Returns:
        The new weights and the new slots.

    >>> from neurona.optimizers import SGD
    >>> w, dw = np.array([1.0, 2.0]), np.array([0.0, 5.0])
    >>> new, _ = step(SGD(0.1, clipvalue=1.0), {"w": w}, {"w": dw}, {"w": {}}, {}, 0)
    >>> new["w"]
    array([1. , 1.9])
    """
    rate = optimizer.rate(iteration) if rate is None else rate
    grads = clip(optimizer, grads, xp)
    kept = 1.0 - optimizer.weight_decay * rate if optimizer.weight_decay else None
    new_params, new_slots = {}, {}
    for name, w in params.items():
        if kept is not None:
            w = w * kept
        w, new_slots[name] = optimizer.update(w, grads[name], slots[name], rate, iteration, xp)
        new_params[name] = constraints[name](w, xp) if name in constraints else w
    return new_params, new_slots


def clip(optimizer: Optimizer, grads: Mapping[str, Array], xp: Any = np) -> Mapping[str, Array]:
    r"""The gradients as the optimizer's ``clipvalue``, ``clipnorm`` or ``global_clipnorm`` asks.

    By value: each entry is limited to ±c. By norm: :math:`g \min(1, c / \lVert g \rVert)`,
    with the norm of each weight's gradient, or of all gradients together.

    Source: Pascanu, Mikolov & Bengio 2013, ICML.

    >>> from neurona.optimizers import SGD
    >>> clip(SGD(clipnorm=1.0), {"w": np.array([3.0, 4.0])})["w"]
    array([0.6, 0.8])
    """
    if optimizer.clipvalue is not None:
        limit = optimizer.clipvalue
        return {name: xp.clip(dw, -limit, limit) for name, dw in grads.items()}
    if optimizer.clipnorm is not None:
        limit = optimizer.clipnorm
        return {
            name: dw * (limit / xp.maximum(norms(dw, xp=xp), limit)) for name, dw in grads.items()
        }
    if optimizer.global_clipnorm is not None and grads:
        limit = optimizer.global_clipnorm
        each = xp.stack([norms(dw, xp=xp).reshape(()) for dw in grads.values()])
        scale = (limit / xp.maximum(norms(each, xp=xp), limit)).reshape(())
        return {name: dw * scale for name, dw in grads.items()}
    return grads
