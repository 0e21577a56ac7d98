"""One ``.safetensors`` file for a model: its weights, and its configuration as JSON.

The tensors are ``weights/<layer>/<weight>`` and the optimizer's
``slots/<layer>/<weight>/<slot>``. A class named in the configuration is looked up
in closed registries: nothing is imported, evaluated or unpickled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks, engines, losses, metrics, optimizers
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    NonFiniteError,
    NotBuiltError,
    UnknownNameError,
)
from neurona.files import Tensors, opened, read_tensors, write_tensors, write_whole
from neurona.network import Network, State
from neurona.part import Config, CustomObjects, Part, is_builtin, kind_of

if TYPE_CHECKING:
    from neurona.model import Sequential

__all__ = [
    "SUFFIX",
    "from_tensors",
    "is_model",
    "load_model",
    "save_model",
    "to_tensors",
    "write_whole",
]

FORMAT = 1  # raised when an older version could not read what this one writes
KIND = "model"  # tells a model's file from others of neurona's
SUFFIX = ".safetensors"
MAX_LAYERS = 2000
MAX_PARTS = 30_000
LONG = 1000  # lists of more numbers than that are kept as tensors

Place = tuple[str | int, ...]
FIELDS = ("kind", "format", "model", "compile", "iteration", "epoch", "lists")


def save_model(model: Sequential, path: str | PathLike[str]) -> None:
    """Write the model, with its optimizer's state, to one file, whole or not at all.

    Raises:
        ArgumentError: the name does not end in ``.safetensors``; there is something
            else than a file; or the model has more than 2,000 layers.
        ArgumentTypeError: ``model.info`` holds something that JSON does not have.
        NonFiniteError: a weight is NaN or infinite. An older file stays.
        NotBuiltError: the model has no weights yet.
        OSError: the system refused.
    """
    target = Path(path)
    if target.suffix != SUFFIX:
        raise ArgumentError(
            f"path must end in {SUFFIX}, got {str(path)!r}. "
            f"Try {str(target.with_suffix(SUFFIX))!r}."
        )
    write_tensors(target, *to_tensors(model))


def load_model(
    path: str | PathLike[str], custom_objects: CustomObjects | None = None
) -> Sequential:
    """Read a model that :meth:`Sequential.save` wrote.

    Args:
        path: of the ``.safetensors`` file.
        custom_objects: your own classes by name, if the model uses any.

    Returns:
        An equal model: the same outputs bit for bit, and the same next step.

    Raises:
        FileFormatError: the file is damaged, or no model of neurona's.
        UnknownNameError: it uses a class that is neither built in nor passed.
        TooLargeError: there is not enough memory for it.
        FileNotFoundError: there is no such file.
        OSError: the system refused.
    """
    tensors, config = read_tensors(path)
    return from_tensors(tensors, config, custom_objects, str(path))


def is_model(path: str | PathLike[str]) -> bool:
    """Whether there is a file that says it is a model of neurona's; reads its header only."""
    try:
        with opened(path) as file:
            return file.config.get("kind") == KIND
    except (FileFormatError, OSError):
        return False


# --- writing -------------------------------------------------------------------------


def to_tensors(model: Sequential) -> tuple[Tensors, Config]:
    """What a model's file holds: tensors by name, and the configuration as plain values.

    Raises:
        ArgumentError, NonFiniteError, NotBuiltError: as :func:`save_model`.
    """
    if model.input_shape is None:
        raise NotBuiltError("The model has no weights yet: fit it, or give its input's shape.")
    state = model.state
    tensors: Tensors = {f"weights/{key}": w for key, w in state.weights.items()}
    for name, values in tensors.items():
        if not np.isfinite(values).all():
            raise NonFiniteError(f"{name!r} holds NaN or infinity, so the model is not saved.")
    # Layers may have been frozen or thawed since the optimizer made its slots.
    plan = Network(model.layers, model.input_shape)
    learning = plan.trainable if model.optimizer is not None else ()
    if set(learning) <= set(state.slots):
        for key in learning:
            for slot, values in state.slots[key].items():
                tensors[f"slots/{key}/{slot}"] = values
    config: Config = {
        "kind": KIND,
        "format": FORMAT,
        "model": model.get_config(),
        "compile": model.get_compile_config(),
        "iteration": state.iteration,
        "epoch": state.epoch,
    }
    try:
        _check_counts(config["model"], config["compile"])
    except FileFormatError as error:
        raise ArgumentError(f"The model is too large for a file: {error}") from None
    lists: dict[str, Place] = {}
    return tensors, {**_lift(config, (), tensors, lists), "lists": lists}


