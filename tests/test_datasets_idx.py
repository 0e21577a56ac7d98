"""The IDX format: what is read, and clear errors for damaged and false files."""

import gzip
import hashlib
import os
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from neurona.data.datasets import idx
from neurona.errors import DatasetError, FileFormatError
from toy_dataset import (
    GOOD,
    Web,
    put,
    quiet_home,  # noqa: F401
)

TYPES = st.sampled_from([np.dtype(t).newbyteorder("=") for t in idx.TYPES.values()])


@given(
    array=TYPES.flatmap(lambda t: arrays(t, array_shapes(min_dims=1, max_dims=4, max_side=5))),
    packed=st.booleans(),
)
def test_idx_round_trip(tmp_path_factory, array, packed):
    content = idx.header(array) + array.astype(array.dtype.newbyteorder(">")).tobytes()
    path = tmp_path_factory.mktemp("idx") / "array"
    path.write_bytes(gzip.compress(content) if packed else content)
    got = idx.read(path)
    assert got.dtype == array.dtype
    assert got.dtype.isnative
    assert got.flags.writeable
    assert_array_equal(got, array)
    assert idx.sha256(got) == hashlib.sha256(content).hexdigest()


BAD = {
    "empty": (b"", "not an IDX file"),
    "a web page": (b"<html>captive portal</html>", "not an IDX file"),
    "wrong magic": (b"\x00\x01" + GOOD[2:], "it begins with '00 01 08 01'"),
    "unknown type": (b"\x00\x00\x07" + GOOD[3:], "type code"),
    "no dimensions": (b"\x00\x00\x08\x00", "announces 0 dimensions"),
    "too many dimensions": (b"\x00\x00\x08\xff" + bytes(2000), "announces 255 dimensions"),
    "cut in the header": (GOOD[:6], "cut off within its 1 dimensions"),
    "cut in the values": (GOOD[:-1], "2 bytes of values where its header announces 3"),
    "bytes left over": (GOOD + b"!", "holds more than the 3 bytes"),
    "vast": (b"\x00\x00\x08\x03" + b"\xff" * 12, "more than max_bytes"),
    "large": (b"\x00\x00\x08\x01\x40\x00\x00\x00", "more than the file can hold"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("case", BAD)
def test_files_that_are_not_idx(tmp_path, case, packed):
    content, message = BAD[case]
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(FileFormatError, match=message) as caught:
        idx.read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [1, 5, 12, -9, -4, -1])
def test_gzip_data_cut_off(tmp_path, kept):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(GOOD)[:kept])
    with pytest.raises(FileFormatError, match=r"gzip data cannot be unpacked|not an IDX file"):
        idx.read(path)


@given(place=st.integers(10, 30), bit=st.integers(0, 7))
def test_a_flipped_bit_in_gzip_data_never_passes(tmp_path_factory, place, bit):
    content = bytearray(gzip.compress(GOOD, mtime=0))
    content[place % len(content)] ^= 1 << bit
    path = tmp_path_factory.mktemp("idx") / "file.gz"
    path.write_bytes(content)
    try:
        got = idx.read(path)
    except FileFormatError:
        return
    assert_array_equal(got, [1, 0, 2])  # in a byte of the header that says nothing of the data


def test_a_bomb_does_not_fill_memory(tmp_path):
    """200 MB of zeros in 200 kB, behind a header that announces 3 bytes, or all of them."""
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(GOOD) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(200))
    path = tmp_path / "bomb.gz"
    path.write_bytes(bomb + packer.flush())
    tracemalloc.start()
    with pytest.raises(FileFormatError, match="holds more than the 3 bytes"):
        idx.read(path)
    packer = zlib.compressobj(wbits=31)
    header = idx.header(np.broadcast_to(np.uint8(0), (200 << 20,)))
    bomb = packer.compress(header) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(200))
    path.write_bytes(bomb + packer.flush())
    del bomb
    with pytest.raises(FileFormatError, match="max_bytes=1000"):
        idx.read(path, max_bytes=1000)
    with pytest.raises(FileFormatError, match=r"expected \(3,\)"):
        idx.read(path, shape=(3,))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match="nowhere: there is no such file"):
        idx.read(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="no such file"):
        idx.read(tmp_path)
    if hasattr(os, "mkfifo"):  # opening one would wait for ever
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DatasetError, match="no such file"):
            idx.read(tmp_path / "pipe")
    path = put(tmp_path, "plain") / "t10k-labels-idx1-ubyte"
    denied = PermissionError(13, "Permission denied")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", Web(lambda mode: denied))
        with pytest.raises(DatasetError, match="Permission denied"):
            idx.read(path)
    with pytest.raises(FileFormatError, match="got complex64"):
        idx.header(np.zeros(3, np.complex64))
