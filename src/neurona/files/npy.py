"""NumPy's ``.npy`` and ``.npz`` files, read without trusting a byte of them.

NumPy's own reader can be made to claim memory that no file fills, and to raise nearly
any exception. Here an array's description is read first, held against the size of the
file, and only then is memory claimed.
Source of the format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
"""

from __future__ import annotations

import ast
import math
import os
import re
import struct
import zipfile
from os import PathLike
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from neurona import memory
from neurona.errors import FileFormatError, TooLargeError

Array = NDArray[Any]

MAX_HEADER = 10_000  # bytes; an array of numbers needs a hundred
MAX_DIMENSIONS = 32
MAX_ARRAYS = 1000
_INFLATED = 1032  # DEFLATE cannot make more of a byte
_CHUNK = 1 << 20
_MAGIC = b"\x93NUMPY"
_LENGTHS = {1: "<H", 2: "<I", 3: "<I"}  # of the header's length, by version
_PLAIN = re.compile(r"[<>|=]?([?]|[biufUS]\d{1,6})")
_LAST_CHARACTER = 0x10FFFF


def read_npy(path: str | PathLike[str]) -> Array:
    """The array in a ``.npy`` file.

    Raises:
        FileFormatError: damaged, or not one array of numbers or strings.
        TooLargeError: there is not enough memory for it.
        OSError: the system refused.

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/a.npy"
    >>> np.save(path, np.eye(2))
    >>> read_npy(path)
    array([[1., 0.],
           [0., 1.]])
    """
    name = os.fsdecode(path)
    with open(name, "rb") as file:
        return _read_array(file, os.fstat(file.fileno()).st_size, name)


def read_npz(path: str | PathLike[str]) -> dict[str, Array]:
    """The arrays in a ``.npz`` file by name.

    Raises:
        FileFormatError, TooLargeError, OSError: as :func:`read_npy`.
    """
    name = os.fsdecode(path)
    with open(name, "rb") as file:
        if file.read(len(_MAGIC)) == _MAGIC:
            raise FileFormatError(
                f"{name} cannot be read: it is one .npy array, not a .npz file of named arrays."
            )
        try:
            with zipfile.ZipFile(file) as archive:
                return {
                    label: _read_member(archive, info, f"{name}: {label}")
                    for label, info in _members(archive, name)
                }
        except (FileFormatError, MemoryError):
            raise
        except Exception as error:  # zipfile raises of many kinds
            raise FileFormatError(f"{name} cannot be read: {error}.") from error


def _members(archive: zipfile.ZipFile, name: str) -> list[tuple[str, zipfile.ZipInfo]]:
    """The arrays' names and places, checked before any is unpacked."""
    infos = archive.infolist()
    if len(infos) > MAX_ARRAYS:
        raise FileFormatError(f"{name} holds {len(infos)} arrays; {MAX_ARRAYS} are the most.")
    labels = [info.filename.removesuffix(".npy") for info in infos]
    for label, info in zip(labels, infos, strict=True):
        if labels.count(label) > 1:
            raise FileFormatError(f"{name} holds two arrays named {label[:80]!r}.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileFormatError(f"{name}: {label[:80]!r} is packed in a way NumPy has not.")
        if info.file_size > _INFLATED * info.compress_size:
            raise FileFormatError(f"{name}: {label[:80]!r} cannot have been packed to so little.")
    _check_memory(sum(info.file_size for info in infos), name)
    return list(zip(labels, infos, strict=True))


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Array:
    with archive.open(info) as stream:
        return _read_array(stream, info.file_size, name)


def _read_array(stream: IO[bytes], size: int, name: str) -> Array:
    """The array in ``size`` bytes, of which each must belong to it."""
    dtype, fortran_order, shape, start = _read_header(stream, name)
    needed = math.prod(shape) * dtype.itemsize
    if start + needed != size:
        raise FileFormatError(
            f"{name}: an array of shape {shape} and dtype {dtype} takes {needed:,} bytes, but "
            f"{max(0, size - start):,} are there. The file is cut short or damaged."
        )
    _check_memory(needed, name)
    block = np.empty(needed, np.uint8)
    done = 0
    while done < needed:
        piece = stream.read(min(_CHUNK, needed - done))
        if not piece:
            raise FileFormatError(f"{name}: cut short; {needed - done:,} more bytes should come.")
        block[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    stream.read(1)  # at the end an archive checks its sums
    _check_values(block, dtype, name)
    values = block.view(dtype) if dtype.itemsize else np.empty(math.prod(shape), dtype)
    values = values.astype(dtype.newbyteorder("="), copy=False)
    return values.reshape(shape[::-1]).T if fortran_order else values.reshape(shape)


def _read_header(stream: IO[bytes], name: str) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """The array's dtype, whether its first axis changes fastest, its shape and its place."""
    start = stream.read(len(_MAGIC) + 2)
    form = _LENGTHS.get(start[-2]) if len(start) == len(_MAGIC) + 2 else None
    if form is None or not start.startswith(_MAGIC):
        raise FileFormatError(f"{name} does not begin as an array of NumPy's does.")
    prefix = stream.read(struct.calcsize(form))
    length = int.from_bytes(prefix, "little")
    text = stream.read(length) if length <= MAX_HEADER else b""
    if not text or len(text) < length:
        raise FileFormatError(f"{name}: its description is cut short, or too long.")
    try:
        said = ast.literal_eval(text.decode("latin-1"))  # values alone: nothing is run
        descr, order, shape = said["descr"], said["fortran_order"], said["shape"]
    except Exception as error:  # of a text made to break the parser
        raise FileFormatError(f"{name}: its description cannot be read.") from error
    if not isinstance(shape, tuple) or len(shape) > MAX_DIMENSIONS:
        raise FileFormatError(f"{name}: its shape is no tuple of at most {MAX_DIMENSIONS} sizes.")
    if not all(type(n) is int and 0 <= n < 2**63 for n in shape) or not isinstance(order, bool):
        raise FileFormatError(f"{name}: its shape {str(shape)[:80]} is none.")
    return _dtype(descr, name), order, shape, len(start) + len(prefix) + length


def _dtype(descr: Any, name: str) -> np.dtype[Any]:
    if isinstance(descr, str) and descr.lstrip("<>|=").startswith("O"):
        raise FileFormatError(
            f"{name} cannot be read: it holds Python objects, and reading those could run code. "
            f"Save arrays of numbers (or of strings, for y)."
        )
    try:
        if isinstance(descr, str) and _PLAIN.fullmatch(descr):
            return np.dtype(descr)
    except TypeError:  # no such number of bytes
        pass
    raise FileFormatError(
        f"{name}: holds {str(descr)[:80]!r}. It must be an array of numbers (or of strings, for y)."
    )


def _check_memory(size: int, name: str) -> None:
    if size > memory.available():
        raise TooLargeError(
            f"{name} holds {memory.human(size)}, but only {memory.human(memory.available())} of "
            f"memory are free."
        )


def _check_values(block: NDArray[np.uint8], dtype: np.dtype[Any], name: str) -> None:
    """Refuse bytes that stand for no truth value or no character: others may stumble on them."""
    if dtype.kind == "b" and (block > 1).any():
        raise FileFormatError(f"{name}: holds bytes that are neither True nor False.")
    if dtype.kind == "U" and dtype.itemsize:
        codes = block.view(np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if (codes > _LAST_CHARACTER).any():
            raise FileFormatError(f"{name}: holds codes that are no characters.")
