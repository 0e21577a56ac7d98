"""What a training run depends on, and what differs between two runs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import neurona
from neurona.part import constructor_arguments

if TYPE_CHECKING:
    from neurona.callbacks.callback import Callback
    from neurona.model import Sequential
    from neurona.training import Job

PIECE = 2**22  # bytes hashed at a time, so that a memory-mapped array stays on the disk
SHOWN = 60  # characters of a value in a message
NO_SETTINGS = ("verbose",)  # of a callback: it changes no result


def identity(
    model: Sequential, job: Job, callbacks: Iterable[Callback], engine: str
) -> dict[str, Any]:
    """What the result of a training run depends on besides its data, as JSON values.

    Neither the number of epochs, so that a run can be made longer, nor that of threads.
    """
    config = {k: v for k, v in model.get_config().items() if k not in ("name", "info")}
    compiled = {k: v for k, v in (model.get_compile_config() or {}).items() if k != "engine"}
    whole = {
        "version": {"neurona": neurona.__version__, "numpy": np.__version__},
        "engine": engine,
        "model": config,
        "compile": compiled,
        "fit": dict(job.settings),
        "callbacks": [_described(callback) for callback in callbacks],
    }
    as_json: dict[str, Any] = json.loads(json.dumps(whole, default=_opaque))
    return as_json


def _opaque(value: Any) -> str:
    """For what has no JSON, such as a function: its kind alone counts."""
    return f"<{type(value).__name__}>"


def _described(callback: Callback) -> dict[str, Any]:
    names = (n for n in constructor_arguments(type(callback)) if n not in NO_SETTINGS)
    values = {name: getattr(callback, name, ...) for name in names}
    plain = {k: v for k, v in values.items() if isinstance(v, (bool, int, float, str, type(None)))}
    return {"class": type(callback).__name__, **plain}


def fingerprint(array: NDArray[Any]) -> dict[str, Any]:
    """Shape, dtype and SHA-256 of an array's numbers in their order.

    Of more than 4 MiB (2^22 bytes) it is the SHA-256 of its pieces' SHA-256, as the cores
    share the pieces; a piece is as many whole rows as are no more than that, at least one.

    >>> fingerprint(np.arange(3, dtype=np.uint8))["sha256"][:8]
    'ae4b3280'
    """
    rows = max(1, PIECE // max(1, math.prod(array.shape[1:]) * array.itemsize))
    pieces = [array[start : start + rows] for start in range(0, len(array), rows)] or [array]
    if len(pieces) == 1:
        digest = _sha256(array)
    else:
        with ThreadPoolExecutor() as threads:
            digest = hashlib.sha256(b"".join(threads.map(_sha256, pieces))).digest()
    return {"shape": list(array.shape), "dtype": str(array.dtype), "sha256": digest.hex()}


def _sha256(piece: NDArray[Any]) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(piece).reshape(-1).view(np.uint8).data).digest()


def differences(was: Any, now: Any) -> list[str]:
    """A line for each entry in which two identities differ.

    >>> differences({"seed": 1, "fit": {"shuffle": True}}, {"seed": 2, "fit": {"shuffle": True}})
    ['seed: was 1, is 2']
    """
    return [
        f"{place}: was {_shown(place, before)}, is {_shown(place, after)}"
        for place, before, after in _differing("", was, now)
    ]


def _differing(place: str, was: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in [*was, *(key for key in now if key not in was)]:
            inner = f"{place}.{key}" if place else str(key)
            yield from _differing(inner, was.get(key, ...), now.get(key, ...))
    elif _of_parts(was) and _of_parts(now):
        for i in range(max(len(was), len(now))):
            before = was[i] if i < len(was) else ...
            after = now[i] if i < len(now) else ...
            yield from _differing(f"{place}[{i}]", before, after)
    elif was != now:
        yield place, was, now


def _of_parts(value: Any) -> bool:
    """Whether it is a list of layers or callbacks, to be compared one by one."""
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _shown(place: str, value: Any) -> str:
    if value is ...:
        return "not there"
    if isinstance(value, Mapping) and isinstance(value.get("class_name", value.get("class")), str):
        return str(value.get("class_name", value.get("class")))
    text = repr(value)
    length = 14 if place.endswith("sha256") else SHOWN
    return text if len(text) <= length else f"{text[:length]}…"
