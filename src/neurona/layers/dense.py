"""The dense layer: every output is a weighted sum of every input."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from neurona import checks, constraints, initializers, regularizers
from neurona.layers.layer import (
    Array,
    Common,
    Context,
    Layer,
    Params,
    Shape,
    Weight,
    check_vector,
    registry,
)


@registry.register()
class Dense(Layer):
    r"""A fully connected layer.

    .. math:: z = x W + b, \qquad h = g(z)

    With the sensitivity :math:`\delta = \partial E/\partial z`, its gradients are

    .. math:: \frac{\partial E}{\partial W} = x^\top \delta, \quad
              \frac{\partial E}{\partial b} = \sum_{rows} \delta, \quad
              \frac{\partial E}{\partial x} = \delta W^\top.

    Args:
        units: number of outputs.
        activation: g, by name or as an object; None for the identity.
        use_bias: whether there is a b.
        kernel_initializer, bias_initializer: first values of W (in, units), b (units,).
        kernel_regularizer, bias_regularizer: penalties added to the loss.
        kernel_constraint, bias_constraint: projections after each step.
        **common: the arguments of :class:`Layer`, among them ``input_shape``.

    Source: Rumelhart, Hinton & Williams 1986, Nature 323.

    >>> Dense(64, activation="relu").output_shape((784,))
    (64,)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "identity",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(activation, **common)
        self.units = checks.integer("units", units, 1)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def weights(self, input_shape: Shape) -> tuple[Weight, ...]:
        kernel = Weight(
            "kernel",
            (check_vector(self, input_shape), self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        bias = Weight(
            "bias",
            (self.units,),
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (kernel, bias) if self.use_bias else (kernel,)

    def forward(self, params: Params, x: Array, ctx: Context) -> tuple[Array, Array]:
        z = x @ params["kernel"]
        return (z + params["bias"] if self.use_bias else z), x

    def backward(
        self, params: Params, cache: Array, dz: Array, xp: Any = np, need_dx: bool = True
    ) -> tuple[Array | None, Params]:
        x, W = cache, params["kernel"]
        rows_x, rows_dz = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
        grads = {"kernel": rows_x.T @ rows_dz}
        if self.use_bias:
            grads["bias"] = rows_dz.sum(axis=0)
        return (dz @ W.T if need_dx else None), grads
