"""The header of a ``.safetensors`` file, read without trusting a byte of it.

The format: 8 bytes with the header's length, little-endian; the header, a JSON
object that maps each tensor's name to its dtype, shape and place, and
``__metadata__`` to strings; then the tensors' bytes, without gaps.
Source: https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona.errors import FileFormatError

# Room for a network of 2,000 layers with Adam's slots; a second's work and 100 MB at most.
MAX_HEADER = 8 * 2**20  # bytes
MAX_ITEMS = 250_000  # values in its JSON, about: each may take a hundred bytes of memory
MAX_DEPTH = 100  # of lists and objects within each other
MAX_TENSORS = 15_000
MAX_DIMENSIONS = 32
METADATA = "__metadata__"

DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "F16": np.dtype("<f2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
}
CODES = {dtype: code for code, dtype in DTYPES.items()}


@dataclass(frozen=True)
class Entry:
    """What the header says of one tensor.

    Attributes:
        start: the place of its first byte, counted from the header's end.
        size: in bytes.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    size: int


def parse_json(text: str) -> Any:
    """The value of a JSON text, refusing what JSON does not have or leaves unsaid.

    Raises:
        FileFormatError: no JSON; too many values, or too deep; a key twice in an
            object; NaN or infinity.
    """
    size = len(text)
    if size > MAX_HEADER:
        raise FileFormatError(f"{size:,} bytes of JSON are more than the {MAX_HEADER:,} allowed")
    if sum(map(text.count, ",[{")) > MAX_ITEMS:
        raise FileFormatError(f"its JSON has more than {MAX_ITEMS:,} values")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except RecursionError:
        raise FileFormatError(f"its JSON is nested more than {MAX_DEPTH} deep") from None
    except ValueError as error:
        raise FileFormatError(f"its JSON cannot be read: {error}") from error
    _check_depth(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:80]!r} is there twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:40]} is too large")
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(v for v in item.values() if isinstance(v, (dict, list)))
            elif isinstance(item, list):
                inner.extend(v for v in item if isinstance(v, (dict, list)))
        if not inner:
            return
        level = inner
    raise FileFormatError(f"its JSON is nested more than {MAX_DEPTH} deep")


def parse_header(header: bytes, data_size: int) -> tuple[dict[str, Entry], dict[str, str]]:
    """The tensors' entries in the order of their bytes, and the metadata.

    Args:
        header: its JSON, in ASCII as :func:`format_header` writes it.
        data_size: how many bytes follow it.

    Raises:
        FileFormatError: no such header, or one that does not account for each of
            those bytes once.
    """
    try:
        text = header.decode("ascii")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"its header is not ASCII: {error}") from None
    table = parse_json(text)
    if not isinstance(table, dict):
        raise FileFormatError("its header is not a JSON object")
    metadata = table.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise FileFormatError(f"its {METADATA} is not an object of strings")
    if len(table) > MAX_TENSORS:
        raise FileFormatError(
            f"{len(table):,} tensors are more than the {MAX_TENSORS:,} that a file may hold"
        )
    entries = dict(
        sorted(
            ((name, _entry(name, said)) for name, said in table.items()),
            key=lambda item: (item[1].start, item[1].size),
        )
    )
    end = 0
    for name, entry in entries.items():
        if entry.start != end:
            what = "overlaps the one before it" if entry.start < end else "leaves a gap before it"
            raise FileFormatError(f"the tensor {name[:80]!r} {what}: it should start at byte {end}")
        end += entry.size
    if end != data_size:
        raise FileFormatError(
            f"its header announces {end:,} bytes of tensors, but {data_size:,} follow it"
        )
    return entries, metadata


def _entry(name: str, said: Any) -> Entry:
    name = name[:80]  # for messages
    if not isinstance(said, dict) or set(said) != {"dtype", "shape", "data_offsets"}:
        raise FileFormatError(f"the tensor {name!r} must have dtype, shape and data_offsets")
    dtype = DTYPES.get(said["dtype"]) if isinstance(said["dtype"], str) else None
    if dtype is None:
        raise FileFormatError(
            f"the tensor {name!r} has the dtype {str(said['dtype'])[:40]!r}; "
            f"it must be one of {', '.join(DTYPES)}"
        )
    shape, offsets = said["shape"], said["data_offsets"]
    if not _are_counts(shape) or len(shape) > MAX_DIMENSIONS:
        raise FileFormatError(f"the shape of the tensor {name!r} is no list of sizes")
    if not _are_counts(offsets) or len(offsets) != 2:
        raise FileFormatError(f"the data_offsets of the tensor {name!r} are no two places")
    start, size = offsets[0], offsets[1] - offsets[0]
    needed = math.prod(shape) * dtype.itemsize
    if size != needed:
        raise FileFormatError(
            f"the tensor {name!r} of shape {tuple(shape)} and dtype {dtype} takes {needed:,} "
            f"bytes, but has {size:,}"
        )
    if start % dtype.itemsize:
        raise FileFormatError(f"the tensor {name!r} begins within a number, at {start}")
    return Entry(dtype, tuple(shape), start, size)


def _are_counts(values: Any) -> bool:
    """Whole numbers from 0 to what 64 bits hold, so that no product of 32 takes long."""
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < 2**63 for value in values
    )


def format_header(tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """The header's JSON for tensors that follow in this order, padded to whole 8 bytes."""
    table: dict[str, Any] = {METADATA: dict(metadata)}
    end = 0
    for name, values in tensors.items():
        start, end = end, end + values.nbytes
        table[name] = {
            "dtype": CODES[values.dtype],
            "shape": list(values.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(table, separators=(",", ":")).encode("ascii")
    return text + b" " * (-len(text) % 8)
