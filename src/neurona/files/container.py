"""Tensors and a configuration in one ``.safetensors`` file, with checksums.

Any program that knows the format reads such a file. Its metadata begin with
``header_sha256``, the SHA-256 of the header in which those 64 digits are zeros,
and ``data_sha256``, that of the tensors' bytes; so each bit of the file counts.
``neurona`` is the configuration as JSON.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurona import memory
from neurona.errors import ArgumentError, ArgumentTypeError, FileFormatError, TooLargeError
from neurona.files.header import (
    CODES,
    MAX_HEADER,
    METADATA,
    Entry,
    format_header,
    parse_header,
    parse_json,
)
from neurona.files.whole import kind_of, write_whole

Tensors = dict[str, NDArray[Any]]

CONFIG = "neurona"  # the metadata's entry with the configuration
_ZEROS = b"0" * 64
_START = f'{{"{METADATA}":{{"header_sha256":"'.encode()  # how each header begins
_DIGITS = slice(len(_START), len(_START) + 64)
_CHUNK = 1 << 20
_ADVICE = "its content is not what its checksum says. Take another copy, or make it again."


def write_tensors(
    path: str | PathLike[str], tensors: Mapping[str, Any], config: Mapping[str, Any]
) -> None:
    """Write arrays and a configuration to one file, whole or not at all.

    Args:
        path: of the file; see :func:`~neurona.files.write_whole` for what becomes
            of an old one.
        tensors: arrays of numbers by name, of any shape and byte order.
        config: plain values that JSON has: dicts with strings as keys, lists, strings,
            finite numbers, True, False, None. Put other numbers in tensors.

    Raises:
        ArgumentError, ArgumentTypeError: something that cannot be read back the same;
            the message names it. The old file stays.
        OSError: the system refused.
    """
    write_whole(path, encode_tensors(tensors, config))


def encode_tensors(tensors: Mapping[str, Any], config: Mapping[str, Any]) -> list[Any]:
    """The bytes of such a file, in pieces; the tensors' are not copied.

    Raises:
        ArgumentError, ArgumentTypeError: as :func:`write_tensors`.
    """
    arrays = {name: _storable(name, values) for name, values in tensors.items()}
    # The widest numbers first, so that each lies at a multiple of its size.
    arrays = dict(sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize))
    pieces = [values.reshape(-1).view(np.uint8).data for values in arrays.values()]
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    metadata = {
        "header_sha256": _ZEROS.decode(),
        "data_sha256": digest.hexdigest(),
        CONFIG: _as_json(config),
    }
    header = format_header(arrays, metadata)
    try:
        parse_header(header, sum(map(len, pieces)))
    except FileFormatError as error:
        raise ArgumentError(f"Such a file could not be read again: {error}.") from None
    header = _START + _header_digest(header) + header[_DIGITS.stop :]
    return [len(header).to_bytes(8, "little"), header, *pieces]


def _storable(name: Any, values: Any) -> NDArray[Any]:
    """As an array of a dtype that the format has, its bytes little-endian and in C's order."""
    array = np.asarray(values)
    little = array.dtype.newbyteorder("<")
    if not isinstance(name, str) or name == METADATA:
        raise ArgumentTypeError(f"A tensor's name must be a string of its own, got {name!r}.")
    if little not in CODES:
        raise ArgumentTypeError(
            f"The tensor {name!r} has the dtype {array.dtype}; it must be one of "
            f"{', '.join(map(str, CODES))}."
        )
    return np.ascontiguousarray(array, dtype=little).reshape(array.shape)


def _as_json(config: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(config), allow_nan=False)
        same = parse_json(text) == _listed(dict(config))
    except (TypeError, ValueError, RecursionError) as error:
        raise ArgumentTypeError(f"The configuration cannot be kept as JSON: {error}.") from error
    if not same:
        raise ArgumentTypeError(
            "The configuration cannot be kept as JSON: the keys of its dicts must be strings."
        )
    return text


