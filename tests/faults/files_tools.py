"""Making files that are wrong in one way and right in all others."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from neurona import Sequential, layers, metrics
from neurona.files import encode_tensors
from neurona.saving import to_tensors

DIGITS = "header_sha256"
ZEROS = "0" * 64


def small_model(seed: int = 1, units: int = 3) -> Sequential:
    """Trained for a moment, so that its optimizer has something to remember."""
    model = Sequential(
        [layers.Dense(units, "tanh"), layers.BatchNormalization(), layers.Dense(1, "sigmoid")],
        seed=seed,
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", metrics.AUC(10)])
    x = np.linspace(-1, 1, 16).reshape(8, 2)
    model.fit(x, x[:, 0] > 0.1, epochs=1, verbose=0)
    return model


def model_bytes(model: Sequential) -> bytes:
    """What ``model.save`` writes."""
    return b"".join(map(bytes, encode_tensors(*to_tensors(model))))


def sealed(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with that header, its checksums made to agree.

    Args:
        header: begins as those of neurona do, with 64 digits of any kind in the
            place of each checksum.
        length: what to announce as the header's, if not its own.
    """
    header = _put(header, b'"data_sha256":"', hashlib.sha256(data).hexdigest().encode())
    header = _put(header, b'"header_sha256":"', ZEROS.encode())
    header = _put(header, b'"header_sha256":"', hashlib.sha256(header).hexdigest().encode())
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def _put(header: bytes, before: bytes, digits: bytes) -> bytes:
    start = header.find(before) + len(before)
    if start < len(before):
        return header
    return header[:start] + digits + header[start + 64 :]


def header_of(tensors: Any = "", config: Any = None, **metadata: Any) -> bytes:
    """A header's text from its parts; strings are taken as JSON as they are.

    Args:
        tensors: a dict of entries, or the text that follows the metadata.
        config: a value, or its JSON text.
    """
    text = config if isinstance(config, str) else json.dumps(config)
    meta = {DIGITS: ZEROS, "data_sha256": ZEROS, "neurona": text, **metadata}
    begin = json.dumps({"__metadata__": meta}, separators=(",", ":"))[:-1]
    rest = tensors if isinstance(tensors, str) else json.dumps(tensors)[1:-1]
    return f"{begin}{',' if rest else ''}{rest}}}".encode("utf-8", "surrogatepass")


def entry(shape: Any, start: int, end: int, dtype: Any = "F32") -> dict[str, Any]:
    """A tensor's entry in the header."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def model_config(**changes: Any) -> dict[str, Any]:
    """The configuration of a model without weights, with other values for some fields.

    ``model__layers`` is the field ``layers`` of the field ``model``.
    """
    flatten = {"kind": "layer", "class_name": "Flatten", "config": {"name": "flatten"}}
    config: dict[str, Any] = {
        "kind": "model",
        "format": 1,
        "model": {
            "name": "small",
            "input_shape": [2],
            "layers": [flatten],
            "seed": 1,
            "dtype": "float32",
            "info": {},
        },
        "compile": None,
        "iteration": 0,
        "epoch": 0,
        "lists": {},
    }
    for place, value in changes.items():
        *outer, field = place.split("__")
        inner = config
        for name in outer:
            inner = inner[name]
        inner[field] = value
    return config


def layer_config(class_name: str, **config: Any) -> dict[str, Any]:
    """A layer's configuration."""
    return {"kind": "layer", "class_name": class_name, "config": {"name": "one", **config}}


def leftovers(folder: Path) -> list[str]:
    """Names of the temporary files in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".tmp"))
