"""The IDX format: an array in a file, as MNIST is published.

Two zero bytes, a type code, the number of dimensions, each dimension as a
big-endian 32-bit number, then the values in row-major order, big-endian.
Source: LeCun, Cortes & Burges (1998), "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from neurona import checks
from neurona.errors import DatasetError, FileFormatError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MOST_DIMENSIONS = 32
_MOST_INFLATED = 1032  # DEFLATE cannot make more of a byte
_CHUNK = 1 << 20


def read(
    path: str | os.PathLike[str],
    *,
    shape: tuple[int, ...] | None = None,
    max_bytes: int = 1 << 31,
    name: str | None = None,
) -> NDArray[Any]:
    """Read an IDX file, gzipped or not (its first bytes tell, not its name).

    Nothing is taken on trust: memory is claimed only once the header is known to
    agree with ``shape``, ``max_bytes`` and the file's size, and no byte more than
    the header announces is ever unpacked.

    Args:
        path: the file.
        shape: the dimensions it must have; by default any.
        max_bytes: how large the values may be, unpacked.
        name: what messages call the file; by default its path.

    Returns:
        The array, writable, in this machine's byte order.

    Raises:
        FileFormatError: no IDX file, another shape, too large, cut off, damaged,
            or with bytes left over.
        DatasetError: the file is not there or cannot be read.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "ones"
    >>> ones = np.ones((2, 3), np.uint8)
    >>> _ = file.write_bytes(header(ones) + ones.tobytes())
    >>> read(file).shape
    (2, 3)
    """
    path = Path(path)
    name = str(path) if name is None else name
    if not os.path.isfile(path):  # unlike Path.is_file, no error where access is denied
        raise DatasetError(f"{name}: there is no such file, or it may not be looked at.")
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            capacity = os.fstat(file.fileno()).st_size * (_MOST_INFLATED if packed else 1)
            if not packed:
                return _read_stream(file, name, shape, capacity, max_bytes)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read_stream(unpacked, name, shape, capacity, max_bytes)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileFormatError(
            f"{name}: damaged or cut off, its gzip data cannot be unpacked ({error}). "
            "Get the file again."
        ) from error
    except OSError as error:
        raise DatasetError(f"{name}: cannot be read ({error.strerror or error}).") from error


def header(array: NDArray[Any]) -> bytes:
    """The bytes that precede an array's values in an IDX file.

    Raises:
        FileFormatError: the format has no such type.

    >>> header(np.zeros((5, 28, 28), np.uint8)).hex(" ", 4)
    '00000803 00000005 0000001c 0000001c'
    """
    big_endian = array.dtype.newbyteorder(">")
    for code, dtype in TYPES.items():
        if np.dtype(dtype) == big_endian:
            return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    raise FileFormatError(
        f"IDX files hold {', '.join(sorted(np.dtype(t).name for t in TYPES.values()))}; "
        f"got {array.dtype}."
    )


def sha256(array: NDArray[Any]) -> str:
    """The SHA-256 of the array's IDX file, unpacked: the same however it was compressed.

    >>> sha256(np.zeros(3, np.uint8))[:16]
    'c51ace58717b2767'
    """
    digest = hashlib.sha256(header(array))
    digest.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder(">")).data)
    return digest.hexdigest()


def _read_stream(
    stream: IO[bytes] | gzip.GzipFile,
    name: str,
    shape: tuple[int, ...] | None,
    capacity: int,
    max_bytes: int,
) -> NDArray[Any]:
    dtype, dims = _read_header(stream, name)
    if shape is not None and dims != tuple(shape):
        raise FileFormatError(f"{name}: holds an array of shape {dims}, expected {tuple(shape)}.")
    size = math.prod(dims) * dtype.itemsize
    if size > checks.integer("max_bytes", max_bytes):
        raise FileFormatError(
            f"{name}: announces {size} bytes of values {dims}, more than max_bytes={max_bytes}."
        )
    if size > capacity:
        raise FileFormatError(
            f"{name}: cut off, its header announces {size} bytes of values {dims}, "
            "more than the file can hold. Get the file again."
        )
    values = np.empty(size, dtype=np.uint8)
    done = 0
    while done < size:
        piece = stream.read(min(_CHUNK, size - done))
        if not piece:
            raise FileFormatError(
                f"{name}: cut off, {done} bytes of values where its header announces {size} "
                f"for {dims}. Get the file again."
            )
        values[done : done + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
        done += len(piece)
    if stream.read(1):  # at the end of gzip data this also checks their CRC
        raise FileFormatError(f"{name}: holds more than the {size} bytes of values {dims}.")
    return values.view(dtype).reshape(dims).astype(dtype.newbyteorder("="), copy=False)


def _read_header(
    stream: IO[bytes] | gzip.GzipFile, name: str
) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        raise FileFormatError(
            f"{name}: not an IDX file. It should begin with the bytes 00 00, a type code "
            f"(08 for uint8) and the number of dimensions; it begins with {magic.hex(' ')!r}."
        )
    count = magic[3]
    if not 1 <= count <= MOST_DIMENSIONS:
        raise FileFormatError(
            f"{name}: announces {count} dimensions, expected 1 to {MOST_DIMENSIONS}."
        )
    dims = stream.read(4 * count)
    if len(dims) < 4 * count:
        raise FileFormatError(f"{name}: cut off within its {count} dimensions. Get the file again.")
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{count}I", dims)