def _listed(value: Any) -> Any:
    """With lists for tuples, as they are read back."""
    if isinstance(value, dict):
        return {key: _listed(inner) for key, inner in value.items()}
    return [_listed(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _header_digest(header: bytes) -> bytes:
    """Of a header that begins as ours do, its own digits taken as zeros."""
    digest = hashlib.sha256(_START)
    digest.update(_ZEROS)
    digest.update(memoryview(header)[_DIGITS.stop :])
    return digest.hexdigest().encode()


def read_tensors(path: str | PathLike[str]) -> tuple[Tensors, dict[str, Any]]:
    """Read what :func:`write_tensors` wrote.

    Returns:
        The tensors, writable and in the file's order, and the configuration.

    Raises:
        FileFormatError: damaged, cut short, or not such a file.
        TooLargeError: there is not enough memory for it.
        FileNotFoundError: there is no such file.
        OSError: the system refused.
    """
    with opened(path) as container:
        return container.read(), container.config


@dataclass(frozen=True)
class Container:
    """An open file whose header has been read and found right.

    Attributes:
        entries: dtype and shape of each tensor by name, in the order of their bytes.
        config: the configuration.
    """

    path: str
    entries: dict[str, Entry]
    config: dict[str, Any]
    _file: FileIO
    _data_sha256: str

    def read(self) -> Tensors:
        """All tensors: views of one block of memory, which is all that is taken.

        Raises:
            FileFormatError: their bytes are not those that were written.
            TooLargeError: there is not enough memory for them.
        """
        size = sum(entry.size for entry in self.entries.values())
        if size > memory.available():
            raise TooLargeError(
                f"{self.path} holds {memory.human(size)} of tensors, but only "
                f"{memory.human(memory.available())} of memory are free."
            )
        block = np.empty(size, np.uint8)
        digest = hashlib.sha256()
        for start in range(0, size, _CHUNK):
            piece = block[start : start + _CHUNK].data
            _fill(self._file, piece, self.path)
            digest.update(piece)
        if digest.hexdigest() != self._data_sha256:
            raise FileFormatError(f"{self.path} is damaged: {_ADVICE}")
        return {name: _view(block, entry) for name, entry in self.entries.items()}


def _view(block: NDArray[np.uint8], entry: Entry) -> NDArray[Any]:
    values = block[entry.start : entry.start + entry.size].view(entry.dtype).reshape(entry.shape)
    if sys.byteorder == "big":
        return values.astype(entry.dtype.newbyteorder("="))
    return values


@contextlib.contextmanager
def opened(path: str | PathLike[str]) -> Iterator[Container]:
    """Open a file that :func:`write_tensors` wrote, and read all but the tensors.

    Raises:
        As :func:`read_tensors`.
    """
    name = os.fsdecode(path)
    try:
        _check_regular(os.stat(name), name)
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {name}.") from None
    with open(name, "rb", buffering=0, opener=_open_at_once) as file:
        yield _read_header(file, name)


def _open_at_once(path: str, flags: int) -> int:
    """Not waiting for a writer, should the file have become a pipe by now."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_regular(status: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise FileFormatError(f"{path} is {kind_of(status.st_mode)}, not a file.")


def is_container(path: str | PathLike[str]) -> bool:
    """Whether there is a file whose header is one that :func:`write_tensors` wrote."""
    try:
        with opened(path):
            return True
    except (FileFormatError, OSError):
        return False


def _read_header(file: FileIO, path: str) -> Container:
    status = os.fstat(file.fileno())
    _check_regular(status, path)
    length = int.from_bytes(_take(file, 8, status.st_size, path), "little")
    if length > MAX_HEADER:
        raise FileFormatError(
            f"{path} is no file of neurona's: its first 8 bytes announce a header of {length:,} "
            f"bytes, and more than {MAX_HEADER:,} are never read."
        )
    header = _take(file, length, status.st_size - 8, path)
    if not header.startswith(_START):
        raise FileFormatError(
            f"{path} is no file of neurona's: it does not begin as they do. A .safetensors file "
            f"of another program holds tensors, but no model that could be rebuilt."
        )
    if header[_DIGITS] != _header_digest(header):
        raise FileFormatError(f"{path} is damaged: {_ADVICE}")
    try:
        entries, metadata = parse_header(header, status.st_size - 8 - length)
        config = parse_json(metadata.get(CONFIG, ""))
    except FileFormatError as error:
        raise FileFormatError(f"{path} is damaged: {error}.") from error
    if not isinstance(config, dict) or "data_sha256" not in metadata:
        raise FileFormatError(f"{path} is no file of neurona's: its metadata are not as theirs.")
    return Container(path, entries, config, file, metadata["data_sha256"])


def _take(file: FileIO, count: int, there: int, path: str) -> bytes:
    """The next bytes, if there are as many: memory is claimed for no others."""
    if count > there:
        raise FileFormatError(
            f"{path} is cut short: {count:,} bytes should be where {max(0, there):,} are."
        )
    content = bytearray(count)
    _fill(file, memoryview(content), path)
    return bytes(content)


def _fill(file: FileIO, rest: memoryview, path: str) -> None:
    """Read until ``rest`` is full; the system may give less at a time."""
    while rest:
        count = file.readinto(rest)
        if not count:
            raise FileFormatError(f"{path} is cut short: {len(rest):,} more bytes should be there.")
        rest = rest[count:]