def _lift(value: Any, place: Place, tensors: Tensors, lists: dict[str, Place]) -> Any:
    """A configuration whose long lists of numbers have been put among the tensors.

    ``lists`` gets their names there, and their places: the keys that lead to them.
    """
    if isinstance(value, dict):
        return {key: _lift(v, (*place, key), tensors, lists) for key, v in value.items()}
    if not isinstance(value, (list, tuple)):
        return value
    array = _as_numbers(value)
    if array is None:
        return [_lift(v, (*place, i), tensors, lists) for i, v in enumerate(value)]
    name = f"lists/{len(lists)}"
    tensors[name], lists[name] = array, place
    return None


def _as_numbers(values: list[Any] | tuple[Any, ...]) -> NDArray[Any] | None:
    """The array that a list holds, if that is one of many floats."""
    leaves = list(_leaves(values))
    if len(leaves) <= LONG or any(type(leaf) is not float for leaf in leaves):
        return None
    try:
        return np.array(values)
    except ValueError:  # lists of several lengths
        return None


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


# --- reading -------------------------------------------------------------------------


def from_tensors(
    tensors: Mapping[str, NDArray[Any]],
    config: Config,
    custom_objects: CustomObjects | None = None,
    source: str = "The file",
) -> Sequential:
    """The model that :func:`to_tensors` took apart. It keeps the arrays.

    Args:
        source: what messages call the place that they came from.

    Raises:
        FileFormatError, UnknownNameError: as :func:`load_model`.
    """
    _check_custom(custom_objects)
    try:
        _check_format(config)
        left = dict(tensors)
        model = _rebuild(_put_back(config, left), custom_objects)
        model.state = _state(model, left, config)
    except (UnknownNameError, MemoryError):
        raise
    except Exception as error:  # a file can make a constructor fail in many ways
        what = str(error) if isinstance(error, FileFormatError) else _reason(error)
        raise FileFormatError(f"{source}: {what}") from error
    return model


def _reason(error: Exception) -> str:
    return (
        f"its configuration is not one that neurona writes ({type(error).__name__}: "
        f"{str(error)[:300]}). The file is damaged, or was made by another program."
    )


def _check_custom(custom_objects: CustomObjects | None) -> None:
    if custom_objects is None:
        return
    if not isinstance(custom_objects, Mapping):
        raise ArgumentTypeError(
            f"custom_objects must be a dict of classes by name, got {custom_objects!r}."
        )
    for name, cls in custom_objects.items():
        if not isinstance(cls, type) or not issubclass(cls, Part) or kind_of(cls) is None:
            raise ArgumentTypeError(
                f"custom_objects[{name!r}] must be a class derived from neurona's Layer, "
                f"Activation, Loss, Optimizer, Metric or another part, got {cls!r}."
            )


def _check_format(config: Config) -> None:
    kind = config.get("kind")
    if kind != KIND:
        raise FileFormatError(f"it holds no model; it says that it is {str(kind)[:40]!r}.")
    found = config.get("format")
    if found != FORMAT:
        newer = isinstance(found, int) and found > FORMAT
        raise FileFormatError(
            f"it has the format {str(found)[:40]}, but this version of neurona reads {FORMAT}."
            + " Install a newer one." * newer
        )


