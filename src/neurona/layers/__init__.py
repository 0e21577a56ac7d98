"""Layers: the maps that a network is made of."""

from typing import Any

from neurona.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from neurona.layers.batch_normalization import BatchNormalization
from neurona.layers.dense import Dense
from neurona.layers.dropout import AlphaDropout, Dropout, GaussianDropout, GaussianNoise
from neurona.layers.input import Input
from neurona.layers.layer import Context, Layer, Weight, registry
from neurona.layers.layer_normalization import LayerNormalization
from neurona.layers.normalization import Normalization
from neurona.layers.prelu import PReLU
from neurona.layers.rescaling import Rescaling
from neurona.layers.reshaping import Flatten, Reshape

__all__ = [
    "ELU",
    "Activation",
    "AlphaDropout",
    "BatchNormalization",
    "Context",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Normalization",
    "PReLU",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Weight",
    "get",
    "registry",
]


def get(identifier: Any) -> Layer:
    """The layer for an instance, a configuration, or the name of one without arguments.

    >>> get("flatten")
    Flatten()
    """
    return registry.get(identifier)
