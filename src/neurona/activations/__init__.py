"""Activations: the functions that make a network more than one linear map.

Each is a class, and in lower case an instance with the default arguments that
is called like a function: ``relu(z)``.
"""

from neurona.activations.activation import Activation, get, registry
from neurona.activations.gates import GELU, HardSiLU, Mish, SiLU
from neurona.activations.linear import Exponential, Identity, Sign, Step
from neurona.activations.rectifiers import CELU, ELU, SELU, LeakyReLU, ReLU, ReLU6
from neurona.activations.shrink import HardShrink, SoftShrink, TanhShrink
from neurona.activations.sigmoids import (
    Arctan,
    HardSigmoid,
    HardTanh,
    Sigmoid,
    Softsign,
    SparseSigmoid,
    Tanh,
)
from neurona.activations.smooth import LogSigmoid, Softplus, SparsePlus, Squareplus
from neurona.activations.softmaxes import LogSoftmax, Softmax, Sparsemax

linear, step, sign, exponential = Identity(), Step(), Sign(), Exponential()
relu, relu6, leaky_relu = ReLU(), ReLU6(), LeakyReLU()
elu, selu, celu = ELU(), SELU(), CELU()
sigmoid, tanh, arctan, softsign = Sigmoid(), Tanh(), Arctan(), Softsign()
hard_sigmoid, sparse_sigmoid, hard_tanh = HardSigmoid(), SparseSigmoid(), HardTanh()
softplus, log_sigmoid, squareplus, sparse_plus = (
    Softplus(),
    LogSigmoid(),
    Squareplus(),
    SparsePlus(),
)
gelu, silu, hard_silu, mish = GELU(), SiLU(), HardSiLU(), Mish()
hard_shrink, soft_shrink, tanh_shrink = HardShrink(), SoftShrink(), TanhShrink()
softmax, log_softmax, sparsemax = Softmax(), LogSoftmax(), Sparsemax()
swish = silu

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Arctan",
    "Exponential",
    "HardShrink",
    "HardSiLU",
    "HardSigmoid",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Sign",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "SparsePlus",
    "SparseSigmoid",
    "Sparsemax",
    "Squareplus",
    "Step",
    "Tanh",
    "TanhShrink",
    "arctan",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "registry",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "step",
    "swish",
    "tanh",
    "tanh_shrink",
]
