"""A model's forward pass for servers: one row at a time, with little overhead."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from neurona.data.arrays import Array, as_array
from neurona.engines.engine import Engine
from neurona.errors import ArgumentTypeError, ShapeError


class Predictor:
    """The forward pass with the weights that a model has now.

    It keeps a copy of them: training the model on changes nothing here. Its
    values are those of ``model.predict``, bit for bit, on the same engine. On
    the native engine a row's bits depend on nothing but the row and the weights;
    NumPy's products may round a row otherwise among other rows.

    Any number of threads may call it at once; each call works on its own thread.
    Made by ``model.compiled_predictor()``.

    Args:
        engine: what runs the model.

    >>> from neurona import Sequential, layers
    >>> model = Sequential([layers.Dense(2, "tanh", input_dim=3)], seed=1)
    >>> predictor = model.compiled_predictor()
    >>> predictor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).shape
    (2, 2)
    """

    __slots__ = ("_dtype", "_output", "_row", "_run")

    def __init__(self, engine: Engine) -> None:
        network = engine.program.network
        self._row, self._output = network.input_shape, network.output_shape
        self._dtype = np.dtype(engine.program.storage)
        self._run = engine.predictor()

    def __call__(self, x: Any) -> Array:
        """The outputs for x.

        Args:
            x: one row (*input_shape), or rows (n, *input_shape), of any numeric
                dtype; uint8, float32 and float64 are read where they lie.

        Returns:
            (*output_shape), or (n, *output_shape), in the model's dtype.

        Raises:
            ShapeError, ArgumentTypeError, DataError: x does not fit the model.
        """
        kind = type(x)
        if kind is not np.ndarray and issubclass(kind, np.ndarray):  # a matrix, a masked array
            x = as_array("x", x)
        shape = getattr(x, "shape", None)
        if shape == self._row:
            out: Array = np.empty(self._output, self._dtype)
        elif shape and shape[1:] == self._row and shape[0]:
            out = np.empty((shape[0], *self._output), self._dtype)
        else:
            return self(self._checked(x))
        if not self._run(x, out):
            self._run(np.ascontiguousarray(as_array("x", x), self._dtype), out)
        return out

    def __reduce__(self) -> NoReturn:
        raise ArgumentTypeError(
            "A compiled predictor cannot be pickled or copied. Pickle the model, or save it, and "
            "call compiled_predictor() of the model that is made of it."
        )

    def _checked(self, x: Any) -> Array:
        """x as an array whose shape fits."""
        array = as_array("x", x)
        if self._row not in (array.shape, array.shape[1:]):
            raise ShapeError(
                f"x has shape {array.shape}, but the model takes one row of shape {self._row} or "
                f"rows of shape (n, {', '.join(map(str, self._row))}). Reshape it."
            )
        return array
