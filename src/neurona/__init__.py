"""neurona: neural networks on a CPU, fast, exact and open to inspection.

The table of contents. ``import neurona as nn``, then ``nn.Sequential``,
``nn.layers.Dense`` …; each name's docstring says the rest. A part of the
library is imported when its name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neurona.forks import UNCUT

if TYPE_CHECKING:
    from neurona import (
        activations,
        callbacks,
        constraints,
        data,
        datasets,
        errors,
        explain,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        perceptron,
        plots,
        regularizers,
        report,
        schedules,
        utils,
    )
    from neurona.model import Sequential
    from neurona.saving import load_model
    from neurona.side_by_side import fit_together

__version__ = "0.1.0"

__all__ = [
    "Sequential",
    "activations",
    "callbacks",
    "constraints",
    "data",
    "datasets",
    "errors",
    "explain",
    "fit_together",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "perceptron",
    "plots",
    "regularizers",
    "report",
    "schedules",
    "utils",
]


@UNCUT
def __getattr__(name: str) -> Any:
    if name in ("Sequential", "load_model", "fit_together"):
        return getattr(import_module("neurona.models"), name)
    if name in __all__:
        return import_module(f"neurona.{name}")
    raise AttributeError(f"module 'neurona' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
