"""From the options of ``neurona train`` to a checked plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neurona import activations, checks, engines, optimizers
from neurona.cli.recipes import Recipe
from neurona.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from neurona.optimizers import Optimizer
from neurona.part import constructor_arguments
from neurona.random import check_seed
from neurona.stack import DTYPES


@dataclass(frozen=True)
class Asked:
    """The options as given; None where an option was left out."""

    dataset: str
    layers: str | None = None
    activation: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    momentum: float | None = None
    batch_size: str | None = None
    epochs: int | None = None
    seed: int = 0
    validation: float | None = None
    early_stopping: int | None = None
    dropout: float = 0.0
    l2: float = 0.0
    engine: str = "auto"
    threads: int | None = None
    dtype: str = "float32"
    data: Path | None = None
    out: Path | None = None
    run: Path | None = None
    save_every: str = "epoch"
    allow_different: bool = False
    json: bool = False
    quiet: bool = False


@contextmanager
def option(name: str) -> Iterator[None]:
    """Name the option in errors about its value."""
    try:
        yield
    except (ArgumentError, ArgumentTypeError, UnknownNameError) as error:
        raise type(error)(f"{name}: {error}") from None


def recipe_for(asked: Asked, usual: Recipe) -> Recipe:
    """The data set's usual settings with what was asked for in their place, all checked.

    Another optimizer than the usual one gets its own default learning rate.
    """
    changes: dict[str, Any] = {}
    with option("--optimizer"):
        other = asked.optimizer is not None and not _same(asked.optimizer, usual.optimizer)
    if other:
        changes = {"optimizer": asked.optimizer, "learning_rate": None, "momentum": 0.0}
    if asked.layers is not None:
        changes["layers"] = hidden_layers(asked.layers)
    if asked.activation is not None:
        with option("--activation"):
            activations.get(asked.activation)
        changes["activation"] = asked.activation
    if asked.learning_rate is not None:
        changes["learning_rate"] = asked.learning_rate
    if asked.momentum is not None:
        changes["momentum"] = asked.momentum
    if asked.batch_size is not None:
        changes["batch_size"] = batch_size(asked.batch_size)
    if asked.epochs is not None:
        changes["epochs"] = asked.epochs
    if asked.validation is not None:
        with option("--validation"):
            changes["validation"] = checks.fraction("the fraction", asked.validation)
    recipe = replace(usual, **changes)
    if asked.early_stopping is not None and not recipe.validation:
        raise ArgumentError(
            "--early-stopping watches the loss on the validation part: give it one, for example "
            "--validation 0.1."
        )
    return recipe


def check_rest(asked: Asked) -> None:
    """Check the options that are the same for every data set."""
    with option("--dropout"):
        checks.fraction("the rate", asked.dropout)
    with option("--l2"):
        checks.real("the factor", asked.l2, 0.0)
    with option("--seed"):
        check_seed(asked.seed)
    with option("--engine"):
        checks.choice("the engine", asked.engine, "auto", *engines.ENGINES)
    with option("--dtype"):
        checks.choice("the dtype", asked.dtype, *DTYPES)


def _same(name: str, usual: str) -> bool:
    return type(optimizers.get(name)) is type(optimizers.get(usual))


def hidden_layers(text: str) -> tuple[int, ...]:
    """The hidden layers' units: ``"64,32"`` is (64, 32), and ``"none"`` is ().

    >>> hidden_layers("64, 32")
    (64, 32)
    """
    if text.strip().lower() == "none":
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise ArgumentError(
            f"--layers: {text!r} is no list of units. Write one whole number from 1 for each "
            "hidden layer, with commas: --layers 64,64,64; or --layers none."
        )
    return tuple(int(part) for part in parts)


def batch_size(text: str) -> int | str:
    """Rows a step: a number from 1, or "all"."""
    if text.strip().lower() == "all":
        return "all"
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentError(
            f"--batch-size: {text!r} must be a whole number from 1, or all (the whole set)."
        )
    return int(text)


def make_optimizer(recipe: Recipe) -> Optimizer:
    """The optimizer with its learning rate and momentum."""
    kind = type(optimizers.get(recipe.optimizer))
    arguments: dict[str, Any] = {}
    if recipe.learning_rate is not None:
        arguments["learning_rate"] = recipe.learning_rate
    with option("--learning-rate"):
        kind(**arguments)
    if recipe.momentum:
        if not _has_momentum(kind):
            have = [c.__name__ for c in optimizers.registry if _has_momentum(c)]
            raise ArgumentError(
                f"--momentum: {kind.__name__} takes none. These do: {', '.join(have)}."
            )
        with option("--momentum"):
            arguments["momentum"] = checks.fraction("the factor", recipe.momentum)
    return kind(**arguments)


def _has_momentum(kind: type[Optimizer]) -> bool:
    return "momentum" in constructor_arguments(kind)
