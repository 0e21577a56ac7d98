"""The folder of ``neurona train --run``: all that it takes to go on after any end.

config.json          the options of the run
history.jsonl        the measures, a line an epoch
checkpoints/         where training is, to the bit
best.safetensors     the model of the best epoch so far
model.safetensors    the model, when training has ended
lock                 held while a process works on the run
"""

from __future__ import annotations

import hashlib
import json
import shlex
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import neurona
from neurona import Sequential
from neurona.callbacks import BackupAndRestore, Callback, History, HistoryFile, ModelCheckpoint
from neurona.cli import INTERRUPTED, StoppedError, sources
from neurona.cli.plan import Asked
from neurona.cli.results import Target
from neurona.errors import (
    ArgumentError,
    DifferentRunError,
    FileFormatError,
    FormatVersionError,
    RecoveryWarning,
)
from neurona.files import remove_leftovers, write_whole
from neurona.runs.checkpoints import Checkpoints
from neurona.runs.identity import differences
from neurona.runs.lock import FolderLock
from neurona.runs.signals import ENDED, sigterm_raises
from neurona.saving import SUFFIX

FORMAT = 1
CONFIG, LOCK, HISTORY, CHECKPOINTS = "config.json", "lock", "history.jsonl", "checkpoints"
MAX_CONFIG = 2**20  # bytes; a real one has a few hundred
# What may be another each time that a run is resumed.
FREE = ("run", "save_every", "allow_different", "threads", "data", "out", "json", "quiet")
KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "None": (type(None),),
    "Path": (),  # paths are not among them
    "bool": (bool,),
}


class _Files(Target):
    """The model's file in the folder; the history is written line by line."""

    @property
    def history(self) -> Path:
        return self.model.with_name(HISTORY)

    def save(self, model: Sequential, history: History) -> None:
        model.save(self.model)


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, whose lock is held.

    Args:
        path: of the folder.
        asked: the run's options.
    """

    path: Path
    asked: Asked

    @property
    def target(self) -> Target:
        """Where the model goes."""
        return _Files(self.path / f"model{SUFFIX}")

    def callbacks(self, monitor: str) -> list[Callback]:
        """What keeps the folder up to date while training.

        Args:
            monitor: the measure that tells the best epoch.
        """
        best = self.path / f"best{SUFFIX}"
        return [
            HistoryFile(self.path / HISTORY),
            ModelCheckpoint(best, monitor, save_best_only=True),
            BackupAndRestore(
                self.path / CHECKPOINTS,
                _frequency(self.asked.save_every),
                allow_different=self.asked.allow_different,
                verbose=int(not self.asked.quiet),
            ),
        ]

    def stopped(self, code: int, after: str = "") -> StoppedError:
        """How to end, and what to say, when the command is stopped."""
        resume = f"neurona resume {shlex.quote(str(self.path))}"
        if self.asked.data is not None:
            resume += f" --data {shlex.quote(str(self.asked.data))}"
        if not (self.path / CONFIG).exists():
            return StoppedError("stopped before the run was begun.", code)
        return StoppedError(f"stopped{after}, and all is saved. Go on with: {resume}", code)

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM say how to go on, before and after the training, too."""
        try:
            with sigterm_raises():
                yield
        except KeyboardInterrupt:
            raise self.stopped(INTERRUPTED) from None
        except SystemExit as end:
            if end.code != ENDED:  # by another reason than SIGTERM
                raise
            raise self.stopped(ENDED) from None

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Tell of another run in the words of the command."""
        try:
            yield
        except DifferentRunError as error:
            if not error.differences:
                raise
            lines = "\n  ".join(error.differences)
            raise DifferentRunError(
                f"{self.path} was begun with other data, settings or versions:\n  {lines}\n"
                f"Begin a run in another folder, or go on all the same, to other bits than the "
                f"first run's, with --allow-different.",
                error.differences,
            ) from None


def _frequency(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() else text


@contextmanager
def begun(path: Path, asked: Asked) -> Iterator[RunFolder]:
    """The folder of a run that is begun, or of the same one, to go on with it.

    Raises:
        ArgumentError: ``--out`` was given too; the folder holds something else.
            Or fewer epochs were asked for than are done.
        DifferentRunError: it holds a run that was begun with other options.
        LockedError: another process works on it.
    """
    if asked.out is not None:
        raise ArgumentError(f"--out: with --run the model goes to {path / 'model'}{SUFFIX}.")
    BackupAndRestore(path, _frequency(asked.save_every))  # is that a frequency?
    _refuse_other_content(path)
    path.mkdir(parents=True, exist_ok=True)
    with FolderLock(path / LOCK):
        remove_leftovers(path)
        asked = replace(asked, dataset=_absolute(asked.dataset), run=path)
        before = _options_before(path)
        if before is not None and asked.epochs is None:
            asked = replace(asked, epochs=before.epochs)
        folder = RunFolder(path, asked)
        if before is not None and not asked.allow_different:
            before = replace(before, epochs=asked.epochs)  # a run can be made longer
            with folder.explained():
                _refuse_other_options(before, asked)
        _refuse_fewer_epochs(path, asked.epochs)
        with folder.stoppable():
            _write(path, asked)
            yield folder


@contextmanager
def found(path: Path, **changes: Any) -> Iterator[RunFolder]:
    """The folder of a run that was begun, with some of its options changed.

    Raises:
        ArgumentError: there is no run in it, or it has more epochs than are asked for.
        FileFormatError: its config.json is damaged.
        LockedError: another process works on it.
    """
    if not (path / CONFIG).is_file():
        raise ArgumentError(
            f"{path} holds no run: there is no {CONFIG} in it. "
            f"Begin one with neurona train DATASET --run {shlex.quote(str(path))}."
        )
    with FolderLock(path / LOCK):
        remove_leftovers(path)
        asked = replace(read_options(path), run=path, **changes)
        folder = RunFolder(path, asked)
        _refuse_fewer_epochs(path, changes.get("epochs"))
        with folder.stoppable():
            _write(path, asked)
            yield folder


def _options_before(path: Path) -> Asked | None:
    """Those that the run was begun with; None where they are not known.

    Whether a checkpoint is one of a run with the options given now, it tells itself.
    """
    file = path / CONFIG
    if not file.exists():
        return None
    try:
        return read_options(path)
    except FormatVersionError:
        raise
    except FileFormatError as error:
        aside = file.with_name(f"{CONFIG}.damaged")
        file.replace(aside)
        message = f"{error} It was set aside as {aside.name}; the options given now are taken."
        warnings.warn(message, RecoveryWarning, stacklevel=2)
        return None


def _refuse_other_options(before: Asked, asked: Asked) -> None:
    lines = differences(_options(before), _options(asked))
    if lines:
        raise DifferentRunError("The options are others.", lines)


def _refuse_fewer_epochs(path: Path, epochs: int | None) -> None:
    """A run can be made longer, not shorter."""
    folder = path / CHECKPOINTS
    if epochs is None or not folder.is_dir():
        return
    newest = Checkpoints(folder, keep=1).newest()
    if newest is None:
        return
    _, found = newest
    begun = found.epoch + (found.step > 0)
    if epochs < begun:
        raise ArgumentError(
            f"--epochs: the run in {path} has come to epoch {begun}, so it cannot end after "
            f"{epochs}. Give {begun} or more, or begin a run in another folder."
        )


def _refuse_other_content(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise ArgumentError(f"--run: {path} is no folder.")
    if not path.exists() or (path / CONFIG).exists():
        return
    ours = {LOCK, CHECKPOINTS}  # of a process that was killed before it wrote its options
    if (path / CHECKPOINTS).is_dir():  # of a run whose options were lost
        ours |= {HISTORY, f"model{SUFFIX}", f"best{SUFFIX}", f"{CONFIG}.damaged"}
    others = [p.name for p in path.iterdir() if p.name not in ours and not p.name.startswith(".")]
    if others:
        raise ArgumentError(
            f"--run: the folder {path} holds other files ({others[0]} …) and no run. "
            f"Give one that is empty or not there yet."
        )


def _absolute(dataset: str) -> str:
    """A file's name that can be found from any folder."""
    return str(Path(dataset).absolute()) if sources.is_file(dataset) else dataset


