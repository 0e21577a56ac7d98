"""A model in a line, and in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurona.display.html import box, escape, page
from neurona.errors import NeuronaError

if TYPE_CHECKING:
    from neurona.compiled import Compiled
    from neurona.layers.layer import Layer
    from neurona.network import Network
    from neurona.stack import Stack

MOST = 8  # layers named in the line


def model_text(model: Stack) -> str:
    """The model in a line: its layers, its size, what it is trained with.

    >>> from neurona import Sequential, layers
    >>> net = [layers.Input(shape=(3,)), layers.Dense(5, "tanh"), layers.Dense(2, "softmax")]
    >>> Sequential(net, name="first")
    <Sequential 'first': 3 → Dense 5 tanh → Dense 2 softmax, 32 parameters, not compiled>
    """
    network = _network(model)
    parts = [_short(layer, network, i) for i, layer in enumerate(model.layers)]
    if len(parts) > MOST:
        parts = [*parts[: MOST - 1], f"… {len(parts) - MOST} more …", parts[-1]]
    if model.input_shape is not None:
        parts = [_size(model.input_shape), *parts]
    size = "not built" if network is None else f"{network.count_params():,} parameters"
    chain = " → ".join(parts) or "no layers"
    return f"<{type(model).__name__} {model.name!r}: {chain}, {size}, {_training(model)}>"


def model_html(model: Stack) -> str:
    """The model as a row of boxes, one for each layer."""
    network = _network(model)
    boxes = []
    if model.input_shape is not None:
        boxes.append(box("input", about=_size(model.input_shape)))
    for i, layer in enumerate(model.layers):
        facts = [repr(layer)]
        if network is not None:
            node = network.nodes[i]
            shapes = f"{_size(node.input_shape)} → {_size(node.output_shape)}"
            facts += [shapes, f"{node.count_params():,} parameters"]
        if not layer.trainable:
            facts.append("frozen")
        lines = "".join(f'<div class="nrn-s">{escape(fact)}</div>' for fact in facts)
        boxes.append(box(str(layer.name), lines, about=type(layer).__name__))
    size = "not built yet" if network is None else f"{network.count_params():,} parameters"
    head = f'<span class="nrn-t">{escape(model.name)}</span> {escape(type(model).__name__)}'
    about = f"{size}, {model.dtype}, seed {model.seed}, {_training(model)}"
    return page(
        f'<div>{head} <span class="nrn-s">{escape(about)}</span></div>',
        f'<div class="nrn-row">{"".join(boxes)}</div>',
    )


def _network(model: Stack) -> Network | None:
    try:
        return model.network
    except NeuronaError:  # no layers, no shapes yet, or statistics that are still missing
        return None


def _short(layer: Layer, network: Network | None, index: int) -> str:
    units = getattr(layer, "units", None)
    g = type(layer.activation).__name__.lower()
    shown = [type(layer).__name__]
    if units is not None:
        shown.append(str(units))
    elif network is not None and network.nodes[index].count_params():
        shown.append(_size(network.nodes[index].output_shape))
    if g not in ("identity", type(layer).__name__.lower()):
        shown.append(g)
    return " ".join(shown)


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _training(model: Stack | Compiled) -> str:
    optimizer, loss = getattr(model, "optimizer", None), getattr(model, "loss", None)
    if optimizer is None:
        return "not compiled"
    trained_with = f"{optimizer!r}" if loss is None else f"{loss!r}, {optimizer!r}"
    running = getattr(model, "_engine", None) or model._state  # else asking would make weights
    steps = model.state.iteration if running else 0
    return f"{trained_with}, {steps:,} steps taken"
