"""A model's file cut short anywhere, or with any bit turned: an error, never other numbers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from faults.files_tools import model_bytes, small_model
from neurona import load_model
from neurona.errors import FileFormatError
from neurona.files import read_tensors

TIMES = 1000
GOOD = model_bytes(small_model())


def test_it_is_good_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(GOOD)
    assert model_bytes(load_model(path)) == GOOD


def test_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for i in range(TIMES):
        path.write_bytes(GOOD[: i * len(GOOD) // TIMES])
        with pytest.raises(FileFormatError, match=r"cut short|header announces"):
            load_model(path)


def test_a_bit_turned(tmp_path: Path) -> None:
    """In the header's length, the header, its padding, its checksums and the tensors."""
    path = tmp_path / "model.safetensors"
    bits = random.Random(1).sample(range(8 * len(GOOD)), TIMES)
    for bit in [*range(64), *bits]:
        path.write_bytes(turned(bit))
        with pytest.raises(FileFormatError):
            load_model(path)


@pytest.mark.slow
def test_every_bit_turned(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for bit in range(8 * len(GOOD)):
        path.write_bytes(turned(bit))
        with pytest.raises(FileFormatError):
            read_tensors(path)


def turned(bit: int) -> bytes:
    content = bytearray(GOOD)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


def test_bytes_taken_out_or_put_in(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    places = random.Random(2).sample(range(len(GOOD)), 200)
    for place in places:
        for content in (GOOD[:place] + GOOD[place + 1 :], GOOD[:place] + b"\0" + GOOD[place:]):
            path.write_bytes(content)
            with pytest.raises(FileFormatError):
                load_model(path)


def test_two_files_mixed(tmp_path: Path) -> None:
    """The beginning of one save and the end of another, as an unsafe save leaves them."""
    path, other = tmp_path / "model.safetensors", model_bytes(small_model(2))
    assert len(other) == len(GOOD)
    for i in range(1, 200):
        place = i * len(GOOD) // 200
        mixed = GOOD[:place] + other[place:]
        if mixed in (GOOD, other):
            continue
        path.write_bytes(mixed)
        with pytest.raises(FileFormatError):
            load_model(path)
