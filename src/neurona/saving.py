"""One ``.safetensors`` file for a model: its weights, and its configuration as JSON.

The tensors are ``weights/<layer>/<weight>`` and the optimizer's
``slots/<layer>/<weight>/<slot>``; the metadata's ``neurona`` entry is a JSON
object. A class named in it is looked up in closed registries: nothing is
imported, evaluated or unpickled.
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurona import losses, metrics, optimizers
from neurona.errors import ArgumentError, FileFormatError, NeuronaError, NotBuiltError
from neurona.files import write_whole
from neurona.network import State
from neurona.part import Config, CustomObjects

if TYPE_CHECKING:
    from neurona.model import Sequential

FORMAT = 1
__all__ = ["KEY", "load_model", "save_model", "write_whole"]

KEY = "neurona"
MAX_CONFIG = 16 * 2**20  # bytes of JSON; real models need a few thousand


def save_model(model: Sequential, path: str | PathLike[str]) -> None:
    """Write the model, with its optimizer's state, to one file, whole or not at all.

    Raises:
        ArgumentError: the name does not end in ``.safetensors``.
        NotBuiltError: the model has no weights yet.
    """
    target = Path(path)
    if target.suffix != ".safetensors":
        raise ArgumentError(
            f"path must end in .safetensors, got {str(path)!r}. "
            f"Try {str(target.with_suffix('.safetensors'))!r}."
        )
    if model.input_shape is None:
        raise NotBuiltError("The model has no weights yet: fit it, or give its input's shape.")
    from safetensors.numpy import save

    state = model.state
    tensors = {f"weights/{key}": np.ascontiguousarray(w) for key, w in state.weights.items()}
    for key, slots in state.slots.items():
        for slot, values in slots.items():
            tensors[f"slots/{key}/{slot}"] = np.ascontiguousarray(values)
    config = {
        "format": FORMAT,
        "model": model.get_config(),
        "compile": model.get_compile_config(),
        "iteration": state.iteration,
        "epoch": state.epoch,
    }
    write_whole(target, save(tensors, {KEY: json.dumps(config)}))


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
        FileNotFoundError: there is no such file.
    """
    tensors, config = _read(Path(path))
    try:
        return _rebuild(tensors, config, custom_objects)
    except NeuronaError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileFormatError(
            f"{path}: its configuration is not one that neurona writes ({error!r}). "
            f"The file is damaged, or was made by another program."
        ) from error


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], Config]:
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise FileFormatError(f"{path} is not a readable .safetensors file: {error}.") from error
    if text is None:
        raise FileFormatError(
            f"{path} holds tensors but no neurona model: its metadata has no {KEY!r} entry."
        )
    if len(text) > MAX_CONFIG:
        raise FileFormatError(f"{path}: {len(text)} bytes of configuration are too many.")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: its configuration is not JSON: {error}.") from error
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        found = config.get("format") if isinstance(config, dict) else config
        raise FileFormatError(
            f"{path} has format {found!r}, but this version of neurona reads format {FORMAT}."
        )
    return tensors, config


def _rebuild(
    tensors: dict[str, NDArray[Any]], config: Config, custom_objects: CustomObjects | None
) -> Sequential:
    from neurona.model import Sequential

    model = Sequential.from_config(config["model"], custom_objects)
    compiled = config["compile"]
    if compiled is not None:
        model.compile(
            optimizer=optimizers.registry.get(compiled["optimizer"], custom_objects),
            loss=compiled["loss"] and losses.registry.get(compiled["loss"], custom_objects),
            metrics={
                name: metrics.registry.get(metric, custom_objects)
                if isinstance(metric, dict)
                else metric
                for name, metric in compiled["metrics"].items()
            },
        )
    weights: dict[str, NDArray[Any]] = {}
    slots: dict[str, dict[str, NDArray[Any]]] = {}
    for name, values in tensors.items():
        kind, layer, weight, *slot = name.split("/")
        if kind == "weights" and not slot:
            weights[f"{layer}/{weight}"] = values
        elif kind == "slots" and len(slot) == 1:
            slots.setdefault(f"{layer}/{weight}", {})[slot[0]] = values
        else:
            raise FileFormatError(f"The tensor {name!r} belongs to no model.")
    _check(model, weights)
    weights = {key: weights[key] for key in model.network.specs}  # in the layers' order
    model.state = State(weights, slots, int(config["iteration"]), int(config["epoch"]))
    return model


def _check(model: Sequential, weights: dict[str, NDArray[Any]]) -> None:
    specs = model.network.specs
    if set(weights) != set(specs):
        odd = sorted(set(weights) ^ set(specs))[0]
        raise FileFormatError(f"The weight {odd!r} is in the file or the model, but not in both.")
    for key, w in weights.items():
        if w.shape != specs[key].shape or w.dtype != model.dtype:
            raise FileFormatError(
                f"The weight {key!r} has shape {w.shape} and dtype {w.dtype}; the configuration "
                f"asks for {specs[key].shape} and {model.dtype}."
            )
        if not np.isfinite(w).all():
            raise FileFormatError(f"The weight {key!r} holds NaN or infinity.")
