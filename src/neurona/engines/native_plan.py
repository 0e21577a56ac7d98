"""A program in the words of the compiled engine: a dictionary of plain values.

Each part of neurona has its twin in ``native/``; ``native/names.h`` holds the
other side of these names. What has no twin is said to be unsupported, and by
which layer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from neurona import activations as acts
from neurona import constraints, layers, losses, optimizers
from neurona.activations import Activation
from neurona.errors import EngineError
from neurona.layers.layer import Array, Context
from neurona.losses import Loss
from neurona.network import Network, Node, Program, Weights
from neurona.optimizers import Optimizer
from neurona.part import is_builtin
from neurona.random import Purpose, Stream
from neurona.regularizers import L1, L1L2, L2

Plain = dict[str, Any]
IDENTITY: Plain = {"kind": "linear"}

# Activations without arguments, by class.
ACTIVATIONS: dict[type[Activation], str] = {
    acts.Identity: "linear",
    acts.Sigmoid: "sigmoid",
    acts.Tanh: "tanh",
    acts.Arctan: "arctan",
    acts.Softsign: "softsign",
    acts.HardTanh: "hard_tanh",
    acts.Softplus: "softplus",
    acts.LogSigmoid: "log_sigmoid",
    acts.SparsePlus: "sparse_plus",
    acts.SiLU: "silu",
    acts.HardSiLU: "hard_silu",
    acts.Mish: "mish",
    acts.Step: "step",
    acts.Sign: "sign",
    acts.Exponential: "exponential",
    acts.SELU: "selu",
    acts.TanhShrink: "tanh_shrink",
}

# Those that need all inputs of a row.
ROW_ACTIVATIONS: dict[type[Activation], str] = {
    acts.Softmax: "softmax",
    acts.LogSoftmax: "log_softmax",
    acts.Sparsemax: "sparsemax",
}

LOSSES: dict[type[Loss], str] = {
    losses.MeanSquaredError: "squared_error",
    losses.HalfSquaredError: "squared_error",
    losses.ResidualSumOfSquares: "squared_error",
    losses.MeanAbsoluteError: "absolute_error",
    losses.MeanAbsolutePercentageError: "absolute_percentage_error",
    losses.MeanSquaredLogarithmicError: "squared_logarithmic_error",
    losses.Huber: "huber",
    losses.LogCosh: "log_cosh",
    losses.Poisson: "poisson",
    losses.BinaryCrossentropy: "binary_crossentropy",
    losses.ZeroOne: "zero_one",
    losses.Perceptron: "perceptron",
    losses.Hinge: "hinge",
    losses.SquaredHinge: "squared_hinge",
    losses.Logistic: "logistic",
    losses.CategoricalCrossentropy: "categorical_crossentropy",
    losses.SparseCategoricalCrossentropy: "categorical_crossentropy",
    losses.KLDivergence: "kl_divergence",
    losses.CosineSimilarity: "cosine_similarity",
    losses.BinaryFocalCrossentropy: "binary_focal",
    losses.CategoricalFocalCrossentropy: "categorical_focal",
    losses.CategoricalHinge: "categorical_hinge",
    losses.MaxMargin: "max_margin",
}

SHAPING = (layers.Flatten, layers.Reshape)  # rows stay as they lie in memory


class UnsupportedError(EngineError):
    """The compiled engine has no twin of a part."""


def describe(program: Program, weights: Weights | None = None) -> Plain:
    """The program as ``native/plan.h`` has it.

    Args:
        weights: those of fixed normalizations become constants of the plan;
            None asks only whether there is a plan.

    Raises:
        UnsupportedError: a part has no twin; names the layer.
    """
    network = program.network
    if weights is None:  # ones that take no memory: the network may be larger than that
        weights = {key: np.broadcast_to(1.0, spec.shape) for key, spec in network.specs.items()}
    nodes = [node for node in network.nodes if not is_reshaping(node)]
    plan: Plain = {
        "inputs": math.prod(network.input_shape),
        "seed": program.seed,
        "bfloat16": program.dtype == "bfloat16",
    }
    if len(nodes) > 1 and isinstance(nodes[0].layer.activation, acts.Identity):
        affine = affine_of(network, nodes[0], weights)
        if affine is not None and (affine[0] != 0.0).all():
            # Done while rows are gathered, as (x + shift) · scale.
            scale, offset = affine
            plan |= {"scale": scale.tolist(), "shift": (offset / scale).tolist()}
            nodes = nodes[1:]
    plan["layers"] = [_layer(network, node, weights) for node in nodes]
    if not plan["layers"]:
        raise UnsupportedError("it has no layer that computes anything.")
    plan["loss"] = _loss(program)
    plan["optimizer"] = _optimizer(program.optimizer)
    return plan


def is_reshaping(node: Node) -> bool:
    """Whether a layer leaves the rows as they lie in memory."""
    return isinstance(node.layer, SHAPING) and isinstance(node.layer.activation, acts.Identity)


def affine_of(network: Network, node: Node, weights: Weights) -> tuple[Array, Array] | None:
    """``(scale, offset)`` of a layer ``x · scale + offset``, entry by entry, or None."""
    layer = node.layer
    if type(layer) not in (layers.Rescaling, layers.Normalization):
        return None
    params = network.params_of(node, weights)
    context = Context(False, Stream(0, Purpose.LAYER))
    zero = np.zeros((1, *node.input_shape))
    exact = {name: np.asarray(w, np.float64) for name, w in params.items()}
    offset = layer.forward(exact, zero, context)[0]
    scale, _ = layer.backward(exact, layer.forward(exact, zero, context)[1], zero + 1.0)
    assert scale is not None
    return np.ravel(scale), np.ravel(offset)


def _layer(network: Network, node: Node, weights: Weights) -> Plain:
    layer = node.layer
    plain: Plain = {
        "index": node.index,
        "units": math.prod(node.output_shape),
        "trainable": node.trainable,
        "activation": _activation(node, layer.activation),
        "weights": [_weight(node, spec) for spec in node.weights],
    }
    plain.update(_own(network, node, weights))
    return plain


def _own(network: Network, node: Node, weights: Weights) -> Plain:
    """What a layer has besides its activation and weights."""
    layer: Any = node.layer
    kind = type(layer)
    flat = len(node.input_shape) == 1
    if kind is layers.Dense and flat:
        return {"kind": "dense", "use_bias": layer.use_bias}
    if kind in (layers.Activation, layers.ReLU, layers.LeakyReLU, layers.ELU, layers.Softmax):
        return {"kind": "activation"}
    if kind is layers.Dropout:
        return {"kind": "dropout", "rate": layer.rate}
    if kind is layers.GaussianDropout:
        return {"kind": "gaussian_dropout", "rate": layer.rate}
    if kind is layers.AlphaDropout:
        return {"kind": "alpha_dropout", "rate": layer.rate}
    if kind is layers.GaussianNoise:
        return {"kind": "gaussian_noise", "rate": layer.stddev}
    affine = affine_of(network, node, weights)
    if affine is not None:
        scale, offset = affine
        constants = {"scale": scale.tolist(), "shift": offset.tolist(), "weights": []}
        return {"kind": "affine", **constants}
    if kind is layers.BatchNormalization and flat:
        own = {"kind": "batch_normalization", "rate": layer.momentum}
        return own | _scaling(layer)
    if kind is layers.LayerNormalization and flat:
        return {"kind": "layer_normalization"} | _scaling(layer)
    if kind is layers.PReLU and math.prod(node.weights[0].shape) == math.prod(node.input_shape):
        return {"kind": "prelu"}
    if is_builtin(layer):
        raise UnsupportedError(
            f"layer {node.name!r} ({kind.__name__}) with inputs of shape {node.input_shape} has "
            f"no compiled form."
        )
    raise UnsupportedError(f"layer {node.name!r} is of a class of your own, {kind.__name__}.")


def _scaling(layer: Any) -> Plain:
    return {"use_bias": layer.center, "use_scale": layer.scale, "epsilon": layer.epsilon}


def _activation(node: Node, activation: Any) -> Plain:
    kind = type(activation)
    if kind in ACTIVATIONS:
        return {"kind": ACTIVATIONS[kind]}
    if kind in ROW_ACTIVATIONS:
        if len(node.output_shape) == 1 and activation.axis in (-1, 1):
            return {"kind": ROW_ACTIVATIONS[kind]}
    elif kind is acts.ReLU or kind is acts.ReLU6:
        return _relu(activation)
    elif kind is acts.HardSigmoid:
        return {"kind": "hard_sigmoid", "a": activation.slope}
    elif kind is acts.SparseSigmoid:
        return {"kind": "hard_sigmoid", "a": 0.5}
    elif kind is acts.LeakyReLU:
        return {"kind": "leaky_relu", "a": activation.negative_slope}
    elif kind is acts.ELU or kind is acts.CELU:
        return {"kind": kind.__name__.lower(), "a": activation.alpha}
    elif kind is acts.GELU:
        return {"kind": "gelu_tanh" if activation.approximate else "gelu"}
    elif kind is acts.Squareplus:
        return {"kind": "squareplus", "a": activation.b}
    elif kind is acts.HardShrink or kind is acts.SoftShrink:
        name = "hard_shrink" if kind is acts.HardShrink else "soft_shrink"
        return {"kind": name, "a": activation.threshold}
    raise UnsupportedError(f"layer {node.name!r} has the activation {activation!r}.")


def _relu(activation: Any) -> Plain:
    if isinstance(activation, acts.ReLU6):
        return {"kind": "general_relu", "a": 0.0, "b": 6.0, "c": 0.0}
    slope, ceiling = activation.negative_slope, activation.max_value
    if ceiling is None and activation.threshold == 0.0:
        return {"kind": "leaky_relu", "a": slope} if slope else {"kind": "relu"}
    highest = math.inf if ceiling is None else ceiling
    return {"kind": "general_relu", "a": slope, "b": highest, "c": activation.threshold}


def _weight(node: Node, spec: Any) -> Plain:
    plain: Plain = {}
    penalty, constraint = spec.regularizer, spec.constraint
    if penalty is not None:
        if type(penalty) not in (L1, L2, L1L2):
            raise UnsupportedError(f"layer {node.name!r} has the regularizer {penalty!r}.")
        plain |= {"l1": getattr(penalty, "l1", 0.0), "l2": getattr(penalty, "l2", 0.0)}
    if constraint is None:
        return plain
    kind = type(constraint)
    if kind is constraints.NonNeg:
        return plain | {"constraint": "non_neg"}
    if is_builtin(constraint) and constraint.axis in (0, (0,)):
        if kind is constraints.MaxNorm:
            return plain | {"constraint": "max_norm", "high": constraint.max_value}
        if kind is constraints.UnitNorm:
            return plain | {"constraint": "unit_norm"}
        if kind is constraints.MinMaxNorm:
            limits = {"low": constraint.min_value, "high": constraint.max_value}
            return plain | {"constraint": "min_max_norm", "rate": constraint.rate, **limits}
    raise UnsupportedError(f"layer {node.name!r} has the constraint {constraint!r}.")


def _loss(program: Program) -> Plain:
    loss = program.loss
    if loss is None:
        return {"kind": "squared_error"}  # never asked for: the program only predicts
    if type(loss) not in LOSSES:
        raise UnsupportedError(f"the loss {loss!r} has no compiled form.")
    if len(program.network.output_shape) != 1:
        raise UnsupportedError(f"outputs of shape {program.network.output_shape} are no rows.")
    plain: Plain = {
        "kind": LOSSES[type(loss)],
        "reduction": loss.reduction,
        "mean": getattr(loss, "mean", False),
        "factor": 0.5 if isinstance(loss, losses.HalfSquaredError) else 1.0,
        "a": float(getattr(loss, "delta", getattr(loss, "margin", 0.0))),
        "label_smoothing": getattr(loss, "label_smoothing", 0.0),
        "fused": program.fused is not None,
    }
    if program.fused is not None or getattr(loss, "from_logits", False):
        plain["kind"] += "_logits"
    return plain | _focus(loss, program.network.output_size)


def _focus(loss: Any, classes: int) -> Plain:
    """The settings of a focal loss."""
    if not hasattr(loss, "gamma"):
        return {}
    if isinstance(loss, losses.BinaryFocalCrossentropy):
        alpha = loss.alpha if loss.apply_class_balancing else 1.0
        other = 1.0 - alpha if loss.apply_class_balancing else 1.0
        return {"gamma": loss.gamma, "alpha": alpha, "other": other}
    if isinstance(loss.alpha, float):
        return {"gamma": loss.gamma, "alpha": loss.alpha}
    if len(loss.alpha) != classes:
        raise UnsupportedError(f"{loss!r} has weights for other classes than the {classes} here.")
    return {"gamma": loss.gamma, "class_weights": list(loss.alpha)}


def _optimizer(optimizer: Optimizer | None) -> Plain:
    if optimizer is None:
        return {"kind": "sgd"}
    if not is_builtin(optimizer):
        raise UnsupportedError(f"the optimizer {type(optimizer).__name__} is of your own.")
    plain = {name: value for name, value in optimizer.get_config().items() if _number(value)}
    plain.pop("learning_rate", None)  # comes with each chunk of steps
    return plain | {"kind": optimizer_kind(optimizer)}


def _number(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def optimizer_kind(optimizer: Optimizer) -> str:
    """The name in ``native/names.h`` of an optimizer with its settings."""
    if isinstance(optimizer, optimizers.SGD):
        if not optimizer.momentum:
            return "sgd"
        return "nesterov" if optimizer.nesterov else "momentum"
    if isinstance(optimizer, optimizers.RMSprop):
        centered = "_centered" if optimizer.centered else ""
        return f"rmsprop{centered}" + ("_momentum" if optimizer.momentum else "")
    if isinstance(optimizer, optimizers.Adam) and getattr(optimizer, "amsgrad", False):
        return "amsgrad"
    name = type(optimizer).__name__.lower()
    return "adam" if name == "adamw" else name
