"""Activations: the functions that make a network more than one linear map.

Classes, and an instance of each in lower case that is called like a function.
"""

from neurona.activations.activation import Activation, get, registry
from neurona.activations.linear import Exponential, Identity, Sign, Step
from neurona.activations.rectifiers import ReLU
from neurona.activations.sigmoids import Sigmoid, Tanh
from neurona.activations.softmaxes import LogSoftmax, Softmax

linear = Identity()
step = Step()
sign = Sign()
exponential = Exponential()
relu = ReLU()
sigmoid = Sigmoid()
tanh = Tanh()
softmax = Softmax()
log_softmax = LogSoftmax()

__all__ = [
    "Activation",
    "Exponential",
    "Identity",
    "LogSoftmax",
    "ReLU",
    "Sigmoid",
    "Sign",
    "Softmax",
    "Step",
    "Tanh",
    "exponential",
    "get",
    "linear",
    "log_softmax",
    "registry",
    "relu",
    "sigmoid",
    "sign",
    "softmax",
    "step",
    "tanh",
]
