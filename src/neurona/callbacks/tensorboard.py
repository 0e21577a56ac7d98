"""The epochs' measures as TensorBoard's event files, written here: no other library is needed."""

from __future__ import annotations

import os
import platform
import struct
import time
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from neurona.callbacks.callback import Callback, Logs
from neurona.callbacks.learning_rate import NAME
from neurona.callbacks.monitor import is_number

CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, its bits reversed
MASK = 0xA282EAD8
VERSION = b"brain.Event:2"  # the first record of every event file
# Types of protocol buffers' fields.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


class TensorBoard(Callback):
    """Writes every epoch's measures to event files that TensorBoard shows.

    As Keras does, ``loss`` and metrics go to the folder ``train`` under the name
    ``epoch_loss`` and so on, measures on the validation set to ``validation`` under the
    same names, so that TensorBoard draws both in one chart; the learning rate goes to
    ``train``. Each epoch is handed to the system at once.

    Look at them with ``tensorboard --logdir LOG_DIR``, which is installed by
    ``pip install 'neurona[tensorboard]'``; writing needs nothing.

    Args:
        log_dir: a folder, made if it is not there. Give each run its own.

    Raises:
        OSError: the files cannot be written.

    Source: TensorFlow's ``event.proto``, ``summary.proto`` and record format.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> board = TensorBoard(folder)
    >>> board.on_train_begin({})
    >>> board.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    >>> board.on_train_end({})
    >>> sorted(path.name for path in folder.iterdir())
    ['train', 'validation']
    """

    only_records = True

    def __init__(self, log_dir: str | PathLike[str]) -> None:
        self.log_dir = Path(log_dir)
        self._files: dict[str, BinaryIO] = {}

    def on_train_begin(self, logs: Logs) -> None:
        self._files = {}
        self.log_dir.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        parts: dict[str, dict[str, float]] = {}
        model = getattr(self, "model", None)
        rate = getattr(getattr(model, "optimizer", None), NAME, None)
        if is_number(rate) and NAME not in logs:
            logs = {**logs, NAME: rate}
        for name, value in logs.items():
            if is_number(value):
                held_out = name.startswith("val_")
                part = "validation" if held_out else "train"
                parts.setdefault(part, {})[f"epoch_{name.removeprefix('val_')}"] = float(value)
        for part, scalars in parts.items():
            file = self._file(part)
            file.write(record(event(time.time(), step=epoch, scalars=scalars)))
            file.flush()

    def on_train_end(self, logs: Logs) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    def _file(self, part: str) -> BinaryIO:
        if part not in self._files:
            folder = self.log_dir / part
            folder.mkdir(exist_ok=True)
            now, host = time.time(), platform.node() or "host"
            name = f"events.out.tfevents.{int(now):010d}.{host}.{os.getpid()}.{time.time_ns()}.v2"
            self._files[part] = file = (folder / name).open("xb")
            file.write(record(event(now, version=VERSION)))
        return self._files[part]


def event(
    seconds: float, step: int = 0, scalars: dict[str, float] | None = None, version: bytes = b""
) -> bytes:
    """TensorFlow's message ``Event``: a time, a step, and what was measured.

    >>> event(0.0, step=3)
    b'\\t\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x10\\x03'
    """
    message = _key(1, FIXED64) + struct.pack("<d", seconds) + _key(2, VARINT) + _varint(step)
    if version:
        message += _counted(3, version)
    if scalars:
        values = (
            _counted(1, _counted(1, tag.encode()) + _key(2, FIXED32) + _float32(value))
            for tag, value in scalars.items()
        )
        message += _counted(5, b"".join(values))
    return message


def _float32(value: float) -> bytes:
    """Its nearest number of 32 bits, infinite where it is too large."""
    with np.errstate(over="ignore"):
        return np.array(value, dtype="<f4").tobytes()


def record(content: bytes) -> bytes:
    """Bytes as a record of a TFRecord file: length, content, and a checksum of each."""
    length = struct.pack("<Q", len(content))
    return b"".join((length, _check(length), content, _check(content)))


def _check(content: bytes) -> bytes:
    crc = crc32c(content)
    masked = (((crc >> 15) | (crc << 17)) + MASK) & 0xFFFFFFFF
    return struct.pack("<I", masked)


def crc32c(content: bytes) -> int:
    """The CRC-32C checksum (Castagnoli 1993; RFC 3720).

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (CASTAGNOLI if byte & 1 else 0)
    return byte


_TABLE = tuple(map(_table_entry, range(256)))


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _counted(number: int, content: bytes) -> bytes:
    """A field of bytes, which may be a message."""
    return _key(number, BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """A whole number from 0, seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