def _rebuild(config: Config, custom_objects: CustomObjects | None) -> Sequential:
    from neurona.model import Sequential

    _check_fields("configuration", config, *FIELDS)
    said, compiled = config["model"], config["compile"]
    _check_fields("model", said, "name", "input_shape", "layers", "seed", "dtype", "info")
    _check_counts(said, compiled)
    if not isinstance(said["info"], dict) or not isinstance(said["name"], str):
        raise FileFormatError("the model's info must be an object and its name a string.")
    model = Sequential.from_config(said, custom_objects)
    model.network  # noqa: B018 - the layers' shapes must fit
    if compiled is not None:
        _check_fields("compile", compiled, "optimizer", "loss", "metrics", "engine")
        loss = compiled["loss"]
        model.compile(
            optimizer=optimizers.registry.get(compiled["optimizer"], custom_objects),
            loss=None if loss is None else losses.registry.get(loss, custom_objects),
            metrics={
                name: metrics.registry.get(metric, custom_objects)
                for name, metric in compiled["metrics"].items()
            },
            engine=engines.installed(compiled["engine"]),
        )
    return model


def _check_fields(what: str, value: Any, *names: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise FileFormatError(f"its {what} must be an object of {', '.join(names)}.")


def _check_counts(said: Config, compiled: Config | None) -> None:
    """So that building them takes no longer than building a large network."""
    layers = said["layers"]
    if not isinstance(layers, list) or not 0 < len(layers) <= MAX_LAYERS:
        raise FileFormatError(f"its layers must be a list of 1 to {MAX_LAYERS:,}.")
    names = [layer["config"]["name"] for layer in layers]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise FileFormatError("its layers must each have a name of their own.")
    if _count_parts([layers, compiled]) > MAX_PARTS:
        raise FileFormatError(f"it is made of more than {MAX_PARTS:,} parts.")


def _count_parts(value: Any) -> int:
    if isinstance(value, dict):
        return ("class_name" in value) + sum(map(_count_parts, value.values()))
    return sum(map(_count_parts, value)) if isinstance(value, list) else 0


def _put_back(config: Config, tensors: Tensors) -> Config:
    """A configuration with the lists that :func:`_lift` took out, and took from ``tensors``."""
    lists = config["lists"]
    if lists:
        config = deepcopy(config)
    for name, (*way, last) in lists.items():
        inner: Any = config
        for key in way:
            inner = inner[key]
        inner[last] = tensors.pop(name).tolist()
    return config


def _state(model: Sequential, left: Tensors, config: Config) -> State:
    """Weights and slots, each checked to be what the model asks for. None may be left."""
    weights: dict[str, NDArray[Any]] = {}
    for key, spec in model.network.specs.items():
        w = weights[key] = _taken(left, f"weights/{key}", spec.shape, np.dtype(model.storage))
        if not np.isfinite(w).all():
            raise FileFormatError(f"the weight {key!r} holds NaN or infinity.")
    slots: dict[str, dict[str, NDArray[Any]]] = {}
    if left and model.optimizer is not None:
        exact = is_builtin(model.optimizer)  # others may let theirs change while training
        for key in model.network.trainable:
            slots[key] = {}
            for slot, start in model.optimizer.init(weights[key]).items():
                shape, dtype = (start.shape, start.dtype) if exact else (None, None)
                values = slots[key][slot] = _taken(left, f"slots/{key}/{slot}", shape, dtype)
                if np.isnan(values).any():
                    raise FileFormatError(f"the optimizer's {slot!r} of {key!r} holds NaN.")
    if left:
        raise FileFormatError(
            f"the tensor {next(iter(left))[:80]!r} belongs to no part of the model."
        )
    iteration = checks.integer("iteration", config["iteration"], 0, 2**53)
    return State(weights, slots, iteration, checks.integer("epoch", config["epoch"], 0, 2**53))


def _taken(
    left: Tensors,
    name: str,
    shape: tuple[int, ...] | None,
    dtype: np.dtype[Any] | None,
) -> NDArray[Any]:
    values = left.pop(name, None)
    if values is None:
        raise FileFormatError(f"the tensor {name!r} is missing.")
    if (shape is not None and values.shape != shape) or (
        dtype is not None and values.dtype != dtype
    ):
        raise FileFormatError(
            f"the tensor {name!r} has shape {values.shape} and dtype {values.dtype}; the "
            f"model needs {shape} and {dtype}."
        )
    return values
