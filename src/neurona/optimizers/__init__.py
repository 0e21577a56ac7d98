"""Optimizers: how weights move along their gradients."""

from neurona import schedules
from neurona.optimizers.adadelta import Adadelta
from neurona.optimizers.adagrad import Adagrad
from neurona.optimizers.adam import Adam, AdamW
from neurona.optimizers.adamax import Adamax
from neurona.optimizers.apply import clip, step
from neurona.optimizers.lion import Lion
from neurona.optimizers.nadam import Nadam
from neurona.optimizers.optimizer import Optimizer, get, registry
from neurona.optimizers.rmsprop import RMSprop
from neurona.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "clip",
    "get",
    "registry",
    "schedules",
    "step",
]
