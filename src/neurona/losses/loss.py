"""What every loss is: a value per sample and its gradient, side by side."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import DataError, ShapeError
from neurona.part import Part, Registry

Array = Any
EPSILON = 1e-7  # keeps logarithms and quotients finite, as in Keras
REDUCTIONS = ("mean", "sum_over_batch_size", "sum")


class Loss(Part):
    """A loss ``E``: one value per sample, averaged over the batch.

    To write one of your own, derive from this class and define ``values`` and
    ``gradient``. The gradient is compared with finite differences when a model
    first uses the loss.

    Args:
        reduction: how the samples' values l and weights w become one number.
            ``"mean"``: ``Σ w l / Σ w``, so that a weight of k counts exactly as
            k copies of the sample. ``"sum_over_batch_size"``: ``Σ w l / n``, the
            rule of Keras (the same where there are no weights). ``"sum"``: ``Σ w l``.
    """

    # What an output must be: any "values", "probabilities" one by one, or the
    # "distribution" of a row over the classes.
    takes: ClassVar[str] = "values"
    # Whether y may be class indices (n,) in place of one-hot rows (n, k).
    classes: ClassVar[bool] = False
    # Whether outputs count singly, so that predictions (n,) are n samples of one output.
    elementwise: ClassVar[bool] = False

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = checks.choice("reduction", reduction, *REDUCTIONS)

    def values(self, y: Array, p: Array, xp: Any = np) -> Array:
        """The loss of each sample: y and p (n, …, k) to values (n, …)."""
        raise NotImplementedError(f"{type(self).__name__} must define values(y, p, xp).")

    def gradient(self, y: Array, p: Array, xp: Any = np) -> Array:
        """``∂ values / ∂p``, of p's shape: each sample's own, not yet averaged."""
        raise NotImplementedError(f"{type(self).__name__} must define gradient(y, p, xp).")

    def targets(self, y: Array, p: Array, xp: Any = np) -> Array:
        """The labels ``y`` in p's shape and dtype; class indices become one-hot rows.

        Raises:
            ShapeError: they have another shape; nothing is broadcast.
            DataError: a class index is no class of an output with k units.
        """
        if self.classes:
            return one_hot_as(y, p, xp)
        if y.shape != p.shape:
            raise ShapeError(
                f"{type(self).__name__}: y_true has shape {tuple(y.shape)} but y_pred has shape "
                f"{tuple(p.shape)}; they must be the same (nothing is broadcast). Reshape one."
            )
        return y if y.dtype == p.dtype else y.astype(p.dtype)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> float:
        """The loss of a batch as one number.

        Args:
            y_true: labels of ``y_pred``'s shape; class indices (n,) where ``classes`` is True.
            y_pred: what the network gave, (n, k).
            sample_weight: one per sample, (n,).

        Raises:
            ShapeError: the shapes do not fit.
            DataError: there are no samples, or labels that are not numbers.
        """
        p, y = numbers("y_pred", y_pred), numbers("y_true", y_true)
        if p.dtype.kind != "f":
            p = p.astype(np.float64)
        if self.elementwise and p.ndim == 1 and y.shape == p.shape:
            y, p = y[:, None], p[:, None]
        if p.ndim < 2:
            raise ShapeError(
                f"{type(self).__name__}: y_pred must have one row per sample, shape (n, k); "
                f"got shape {p.shape}. Use y_pred.reshape(-1, 1) for one output per sample."
            )
        if not p.size:
            raise DataError(f"{type(self).__name__}: y_pred of shape {p.shape} holds no values.")
        values = self.values(self.targets(y, p), p)
        weight = None if sample_weight is None else numbers("sample_weight", sample_weight)
        return float((values * sample_scale(values, weight, self.reduction)).sum())


registry: Registry[Loss] = Registry("loss", lambda: Loss)


def get(identifier: Any) -> Loss:
    """The loss for a name, an instance, a class or a configuration.

    >>> get("mse")
    MeanSquaredError()
    """
    return registry.get(identifier)


def sample_scale(values: Array, weight: Array | None, reduction: str, xp: Any = np) -> Array:
    """What each entry of ``values`` (n, …) counts in the reduced loss.

    Args:
        weight: one per sample (n,), or None for all 1.

    Returns:
        ``w / Σ w``, ``w / n`` or ``w``, shared equally by a sample's entries: a
        number, or an array that multiplies ``values``. All zero if ``Σ w`` is 0.
    """
    n, entries = values.shape[0], values.size
    if weight is None:
        return 1.0 if reduction == "sum" else 1.0 / entries
    if weight.shape != (n,):
        raise ShapeError(
            f"sample_weight must have shape ({n},), one per sample; got {weight.shape}."
        )
    w = weight.astype(values.dtype).reshape((n,) + (1,) * (values.ndim - 1))
    if reduction == "sum":
        return w
    total = (w.sum() if reduction == "mean" else n) * (entries / n)
    return xp.where(total == 0.0, 0.0 * w, w / xp.where(total == 0.0, 1.0, total)).astype(w.dtype)


def one_hot_as(y: Array, p: Array, xp: Any = np) -> Array:
    """Labels as one-hot rows of p's shape and dtype; rows of that shape pass through.

    Raises:
        ShapeError: y is neither class indices nor rows.
        DataError: a label is not a whole number in [0, k).
    """
    k = p.shape[-1]
    if y.shape == p.shape:
        return y if y.dtype == p.dtype else y.astype(p.dtype)
    if y.shape not in (p.shape[:-1], (*p.shape[:-1], 1)):
        raise ShapeError(
            f"labels of shape {tuple(y.shape)} fit no output of shape {tuple(p.shape)}: give class "
            f"indices of shape {tuple(p.shape[:-1])} or one-hot rows of shape {tuple(p.shape)}."
        )
    labels = y.reshape(p.shape[:-1])
    if xp is np:
        _check_labels(labels, k)
    return (labels[..., None] == xp.arange(k)).astype(p.dtype)


def _check_labels(labels: NDArray[Any], k: int) -> None:
    valid = (labels >= 0) & (labels < k)  # False for NaN
    if labels.dtype.kind == "f":
        valid &= labels == np.floor(labels)
    if not valid.all():
        row = int(np.flatnonzero(~valid.reshape(len(labels), -1).all(axis=1))[0])
        label = labels[row][~valid[row]].flat[0]
        raise DataError(
            f"label {label} in row {row} is not one of the whole numbers 0 … {k - 1}, "
            f"the classes of an output with {k} units."
        )


def numbers(name: str, values: Any) -> NDArray[Any]:
    """``values`` as an array.

    Raises:
        ShapeError: its rows differ in length.
        DataError: it does not hold real numbers.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{name} has rows of different lengths.") from error
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"{name} must hold real numbers, got dtype {array.dtype}. Class names become "
            f"numbers by np.unique({name}, return_inverse=True)."
        )
    return array
