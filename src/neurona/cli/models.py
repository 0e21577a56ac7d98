"""Opening a model's file."""

from __future__ import annotations

from pathlib import Path

from neurona import Sequential, load_model
from neurona.errors import DatasetError, FileFormatError, NeuronaError, UnknownNameError
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