def _options(asked: Asked) -> dict[str, Any]:
    """Those that the result depends on."""
    return {name: value for name, value in asdict(asked).items() if name not in FREE}


def _write(path: Path, asked: Asked) -> None:
    config = {"format": FORMAT, "neurona": neurona.__version__, **_options(asked)}
    config["sha256"] = _digest(config)
    content = json.dumps(config, indent=2).encode() + b"\n"
    file = path / CONFIG
    if not file.exists() or file.read_bytes() != content:
        write_whole(file, content)


def _digest(config: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(config).encode()).hexdigest()


def read_options(path: Path) -> Asked:
    """The options that a run was begun with.

    Raises:
        FileFormatError: its config.json is damaged.
        FormatVersionError: it is of another version.
    """
    file = path / CONFIG
    try:
        if not file.is_file():
            raise ValueError("it is no file")
        if file.stat().st_size > MAX_CONFIG:
            raise ValueError(f"more than {MAX_CONFIG:,} bytes")
        config = json.loads(file.read_text(encoding="utf-8"))
        digest = config.pop("sha256", None)  # of one that was written by hand there is none
        if config["format"] != FORMAT:
            raise FormatVersionError(
                f"{file} has the format {config['format']!r}; this version of neurona reads "
                f"{FORMAT}. Go on with the version that began the run."
            )
        if digest not in (None, _digest(config)):
            raise ValueError("its checksum is another")
        del config["format"], config["neurona"]
        return Asked(**checked(config))
    except FormatVersionError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FileFormatError(
            f"{file} is damaged ({error}). The run goes on when its options are given once "
            f"more: neurona train … --run {shlex.quote(str(path))}"
        ) from error


def checked(config: dict[str, Any]) -> dict[str, Any]:
    """Options from a file, each of the type that it must have.

    Raises:
        ValueError: one is not.
    """
    kinds = {field.name: str(field.type).split(" | ") for field in fields(Asked)}
    for name, value in config.items():
        allowed = tuple(kind for word in kinds[name] for kind in KINDS[word])
        if name in FREE or type(value) not in allowed:
            raise ValueError(f"{name} is {value!r}")
    return config
