"""The folder of ``neurona train --run``: all that it takes to go on after any end.

config.json          the options of the run
history.jsonl        the measures, a line an epoch
checkpoints/         where training is, to the bit
best.safetensors     the model of the best epoch so far
model.safetensors    the model, when training has ended
lock                 held while a process works on the run
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import neurona
from neurona import Sequential
from neurona.callbacks import BackupAndRestore, Callback, History, HistoryFile, ModelCheckpoint
from neurona.cli import sources
from neurona.cli.plan import Asked
from neurona.cli.results import Target
from neurona.errors import ArgumentError, DifferentRunError, FileFormatError
from neurona.files import remove_leftovers, write_whole
from neurona.runs.identity import differences
from neurona.runs.lock import FolderLock
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

    def farewell(self, epochs: int) -> str:
        """What to say when the training is stopped."""
        return (
            f"stopped after {epochs} whole epochs, and all is saved. "
            f"Go on with: {self.command('resume')}"
        )

    def command(self, name: str) -> str:
        """The command line that does something with this folder."""
        return f"neurona {name} {shlex.quote(str(self.path))}"

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
                f"first run's: {self.command('resume')} --allow-different",
                error.differences,
            ) from None


def _frequency(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() else text


@contextmanager
def begun(path: Path, asked: Asked) -> Iterator[RunFolder]:
    """The folder of a run that is begun, or of the same one, to go on with it.

    Raises:
        ArgumentError: ``--out`` was given too; the folder holds something else.
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
        folder = RunFolder(path, asked)
        if (path / CONFIG).exists():
            before = replace(read_options(path), epochs=asked.epochs)  # a run can be made longer
            with folder.explained():
                _refuse_other_options(before, asked)
        _write(path, asked)
        yield folder


@contextmanager
def found(path: Path, **changes: Any) -> Iterator[RunFolder]:
    """The folder of a run that was begun, with some of its options changed.

    Raises:
        ArgumentError: there is no run in it.
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
        _write(path, asked)
        yield RunFolder(path, asked)


def _refuse_other_options(before: Asked, asked: Asked) -> None:
    lines = differences(_options(before), _options(asked))
    if lines:
        raise DifferentRunError("The options are others.", lines)


def _refuse_other_content(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise ArgumentError(f"--run: {path} is no folder.")
    if not path.exists() or (path / CONFIG).exists():
        return
    ours = (LOCK, CHECKPOINTS)  # of a process that was killed before it wrote its options
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
    content = json.dumps(config, indent=2).encode() + b"\n"
    file = path / CONFIG
    if not file.exists() or file.read_bytes() != content:
        write_whole(file, content)


def read_options(path: Path) -> Asked:
    """The options that a run was begun with.

    Raises:
        FileFormatError: its config.json is damaged.
    """
    file = path / CONFIG
    try:
        if file.stat().st_size > MAX_CONFIG:
            raise ValueError(f"more than {MAX_CONFIG:,} bytes")
        config = json.loads(file.read_text(encoding="utf-8"))
        if config.pop("format") != FORMAT:
            raise ValueError("another format")
        config.pop("neurona")
        return Asked(**checked(config))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FileFormatError(
            f"{file} is damaged, or of another version of neurona ({error}). "
            f"Without it the run cannot be resumed."
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
