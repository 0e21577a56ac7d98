"""neurona: neural networks on a CPU, fast, exact and open to inspection.

The table of contents. ``import neurona as nn``, then ``nn.Sequential``,
``nn.layers.Dense`` …; each name's docstring says the rest.
"""

from neurona import (
    activations,
    callbacks,
    constraints,
    data,
    datasets,
    errors,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    perceptron,
    regularizers,
    schedules,
    utils,
)
from neurona.model import Sequential
from neurona.saving import load_model

__version__ = "0.1.0"

__all__ = [
    "Sequential",
    "activations",
    "callbacks",
    "constraints",
    "data",
    "datasets",
    "errors",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "perceptron",
    "regularizers",
    "schedules",
    "utils",
]
