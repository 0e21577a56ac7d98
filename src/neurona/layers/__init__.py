"""Layers: the maps that a network is made of."""

from typing import Any

from neurona.layers.dense import Dense
from neurona.layers.layer import Context, Layer, Weight, registry

__all__ = ["Context", "Dense", "Layer", "Weight", "get", "registry"]


def get(identifier: Any) -> Layer:
    """The layer for an instance, a configuration, or the name of one without arguments.

    >>> get("flatten")
    Flatten()
    """
    return registry.get(identifier)
