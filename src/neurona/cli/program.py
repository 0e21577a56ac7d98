"""A run of ``neurona train`` as a command line, and as a Python program that does the same."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from neurona.cli import sources
from neurona.cli.plan import Asked, make_optimizer
from neurona.cli.recipes import Recipe
from neurona.cli.sources import Data
from neurona.data.datasets.catalogue import GENERATED, PACKAGED, available

# Where and how a run was made, which changes no number of it.
NO_SETTINGS = ("dataset", "run", "save_every", "allow_different", "data", "out", "json", "quiet")


def options_of(asked: Asked) -> dict[str, Any]:
    """The options that were given and that the model depends on.

    >>> options_of(Asked("iris", epochs=3, run=None))
    {'epochs': 3}
    """
    return {
        f.name: value
        for f in fields(Asked)
        if f.name not in NO_SETTINGS and (value := getattr(asked, f.name)) != f.default
    }


def command_of(asked: Asked) -> str:
    """The command line that trains the same model.

    >>> command_of(Asked("my data.npz", layers="64,64", l2=0.01))
    "neurona train 'my data.npz' --layers 64,64 --l2 0.01"
    """
    words = ["neurona", "train", asked.dataset]
    for name, value in options_of(asked).items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


def program_of(asked: Asked, recipe: Recipe, data: Data) -> str:
    """Python that trains the same model, to the same bits, and tests it."""
    parts = [
        [
            *(["import numpy as np"] if sources.is_file(asked.dataset) else []),
            "import neurona as nn",
        ],
        list(_loading(asked, data)),
        list(_holding_out(asked, recipe, data)),
        list(_building(asked, recipe, data)),
        list(_training(asked, recipe, data)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _quoted(value: str | int | list[str]) -> str:
    """As Python has it, with double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _loading(asked: Asked, data: Data) -> Iterator[str]:
    if not sources.is_file(asked.dataset):
        name = sources.set_name(asked.dataset)
        source = f"nn.datasets.{name}"
        (info,) = (info for info in available() if info.name == name)
        if info.origin == GENERATED:
            yield f"x, y = {source}({sources.POINTS}, seed=0)"
            yield f"x_test, y_test = {source}({sources.POINTS}, seed=1)"
        else:
            folder = (
                "" if info.origin == PACKAGED or asked.data is None else _quoted(str(asked.data))
            )
            yield f"(x, y), (x_test, y_test) = {source}.load_data({folder})"
        return
    yield f"arrays = np.load({_quoted(asked.dataset)})"
    yield 'x, y = arrays["x"], arrays["y"]  # or x_train and y_train, whichever it has'
    if data.classes:
        yield f"labels = {list(data.classes.labels)!r}"
        yield "y = np.array([labels.index(label) for label in y.reshape(-1).tolist()])"
    else:
        yield "y = y.reshape(len(y), -1)"
    fractions = f"({1.0 - sources.TEST_FRACTION}, {sources.TEST_FRACTION})"
    yield "# Where the file holds x_test and y_test, those are the test, and all of x and y train."
    split = (
        f"stratified_split_indices(y, {fractions}"
        if data.classes
        else (f"split_indices(len(y), {fractions}")
    )
    yield f"rows, held = nn.data.{split}, seed={sources.SPLIT_SEED})"
    yield "x_test, y_test = x[held], y[held]"
    yield "x, y = x[rows], y[rows]"


def _holding_out(asked: Asked, recipe: Recipe, data: Data) -> Iterator[str]:
    if recipe.validation:
        strategy = "stratified" if data.classes else "random"
        yield "rows, held = nn.data.holdout_indices("
        yield f"    len(x), {recipe.validation!r}, {_quoted(strategy)}, y, seed={asked.seed}"
        yield ")"
        yield "x_val, y_val = x[held], y[held]"
        yield "x, y = x[rows], y[rows]"


def _building(asked: Asked, recipe: Recipe, data: Data) -> Iterator[str]:
    x = data.train[0]
    count = len(data.classes.labels)
    if data.scale is None:
        yield f"scaling = nn.layers.Normalization({'axis=None' if x.ndim > 2 else ''})"
        yield "scaling.adapt(x)"
        scaling = "scaling"
    else:
        scaling = f"nn.layers.Rescaling(1 / {round(1 / data.scale)})"
    chain = [f"nn.layers.Input(shape={tuple(x.shape[1:])!r})", scaling]
    if x.ndim > 2:
        chain.append("nn.layers.Flatten()")
    for units in recipe.layers:
        chain.append(_dense(units, recipe.activation, asked.l2))
        if asked.dropout:
            chain.append(f"nn.layers.Dropout({asked.dropout!r})")
    if count:
        one = count == 2
        chain.append(_dense(1 if one else count, "sigmoid" if one else "softmax", asked.l2))
    else:
        y = data.train[1]
        chain.append(_dense(y.shape[1] if y.ndim > 1 else 1, "linear", asked.l2))
        if data.sha256 is not None:
            yield "unscaling = nn.layers.Normalization(invert=True)"
            yield "unscaling.adapt(y)"
            chain.append("unscaling")
    yield "model = nn.Sequential("
    yield "    ["
    yield from (f"        {layer}," for layer in chain)
    yield "    ],"
    yield f"    name={_quoted(data.name.rsplit('.', 1)[0])},"
    yield f"    seed={asked.seed},"
    yield f"    dtype={_quoted(asked.dtype)},"
    yield ")"


def _dense(units: int, activation: str, l2: float) -> str:
    penalty = f", kernel_regularizer=nn.regularizers.L2({l2!r})" if l2 else ""
    return f"nn.layers.Dense({units}, {_quoted(activation)}{penalty})"


def _training(asked: Asked, recipe: Recipe, data: Data) -> Iterator[str]:
    count = len(data.classes.labels)
    loss = "mse"
    if count:
        loss = "binary_crossentropy" if count == 2 else "sparse_categorical_crossentropy"
    yield "model.compile("
    yield f"    nn.optimizers.{make_optimizer(recipe)!r},"
    yield f"    {_quoted(loss)},"
    yield f"    {_quoted(['accuracy'] if count else ['mae', 'r2'])},"
    if asked.engine != "auto":
        yield f"    engine={_quoted(asked.engine)},"
    if asked.threads is not None:
        yield f"    threads={asked.threads},"
    yield ")"
    yield "model.fit("
    yield "    x,"
    yield "    y,"
    yield f"    batch_size={_quoted(recipe.batch_size)},"
    yield f"    epochs={recipe.epochs},"
    if recipe.validation:
        yield "    validation_data=(x_val, y_val),"
    if asked.early_stopping is not None:
        yield "    callbacks=["
        patience = f"patience={asked.early_stopping}, restore_best_weights=True"
        yield f"        nn.callbacks.EarlyStopping({patience})"
        yield "    ],"
    yield ")"
    yield "print(model.evaluate(x_test, y_test, return_dict=True))"
