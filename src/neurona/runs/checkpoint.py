"""Everything that training goes on from, as one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from neurona.errors import FileFormatError, FormatVersionError
from neurona.files import read_tensors
from neurona.network import State
from neurona.optimizers.optimizer import Slots
from neurona.runs.values import Arrays, pack, unpack

FORMAT = 1
KEY = "checkpoint"
ORIGIN = "origin/"  # before the names of the tensors of the state before an epoch


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training run.

    Attributes:
        identity: what the run depends on, as JSON; see ``identity.py``.
        state: weights, optimizer's slots and counters.
        epoch, step, rows, tally, origin: of the :class:`~neurona.runs.position.Position`.
        callbacks: class and state of each, in their order.
        learning_rate: the optimizer's, as callbacks left it; None for a schedule.
        stopped: whether a callback has asked for training to end.
    """

    identity: str
    state: State
    epoch: int
    step: int
    rows: int
    tally: Mapping[str, Any]
    callbacks: list[tuple[str, dict[str, Any]]]
    learning_rate: float | None
    stopped: bool
    origin: State | None = None

    def packed(self) -> tuple[Arrays, dict[str, Any]]:
        """As tensors and a configuration for ``neurona.files.write_tensors``.

        Raises:
            ArgumentTypeError: a callback's or metric's state holds something that
                cannot be kept; the message names it.
        """
        arrays: Arrays = {}
        config = {
            KEY: FORMAT,
            "identity": self.identity,
            "counters": _counters(self.state),
            "origin": None if self.origin is None else _counters(self.origin),
            "position": {"epoch": self.epoch, "step": self.step, "rows": self.rows},
            "tally": pack("The state of a metric", self.tally, arrays),
            "callbacks": [
                [name, pack(f"The state of the callback {name}", state, arrays)]
                for name, state in self.callbacks
            ],
            "learning_rate": self.learning_rate,
            "stopped": self.stopped,
        }
        tensors = _tensors(self.state)
        if self.origin is not None:
            tensors.update({f"{ORIGIN}{name}": w for name, w in _tensors(self.origin).items()})
        return {**tensors, **arrays}, config

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Checkpoint:
        """Read the file of one that was packed and written.

        Raises:
            FileFormatError: damaged, cut short, or no checkpoint.
            FormatVersionError: another version of neurona wrote it.
            TooLargeError: there is not enough memory for it.
            OSError: the file cannot be read.
        """
        tensors, config = read_tensors(path)
        if KEY not in config:
            raise FileFormatError(f"{path} is no checkpoint, but another file of neurona's.")
        if config[KEY] != FORMAT:
            raise FormatVersionError(
                f"{path} has format {config[KEY]!r}, but this version of neurona reads format "
                f"{FORMAT}. Resume the run with the version that it was begun with."
            )
        try:
            return cls._from(tensors, config)
        except FileFormatError as error:
            raise FileFormatError(f"{path} is damaged: {error}.") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileFormatError(
                f"{path} is no checkpoint that neurona writes ({error!r})."
            ) from error

    @classmethod
    def _from(cls, tensors: Arrays, config: dict[str, Any]) -> Checkpoint:
        position, rate, begun = config["position"], config["learning_rate"], config["origin"]
        before = {n[len(ORIGIN) :]: w for n, w in tensors.items() if n.startswith(ORIGIN)}
        return cls(
            identity=_checked_json(config["identity"]),
            state=_state(tensors, config["counters"]),
            epoch=_count(position["epoch"]),
            step=_count(position["step"]),
            rows=_count(position["rows"]),
            tally=dict(unpack(config["tally"], tensors)),
            callbacks=[
                (str(name), dict(unpack(nodes, tensors))) for name, nodes in config["callbacks"]
            ],
            learning_rate=None if rate is None else float(rate),
            stopped=bool(config["stopped"]),
            origin=None if begun is None else _state(before, begun),
        )


def _checked_json(text: str) -> str:
    try:
        json.loads(text)
    except RecursionError:
        raise ValueError("its identity is nested too deep") from None
    return text


def _counters(state: State) -> dict[str, int]:
    return {"iteration": state.iteration, "epoch": state.epoch}


def _tensors(state: State) -> Arrays:
    tensors = {f"weights/{key}": w for key, w in state.weights.items()}
    for key, slots in state.slots.items():
        tensors.update({f"slots/{key}/{slot}": values for slot, values in slots.items()})
    return tensors


def _state(tensors: Arrays, counters: Mapping[str, Any]) -> State:
    weights: Arrays = {}
    slots: dict[str, Slots] = {}
    for name, values in tensors.items():
        kind, _, rest = name.partition("/")
        if kind in ("weights", "slots") and not np.isfinite(values).all():
            raise FileFormatError(f"the tensor {name!r} holds NaN or infinity")
        if kind == "weights":
            weights[rest] = values
        elif kind == "slots":
            key, _, slot = rest.rpartition("/")
            slots.setdefault(key, {})[slot] = values
    return State(weights, slots, _count(counters["iteration"]), _count(counters["epoch"]))


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**62:
        raise ValueError(f"a count is {str(value)[:40]}")
    return value
