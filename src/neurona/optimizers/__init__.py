"""Optimizers: how weights move along their gradients."""

from neurona.optimizers.apply import step
from neurona.optimizers.optimizer import Optimizer, get, registry
from neurona.optimizers.sgd import SGD

__all__ = ["SGD", "Optimizer", "get", "registry", "step"]
