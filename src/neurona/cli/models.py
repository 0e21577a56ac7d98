"""Opening a model's file."""

from __future__ import annotations

from pathlib import Path

from neurona import Sequential, load_model
from neurona.cli import say
from neurona.errors import (
    DatasetError,
    EngineError,
    FileFormatError,
    NeuronaError,
    UnknownNameError,
)
from neurona.saving import SUFFIX


def open_model(path: Path) -> Sequential:
    """The model in a file.

    Raises:
        DatasetError: there is no such file.
        FileFormatError: it holds no model that the command can open.
    """
    if not path.is_file():
        beside = path.with_name(path.name + SUFFIX)
        hint = f" Did you mean {beside}?" if beside.is_file() else ""
        raise DatasetError(f"There is no model file {path}.{hint}")
    try:
        return load_model(path)
    except FileFormatError:
        raise
    except UnknownNameError as error:
        raise FileFormatError(
            f"{path} has a part that is not neurona's own: {error} The command cannot be given "
            f"one; open the model in Python."
        ) from error
    except NeuronaError as error:
        raise FileFormatError(f"{path} cannot be opened: {error}") from error


def runnable(model: Sequential, path: Path) -> Sequential:
    """The model, made float32 where no engine can run it in bfloat16.

    Its weights are float32 in any case.

    Args:
        path: to name in the warning.
    """
    if model.dtype == "bfloat16":
        try:
            model.program  # noqa: B018 - makes the engine
        except EngineError:
            model.dtype = "float32"  # not by compile, which drops the optimizer's state
            say(f"warning: {path} is of dtype bfloat16, which cannot be run here; float32 is used.")
    return model
