"""A folder of checkpoints: the newest are kept, and damaged ones are passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurona.errors import FileFormatError, FormatVersionError, RecoveryWarning, warn
from neurona.files import remove_leftovers, write_tensors
from neurona.runs.checkpoint import Checkpoint
from neurona.runs.values import Arrays

NAME = re.compile(r"checkpoint-(\d{8,})\.safetensors")


class Checkpoints:
    """Checkpoints in one folder, numbered in their order.

    For one process at a time; see ``lock.py``.

    Args:
        folder: made if it is not there.
        keep: how many to keep.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder, self.keep = folder, keep
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        self._files = self._found()
        self._next = 1 + max(self._files, default=0)

    def _found(self) -> dict[int, Path]:
        matches = ((NAME.fullmatch(path.name), path) for path in self.folder.iterdir())
        return dict(sorted((int(match[1]), path) for match, path in matches if match))

    @property
    def complete(self) -> bool:
        """Whether there are as many as are to be kept."""
        return len(self._files) >= self.keep

    def newest(self) -> tuple[Path, Checkpoint] | None:
        """The newest checkpoint that is whole, and its file; None if there is none.

        Raises:
            FormatVersionError: it was written by another version of neurona.

        Warns:
            RecoveryWarning: a newer one is damaged; it is set aside under another name.
        """
        for number in sorted(self._files, reverse=True):
            path = self._files[number]
            try:
                return path, Checkpoint.read(path)
            except FormatVersionError:
                raise
            except FileFormatError as error:
                aside = path.with_name(f"{path.name}.damaged")
                path.replace(aside)
                del self._files[number]
                self._warn(error, aside)
        return None

    def _warn(self, error: FileFormatError, aside: Path) -> None:
        rest = "the one before it is taken" if self._files else "there is no other: begin anew"
        message = f"{error} It was set aside as {aside.name}; {rest}."
        warn(message, RecoveryWarning)

    def number(self) -> int:
        """The number of a new checkpoint, whether it is then written or not."""
        self._next += 1
        return self._next - 1

    def write(self, number: int, tensors: Arrays, config: Mapping[str, Any]) -> None:
        """Write a packed checkpoint, and remove those that are older than the ones to keep.

        Raises:
            OSError: the file cannot be written; the ones before it stay.
        """
        path = self.folder / f"checkpoint-{number:08d}.safetensors"
        write_tensors(path, tensors, config)
        self._files[number] = path
        for old in sorted(self._files)[: -self.keep]:
            self._files.pop(old).unlink(missing_ok=True)
