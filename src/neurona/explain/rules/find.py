"""Which rules explain a layer: those written for exactly its forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neurona import layers
from neurona.explain.records import LayerStep
from neurona.explain.rules.dense import DenseRules
from neurona.explain.rules.layer import LayerRules
from neurona.explain.rules.pointwise import (
    AlphaDropoutRules,
    GaussianNoiseRules,
    IdentityRules,
    NoiseRules,
    NormalizationRules,
    PReLURules,
    RescalingRules,
    ReshapingRules,
)
from neurona.explain.rules.standardising import BatchNormalizationRules, StandardisingRules

if TYPE_CHECKING:
    from neurona.explain.catalogue import Catalogue

RULES: dict[type[layers.Layer], type[LayerRules]] = {
    layers.Dense: DenseRules,
    layers.Activation: IdentityRules,
    layers.Flatten: ReshapingRules,
    layers.Rescaling: RescalingRules,
    layers.Normalization: NormalizationRules,
    layers.Dropout: NoiseRules,  # and Gaussian dropout, whose passes are the same
    layers.AlphaDropout: AlphaDropoutRules,
    layers.GaussianNoise: GaussianNoiseRules,
    layers.PReLU: PReLURules,
    layers.BatchNormalization: BatchNormalizationRules,
    layers.LayerNormalization: StandardisingRules,
}


def _passes(kind: type[layers.Layer]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return kind.forward, kind.backward


_BY_PASSES = {_passes(kind): rules for kind, rules in RULES.items()}


def rules_for(catalogue: Catalogue, layer: LayerStep) -> LayerRules:
    """The rules of a layer; a class of a user's that overrides a pass gets the general ones."""
    return _BY_PASSES.get(_passes(type(layer.layer)), LayerRules)(catalogue, layer)
