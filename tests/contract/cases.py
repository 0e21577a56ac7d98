"""One case at least for every exported part; a test refuses a part without one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import neurona as nn
from neurona import constraints, layers, losses, metrics, optimizers, regularizers, schedules
from neurona.layers import Layer
from neurona.optimizers import Optimizer


@dataclass(frozen=True)
class LayerCase:
    """A layer, made anew each time, and the shape of a sample it takes."""

    name: str
    make: Callable[[], Layer]
    shape: tuple[int, ...] = (4,)


LAYERS = [
    LayerCase("dense", lambda: layers.Dense(3, activation="tanh")),
    LayerCase("dense_no_bias", lambda: layers.Dense(3, use_bias=False)),
    LayerCase("dense_sequence", lambda: layers.Dense(3, activation="sigmoid"), (2, 4)),
    LayerCase(
        "dense_regularized",
        lambda: layers.Dense(
            3,
            kernel_regularizer=regularizers.L1L2(0.01, 0.02),
            bias_regularizer="l2",
            bias_initializer="random_normal",
        ),
    ),
    LayerCase(
        "dense_orthogonal_rows", lambda: layers.Dense(3, kernel_regularizer=regularizers.L1(0.1))
    ),
    LayerCase("activation", lambda: layers.Activation("softplus")),
    LayerCase("relu", lambda: layers.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2)),
    LayerCase("leaky_relu", lambda: layers.LeakyReLU(0.3)),
    LayerCase("elu", lambda: layers.ELU(0.7)),
    LayerCase("prelu", lambda: layers.PReLU(alpha_initializer="random_normal")),
    LayerCase("softmax", lambda: layers.Softmax()),
    LayerCase("dropout", lambda: layers.Dropout(0.4)),
    LayerCase("alpha_dropout", lambda: layers.AlphaDropout(0.4)),
    LayerCase("gaussian_dropout", lambda: layers.GaussianDropout(0.4)),
    LayerCase("gaussian_noise", lambda: layers.GaussianNoise(0.3)),
    LayerCase("flatten", lambda: layers.Flatten(), (2, 3)),
    LayerCase("reshape", lambda: layers.Reshape((3, -1)), (6,)),
    LayerCase("rescaling", lambda: layers.Rescaling(0.5, offset=0.25)),
    LayerCase(
        "normalization",
        lambda: layers.Normalization(mean=(0.1, 0.2, 0.3, 0.4), variance=(1.0, 2.0, 3.0, 4.0)),
    ),
    LayerCase("batch_normalization", lambda: layers.BatchNormalization(momentum=0.9)),
    LayerCase(
        "batch_normalization_bare", lambda: layers.BatchNormalization(center=False, scale=False)
    ),
    LayerCase("layer_normalization", lambda: layers.LayerNormalization()),
]

ACTIVATIONS = list(nn.activations.registry)
LOSSES = list(losses.registry)
METRICS = list(metrics.registry)

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    cls.__name__: (lambda cls=cls: cls())
    for cls in optimizers.registry  # type: ignore[misc]
} | {
    "SGD_momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "SGD_nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "SGD_decay": lambda: optimizers.SGD(lr=0.05, decay=1e-2, momentum=0.9),
    "SGD_clipvalue": lambda: optimizers.SGD(0.05, clipvalue=0.01),
    "SGD_clipnorm": lambda: optimizers.SGD(0.05, clipnorm=0.1),
    "SGD_global_clipnorm": lambda: optimizers.SGD(0.05, global_clipnorm=0.1),
    "SGD_weight_decay": lambda: optimizers.SGD(0.05, weight_decay=0.1),
    "RMSprop_centered": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "Adam_amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "Adam_cosine": lambda: optimizers.Adam(schedules.CosineDecay(0.01, 10)),
}

CONSTRAINTS = {
    "max_norm": lambda: constraints.MaxNorm(0.5),
    "non_neg": lambda: constraints.NonNeg(),
    "unit_norm": lambda: constraints.UnitNorm(),
    "min_max_norm": lambda: constraints.MinMaxNorm(0.2, 0.6, rate=0.5),
}
