"""From what a user writes in ``compile(metrics=…)`` to metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from neurona import losses
from neurona.errors import ArgumentError
from neurona.losses.loss import Loss
from neurona.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
)
from neurona.metrics.mean import MeanLoss
from neurona.metrics.metric import Metric, registry
from neurona.part import CustomObjects, normalise

ON_SCORES = (losses.Hinge, losses.Logistic, losses.Perceptron, losses.ZeroOne)


def get(
    identifier: Any,
    loss: Any = None,
    outputs: int | None = None,
    custom_objects: CustomObjects | None = None,
) -> Metric:
    """The metric for a name, an instance, a class, a configuration, or for a loss.

    A name is kept as the metric's key in logs. ``"accuracy"`` (or ``"acc"``) is
    the accuracy that suits the model:

    =============================  =======================================
    outputs and loss               accuracy
    =============================  =======================================
    one                            :class:`BinaryAccuracy`
    several, binary cross-entropy  :class:`BinaryAccuracy` (multi-label)
    several, any other loss        :class:`CategoricalAccuracy`
    =============================  =======================================

    Where the loss takes scores instead of probabilities (hinge, perceptron,
    ``from_logits=True``, …), the threshold of :class:`BinaryAccuracy` is 0.

    Args:
        identifier: what names the metric.
        loss: the model's loss, by name or as an object.
        outputs: the number of the model's outputs; without it, ``"accuracy"`` is
            the share of predictions equal to their label.
        custom_objects: classes of your own that a configuration names.

    Raises:
        UnknownNameError: no metric or loss has that name; suggests the nearest.

    >>> get("accuracy", loss="binary_crossentropy", outputs=1)
    BinaryAccuracy(name='accuracy')
    >>> get("mse").name
    'mse'
    """
    if isinstance(identifier, Loss) or (
        isinstance(identifier, type) and issubclass(identifier, Loss)
    ):
        return MeanLoss(identifier)
    if not isinstance(identifier, str):
        return registry.get(identifier, custom_objects)
    name = normalise(identifier)
    metric: Metric
    if name in ("accuracy", "acc") and outputs is not None:
        metric = _accuracy(None if loss is None else losses.get(loss), outputs)
    elif name not in _names(registry) and name in _names(losses.registry):
        metric = MeanLoss(identifier)
    else:
        metric = registry.get(identifier)
    metric.name = identifier
    return metric


def named(
    identifiers: Iterable[Any] | Mapping[str, Any], loss: Any, output_shape: tuple[int, ...]
) -> dict[str, Metric]:
    """Metrics by their keys in logs: what ``compile(metrics=…)`` was given.

    Args:
        identifiers: a list of them, or a dict of them by the key to use.
        loss, output_shape: the model's.

    Raises:
        ArgumentError: two have the same key, or one is called "loss".

    >>> list(named(["accuracy", "auc"], "binary_crossentropy", (1,)))
    ['accuracy', 'auc']
    """
    outputs = output_shape[-1]
    if isinstance(identifiers, Mapping):
        found = []
        for name, identifier in identifiers.items():
            metric = copy(get(identifier, loss, outputs))  # the caller's keeps its name
            metric.name = name
            found.append(metric)
    else:
        found = [get(identifier, loss, outputs) for identifier in identifiers]
    by_name: dict[str, Metric] = {}
    for metric in found:
        if metric.name in by_name or metric.name == "loss":
            raise ArgumentError(
                f"Two measures would be called {metric.name!r}. Name them apart: "
                f"{type(metric).__name__}(name=…)."
            )
        by_name[metric.name] = metric
    return by_name


def _accuracy(loss: Loss | None, outputs: int) -> Metric:
    if outputs == 1 or isinstance(loss, losses.BinaryCrossentropy):
        return BinaryAccuracy(threshold=0.0 if _takes_scores(loss) else 0.5)
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        return SparseCategoricalAccuracy()
    return CategoricalAccuracy()


def _takes_scores(loss: Loss | None) -> bool:
    """Whether yes begins at a score of 0 rather than at a probability of 0.5."""
    return isinstance(loss, ON_SCORES) or bool(getattr(loss, "from_logits", False))


def _names(registered: Any) -> set[str]:
    return {normalise(name) for name in registered.names()}
