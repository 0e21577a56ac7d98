"""Data sets of four IDX files: where on this machine they are found."""

import gzip
import hashlib
import sys
from pathlib import Path
from urllib.error import URLError

import pytest

from neurona.data.datasets import download, folders
from neurona.errors import ArgumentTypeError, DatasetError, FileFormatError
from toy_dataset import (
    GOOD,
    PLAIN,
    TOY,
    Web,
    check_toy,
    put,
    quiet_home,  # noqa: F401
)


@pytest.mark.parametrize("form", ["gz", "plain", "dotted"])
@pytest.mark.parametrize("below", ["", "toy", "to-y"])
def test_found_in_a_named_folder_and_in_the_variable(home, monkeypatch, form, below):
    put(home / "d" / below, form)
    check_toy(TOY.load(home / "d"))
    check_toy(TOY.load(str(home / "d" / below)))
    monkeypatch.setenv("NEURONA_DATA", str(home / "d"))
    check_toy(TOY.load(download=False))


def test_found_in_the_cache(home):
    put(home / "cache" / "neurona" / "toy")
    check_toy(TOY.load(download=False))


def test_the_variable_comes_before_the_cache_and_its_subfolder_before_itself(home, monkeypatch):
    """Other data sets have the same file names: one right in the folder is passed over."""
    monkeypatch.setenv("NEURONA_DATA", str(home / "d"))
    put(home / "d")
    label = home / "d" / "train-labels-idx1-ubyte.gz"
    label.write_bytes(gzip.compress(GOOD[:-1] + b"\7"))
    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte.gz: not Toy's"):
        TOY.load(download=False)
    put(home / "cache" / "neurona" / "toy")
    check_toy(TOY.load(download=False))
    put(home / "d" / "toy")
    check_toy(TOY.load(download=False))
    (home / "d" / "toy" / label.name).write_bytes(b"damaged")  # meant as this very data set
    with pytest.raises(FileFormatError, match="not an IDX file"):
        TOY.load(download=False)


def test_a_recompressed_copy_is_accepted(home):
    folder = put(home / "d")
    for name, content in PLAIN.items():
        parts = [gzip.compress(content[:7], 1, mtime=5), gzip.compress(content[7:], 9)]
        (folder / f"{name}.gz").write_bytes(b"".join(parts))
    check_toy(TOY.load(folder))


def test_another_content_of_the_right_shape_is_not(home):
    folder = put(home / "d")
    wrong = PLAIN["t10k-labels-idx1-ubyte"][:-1] + b"\0"
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(wrong))
    with pytest.raises(FileFormatError, match="SHA-256") as caught:
        TOY.load(folder)
    message = str(caught.value)
    assert hashlib.sha256(wrong).hexdigest() in message
    assert TOY.files["t10k-labels-idx1-ubyte"].sha256 in message
    assert "idx.read" in message


def test_an_incomplete_named_folder_names_what_is_missing(home):
    put(home / "cache" / "neurona" / "toy")  # complete, but not what was asked for
    folder = put(home / "d" / "toy", skip=["t10k-labels-idx1-ubyte", "train-images-idx3-ubyte"])
    with pytest.raises(DatasetError) as caught:
        TOY.load(home / "d")
    assert "no train-images-idx3-ubyte, t10k-labels-idx1-ubyte." in str(caught.value)
    assert str(folder) in str(caught.value)
    (home / "file").write_text("")
    (home / "empty").mkdir()
    for path, message in (("none", "no such folder"), ("file", "not a folder"), ("empty", "no t")):
        with pytest.raises(DatasetError, match=message):
            TOY.load(home / path)
    with pytest.raises(ArgumentTypeError, match="path must be a folder's path, got int"):
        TOY.load(7)


def test_found_nowhere_says_all_that_helps(home, monkeypatch):
    monkeypatch.setenv("NEURONA_DATA", str(home / "d"))
    put(home / "d", skip=["t10k-images-idx3-ubyte"])
    monkeypatch.setattr(download, "open_url", Web(lambda url: URLError("no route to host")))
    with pytest.raises(DatasetError) as caught:
        TOY.load()
    message = str(caught.value)
    for part in (
        f"{home / 'd'}: Toy is not complete, no t10k-images-idx3-ubyte.",
        f"{home / 'cache' / 'neurona' / 'toy'}: no such folder.",
        "https://one.invalid/train-images-idx3-ubyte.gz: no route to host",
        "https://two.invalid/train-images-idx3-ubyte.gz: no route to host",
        *(f"{name}.gz" for name in PLAIN),
        "NEURONA_DATA",
        "load_data(path=...)",
    ):
        assert part in message
    monkeypatch.delenv("NEURONA_DATA")
    with pytest.raises(DatasetError, match=r"(?s)NEURONA_DATA: not set.*was not asked for"):
        TOY.load(download=False)


def test_cache_folder_by_platform(home, monkeypatch):
    assert folders.cache_folder() == home / "cache" / "neurona"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(sys, "platform", "linux")
    assert folders.cache_folder() == home / ".cache" / "neurona"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert folders.cache_folder() == home / "Library" / "Caches" / "neurona"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    assert folders.cache_folder() == home / "local" / "neurona" / "Cache"
    monkeypatch.delenv("LOCALAPPDATA")
    assert folders.cache_folder() == home / "AppData" / "Local" / "neurona" / "Cache"


def test_without_a_home_folder(home, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    with pytest.raises(DatasetError, match="XDG_CACHE_HOME"):
        TOY.load()
    monkeypatch.setenv("NEURONA_DATA", str(put(home / "d")))
    check_toy(TOY.load())
