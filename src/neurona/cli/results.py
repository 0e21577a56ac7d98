"""Where the trained model and its history go."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from neurona import Sequential
from neurona.callbacks import CSVLogger, History
from neurona.errors import ArgumentError, DatasetError
from neurona.files import write_whole
from neurona.saving import SUFFIX, is_model


@dataclass(frozen=True)
class Target:
    """The files that a training run writes.

    Args:
        model: of the model; the history lies beside it.
    """

    model: Path

    @property
    def history(self) -> Path:
        """One line for each epoch, as comma-separated values."""
        return self.model.with_suffix(".history.csv")

    def interrupted(self) -> Target:
        """Other names, for a run that was stopped: a whole model is not replaced by half a one."""
        return Target(self.model.with_suffix(f".interrupted{SUFFIX}"))

    def save(self, model: Sequential, history: History) -> None:
        """Write both files, each whole or not at all."""
        model.save(self.model)
        write_whole(self.history, _as_csv(history))


def _as_csv(history: History) -> bytes:
    with TemporaryDirectory() as folder:
        logger = CSVLogger(Path(folder, "history.csv"))
        logger.on_train_begin({})
        for row, epoch in enumerate(history.epoch):
            logger.on_epoch_end(epoch, {k: v[row] for k, v in history.history.items()})
        logger.on_train_end({})
        return logger.filename.read_bytes()


def target_for(out: Path | None, dataset: str) -> Target:
    """The files for ``--out``, checked before the training so that it is not in vain.

    Raises:
        ArgumentError: another suffix, no such folder, or a file there that is no model.
        DatasetError: the folder cannot be written to.
    """
    path = Path(f"{Path(dataset).stem}{SUFFIX}") if out is None else out
    if path.suffix != SUFFIX:
        raise ArgumentError(
            f"--out: a model's file ends in {SUFFIX}, got {str(path)!r}. "
            f"Try --out {path.with_suffix(SUFFIX)}."
        )
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ArgumentError(f"--out: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise DatasetError(f"--out: the folder {folder} cannot be written to.")
    target = Target(path)
    _refuse(path, path.exists() and not is_model(path), "a neurona model")
    _refuse(target.history, not _is_history(target.history), "the history of a training")
    return target


def _refuse(path: Path, foreign: bool, expected: str) -> None:
    if foreign:
        raise ArgumentError(
            f"{path} exists and is not {expected}, so it is not replaced. Choose another name "
            f"with --out, or move that file away."
        )


def _is_history(path: Path) -> bool:
    if not path.exists():
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(6) == b"epoch,"


def check_out(out: Path, overwrite: bool, what: str, *suffixes: str) -> None:
    """See to it that ``--out`` can be written, before the work is done.

    Args:
        what: is written, for the message: "predictions go".

    Raises:
        ArgumentError: another suffix, no such folder, or a file that is there already.
    """
    if out.suffix not in suffixes:
        allowed = " or ".join(f"a {suffix}" for suffix in suffixes)
        raise ArgumentError(f"--out: {what} to {allowed} file, not {out.name!r}.")
    if not out.absolute().parent.is_dir():
        raise ArgumentError(f"--out: there is no folder {out.absolute().parent}. Make it first.")
    if out.exists() and not overwrite:
        raise ArgumentError(f"--out: {out} exists. Add --overwrite, or choose another name.")
