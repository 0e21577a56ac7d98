"""Data sets: right values, and clear errors for files that are missing, damaged or false."""

import gzip
import hashlib
import io
import os
import sys
import tracemalloc
import zlib
from dataclasses import replace
from functools import partial
from http.client import IncompleteRead
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError, URLError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal

from neurona.data import datasets
from neurona.data.datasets import download, folders, idx
from neurona.data.datasets.fashion_mnist import FASHION_MNIST
from neurona.data.datasets.idx_dataset import IdxDataset, IdxFile
from neurona.data.datasets.mnist import MNIST
from neurona.errors import ArgumentError, ArgumentTypeError, DatasetError, FileFormatError

REAL_OPEN_URL = download.open_url
ARRAYS = {
    "train-images-idx3-ubyte": np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
    "train-labels-idx1-ubyte": np.array([1, 0, 2], np.uint8),
    "t10k-images-idx3-ubyte": np.arange(32, dtype=np.uint8).reshape(2, 4, 4),
    "t10k-labels-idx1-ubyte": np.array([2, 1], np.uint8),
}
PLAIN = {name: idx.header(array) + array.tobytes() for name, array in ARRAYS.items()}
TOY = IdxDataset(
    title="Toy",
    folders=("toy", "to-y"),
    mirrors=("https://one.invalid/", "https://two.invalid/"),
    files={n: IdxFile(ARRAYS[n].shape, hashlib.sha256(PLAIN[n]).hexdigest()) for n in PLAIN},
)


def put(folder, form="gz", skip=()):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in PLAIN.items():
        if name not in skip and form == "gz":
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        elif name not in skip:
            (folder / (name if form == "plain" else name.replace("-idx", ".idx"))).write_bytes(
                content
            )
    return folder


def check_toy(loaded):
    (x_train, y_train), (x_test, y_test) = loaded
    for got, expected in zip((x_train, y_train, x_test, y_test), ARRAYS.values(), strict=True):
        assert_array_equal(got, expected)
        assert got.dtype == np.uint8


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No test sees this machine's own data sets, its network or its clock."""
    monkeypatch.delenv("NEURONA_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "pause", lambda seconds: None)
    monkeypatch.setattr(download, "open_url", lambda url: pytest.fail(f"asked for {url}"))
    return tmp_path


# --- inside the package --------------------------------------------------------------------


def test_iris_has_fishers_values():
    iris = datasets.iris.load()
    assert (iris.x.dtype, iris.x.shape, iris.y.dtype) == (np.float32, (150, 4), np.int64)
    assert_array_equal(np.bincount(iris.y), [50, 50, 50])
    np.testing.assert_allclose(iris.x.mean(axis=0), [5.8433, 3.0573, 3.758, 1.1993], atol=1e-4)
    # the rows that some copies have wrong
    assert_array_equal(iris.x[34], np.float32([4.9, 3.1, 1.5, 0.2]))
    assert_array_equal(iris.x[37], np.float32([4.9, 3.6, 1.4, 0.1]))
    assert len(iris.feature_names) == 4
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    setosa = iris.y == 0
    assert iris.x[setosa, 2].max() < iris.x[~setosa, 2].min()


def test_digits_have_the_published_counts():
    digits = datasets.digits.load()
    assert (digits.x.dtype, digits.x.shape) == (np.uint8, (1797, 8, 8))
    assert (digits.x.min(), digits.x.max()) == (0, 16)
    assert_array_equal(np.bincount(digits.y), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    assert_array_equal(digits.x[0, 0], [0, 0, 5, 13, 9, 1, 0, 0])
    assert digits.x.sum() == 561718
    assert len(digits.feature_names) == 64


def test_packaged_files_are_those_of_their_readme():
    folder = Path(datasets.__file__).parent / "files"
    readme = (folder / "README.md").read_text()
    for path in folder.glob("*.safetensors"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in readme


@pytest.mark.parametrize(("data", "test_rows"), [(datasets.iris, 30), (datasets.digits, 359)])
def test_parts_are_stratified_and_repeatable(data, test_rows):
    whole = data.load()
    (x_train, y_train), (x_test, y_test) = data.load_data()
    assert len(x_test) == len(y_test) == test_rows
    assert len(x_train) + len(x_test) == len(whole.x)
    assert abs(np.bincount(y_test) / np.bincount(whole.y) - 0.2).max() < 0.01
    rows = lambda x: sorted(map(bytes, x.reshape(len(x), -1)))  # noqa: E731
    assert rows(np.concatenate([x_train, x_test])) == rows(whole.x)
    assert_array_equal(data.load_data()[1][0], x_test)
    assert not np.array_equal(data.load_data(seed=1)[1][0], x_test)
    assert len(data.load_data(test_fraction=0.5)[1][1]) == len(whole.y) // 2
    assert len(set(y_train[:10])) > 1  # random order, not class after class
    x_train[:] = 0
    assert data.load_data()[0][0].any()  # arrays are the caller's own


def test_test_fraction_out_of_range():
    with pytest.raises(ArgumentError, match="test_fraction"):
        datasets.iris.load_data(test_fraction=1.0)
    with pytest.raises(ArgumentError, match="cannot hold one of each of 3 classes"):
        datasets.iris.load_data(test_fraction=0.01)


# --- generated -----------------------------------------------------------------------------

CLASSIFIED = ("xor", "circles", "moons", "gaussians", "spirals", "blobs")
REGRESSED = ("plane", "multi_gaussian")


@pytest.mark.parametrize("name", CLASSIFIED + REGRESSED)
@given(n=st.integers(3, 120), seed=st.integers(0, 2**32), noise=st.floats(0, 0.5))
def test_generated_sets(name, n, seed, noise):
    make = getattr(datasets, name)
    x, y = make(n, noise=noise, seed=seed)
    assert (x.shape, x.dtype, y.shape) == ((n, 2), np.float32, (n,))
    assert np.isfinite(x).all()
    assert y.dtype == (np.int64 if name in CLASSIFIED else np.float32)
    again = make(n, noise=noise, seed=seed)
    assert_array_equal(x, again[0])
    assert_array_equal(y, again[1])


@pytest.mark.parametrize("name", CLASSIFIED + REGRESSED)
def test_generated_sets_depend_on_the_seed(name):
    drawn = {getattr(datasets, name)(60, seed=seed)[0].tobytes() for seed in range(20)}
    assert len(drawn) == 20


@pytest.mark.parametrize("name", CLASSIFIED)
def test_classes_are_balanced_and_mixed(name):
    _, y = getattr(datasets, name)(300)
    counts = np.bincount(y)
    assert counts.min() > 300 / len(counts) * 0.8
    assert len(set(y[-30:])) == len(counts)  # a validation part of the last rows sees all


@pytest.mark.parametrize("name", ["xor", "circles", "plane", "multi_gaussian"])
def test_noise_moves_where_the_answer_is_read_and_not_the_points(name):
    make = getattr(datasets, name)
    (x, y), (same, noisy) = make(400), make(400, noise=0.2)
    assert_array_equal(x, same)
    changed = (y != noisy).mean()
    assert 0.02 < changed <= (0.4 if name in CLASSIFIED else 1.0)


@pytest.mark.parametrize("name", ["moons", "gaussians", "spirals", "blobs"])
def test_noise_spreads_the_points(name):
    make = getattr(datasets, name)
    (x, y), (spread, same) = make(400, noise=0.05), make(400, noise=0.5)
    assert_array_equal(y, same)
    assert 0.01 < abs(x - spread).mean() < 2


def test_shapes_lie_where_they_should():
    x, _ = datasets.xor(400)
    assert abs(x).min() >= np.float32(0.3)
    assert abs(x).max() <= np.float32(5.3)
    x, y = datasets.circles(400)
    radius = np.hypot(*x.T)
    assert radius[y == 1].max() <= 2.5 < 3.499 < radius[y == 0].min() <= radius.max() < 5.001
    x, y = datasets.moons(400, noise=0)
    np.testing.assert_allclose(np.hypot(*(x[y == 0].T)), 1, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1, rtol=1e-6)
    assert (x[y == 0, 1] > -1e-6).all()
    assert (x[y == 1, 1] < 0.5 + 1e-6).all()
    x, y = datasets.gaussians(4000, noise=0.25)
    for label, centre in ((0, -2), (1, 2)):
        np.testing.assert_allclose(x[y == label].mean(axis=0), centre, atol=0.15)
        np.testing.assert_allclose(x[y == label].var(axis=0), 0.5 + 7 * 0.25, rtol=0.15)
    x, y = datasets.blobs(4000, classes=4, noise=0.5)
    np.testing.assert_allclose(x[y == 1].mean(axis=0), [0, 4], atol=0.1)
    np.testing.assert_allclose(x[y == 1].std(axis=0), 0.5, rtol=0.1)
    x, y = datasets.spirals(500, classes=5)
    turned = np.arctan2(x[:, 0], x[:, 1]) - 2 * np.pi * 1.75 * np.hypot(*x.T) / 5
    arm = np.round(turned / (2 * np.pi / 5)) % 5
    away = np.hypot(*x.T) > 0
    assert_array_equal(arm[away], y[away])
    x, y = datasets.multi_gaussian(20000)
    for centre, sign in (((-4, 2.5), 1), ((0, 2.5), -1), ((4, -2.5), -1), ((0, -2.5), 1)):
        distance = np.hypot(*(x - centre).T)
        near = distance < 2
        np.testing.assert_allclose(y[near], sign * (1 - distance[near] / 2), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: datasets.xor(0), ArgumentError, "n must be between 1"),
        (lambda: datasets.xor(10**12), ArgumentError, "n must be between 1"),
        (lambda: datasets.xor(10.0), ArgumentTypeError, "n must be a whole number"),
        (lambda: datasets.plane(5, noise=-1), ArgumentError, "noise must be"),
        (lambda: datasets.plane(5, noise=1e308), ArgumentError, "noise must be"),
        (lambda: datasets.moons(5, noise=float("nan")), ArgumentError, "noise must be"),
        (lambda: datasets.circles(5, seed=-1), ArgumentError, "seed must be"),
        (lambda: datasets.spirals(9, classes=1), ArgumentError, "classes must be between 2"),
        (lambda: datasets.blobs(4, classes=5), ArgumentError, "at least the number of classes, 5"),
    ],
)
def test_generator_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("and", [0, 0, 0, 1]),
        ("or", [0, 1, 1, 1]),
        ("nand", [1, 1, 1, 0]),
        ("nor", [1, 0, 0, 0]),
        ("xor", [0, 1, 1, 0]),
        ("xnor", [1, 0, 0, 1]),
        ("not", [1, 0]),
    ],
)
def test_truth_tables(name, expected):
    x, y = datasets.truth_table(name)
    assert_array_equal(y, expected)
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    signs, signed = datasets.truth_table(name, bipolar=True)
    assert_array_equal(signs, 2 * x - 1)
    assert_array_equal(signed, 2 * y - 1)


def test_truth_table_of_three_inputs():
    x, y = datasets.truth_table("xor", 3)
    assert_array_equal(x[6], [1, 1, 0])
    assert_array_equal(y, x.sum(axis=1) % 2)
    with pytest.raises(ArgumentError, match="'and', 'or', 'not'"):
        datasets.truth_table("implies")
    with pytest.raises(ArgumentError, match="inputs must be between 1 and 1,"):
        datasets.truth_table("not", 2)


def test_the_catalogue_tells_the_truth():
    infos = {info.name: info for info in datasets.available()}
    for name, info in infos.items():
        part = getattr(datasets, name)
        if name in ("mnist", "fashion_mnist"):
            source = MNIST if name == "mnist" else FASHION_MNIST
            shapes = [file.shape for file in source.files.values()]
            assert (info.rows, info.features) == (shapes[0][0] + shapes[2][0], shapes[0][1:])
            assert info.classes == len(part.CLASS_NAMES)
            continue
        if name in ("iris", "digits"):
            x, y = part.load().x, part.load().y
        else:
            x, y = part("and") if name == "truth_table" else part(60)
        assert x.shape[1:] == info.features
        assert info.rows in (len(x), None)
        assert info.classes == (len(set(y)) if y.dtype == np.int64 else None)
    public = {n for n in datasets.__all__ if n[0].islower()} - {"available", "idx"}
    assert set(infos) == public


# --- the IDX format ------------------------------------------------------------------------

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


GOOD = PLAIN["train-labels-idx1-ubyte"]  # 00000801 00000003 01 00 02
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


# --- four IDX files, on this machine -------------------------------------------------------


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


# --- fetched -------------------------------------------------------------------------------


class Answer(io.BytesIO):
    """What ``open_url`` gives: a file with headers, that may break off."""

    def __init__(self, content, length=None, fails=None):
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content) if length is None else length)}
        self.fails = fails

    def read(self, size=-1):
        piece = super().read(size)
        if not piece and self.fails:
            raise self.fails
        return piece


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Web:
    """Answers each address by a rule, and remembers what was asked for."""

    def __init__(self, rule):
        self.rule, self.asked = rule, []

    def __call__(self, url):
        self.asked.append(url)
        result = self.rule(url)
        if isinstance(result, BaseException):
            raise result
        return result


def good(url):
    return Answer(gzip.compress(PLAIN[url.rsplit("/", 1)[1].removesuffix(".gz")]))


def load_from(monkeypatch, rule):
    web = Web(rule)
    monkeypatch.setattr(download, "open_url", web)
    check_toy(TOY.load())
    return web.asked


def test_fetched_once_and_kept(home, monkeypatch):
    asked = load_from(monkeypatch, good)
    assert asked == [f"https://one.invalid/{name}.gz" for name in PLAIN]
    cache = home / "cache" / "neurona" / "toy"
    assert sorted(p.name for p in cache.iterdir()) == sorted(f"{name}.gz" for name in PLAIN)
    assert load_from(monkeypatch, lambda url: AssertionError("asked again")) == []


def test_only_what_is_missing_or_damaged_is_fetched(home, monkeypatch):
    cache = put(home / "cache" / "neurona" / "toy", "plain", skip=["train-labels-idx1-ubyte"])
    (cache / "t10k-labels-idx1-ubyte").write_bytes(b"damaged")
    expected = ["train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    for fetched in (expected, []):  # the second time all is there
        asked = load_from(monkeypatch, good)
        assert [url.rsplit("/", 1)[1] for url in asked] == fetched


def http(code):
    return HTTPError("https://one.invalid/x", code, "says no", {}, io.BytesIO())


@pytest.mark.parametrize(
    "bad",
    [
        lambda url: URLError(TimeoutError("timed out")),
        lambda url: http(503),
        lambda url: http(404),
        lambda url: Answer(b"<html>log in first</html>"),
        lambda url: Answer(gzip.compress(b"\0" * 40)),
        lambda url: Answer(good(url).getvalue()[:-9]),
        lambda url: Answer(good(url).getvalue()[:-9], length=999),
        lambda url: Answer(good(url).getvalue()[:9], fails=ConnectionResetError("reset")),
        lambda url: Answer(good(url).getvalue()[:9], fails=IncompleteRead(b"", 5)),
        lambda url: Answer(b"\x1f\x8b" + bytes(1 << 20)),
    ],
    ids=[
        "timeout",
        "503",
        "404",
        "page",
        "other",
        "cut",
        "short",
        "reset",
        "incomplete",
        "endless",
    ],
)
def test_the_next_mirror_is_asked(home, monkeypatch, bad):
    asked = load_from(monkeypatch, lambda url: bad(url) if "one." in url else good(url))
    assert len(asked) == 2 * len(PLAIN)
    assert not list(home.rglob("*.part"))


def test_passing_trouble_is_asked_again_with_longer_pauses(monkeypatch):
    pauses = []
    monkeypatch.setattr(download, "pause", pauses.append)
    troubles = iter([http(500), URLError("down"), http(429), ConnectionResetError("reset")])
    asked = load_from(monkeypatch, lambda url: next(troubles, None) or good(url))
    assert len(asked) == 4 + len(PLAIN)
    assert pauses == [1.0, 2.0]


def test_a_mirror_without_the_file_or_with_a_false_one_is_not_asked_again(home, monkeypatch):
    web = Web(lambda url: http(404) if "one." in url else Answer(b"false"))
    monkeypatch.setattr(download, "open_url", web)
    pauses = []
    monkeypatch.setattr(download, "pause", pauses.append)
    with pytest.raises(DatasetError, match=r"(?s)HTTP Error 404.*https://two\S+: not an IDX"):
        TOY.load()
    assert (len(web.asked), pauses) == (2, [])
    assert not [p for p in home.rglob("*") if p.is_file()]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_an_interruption_leaves_no_half_file(home, monkeypatch, error):
    name = "train-labels-idx1-ubyte.gz"
    rule = lambda url: Answer(b"half", fails=error) if name in url else good(url)  # noqa: E731
    monkeypatch.setattr(download, "open_url", Web(rule))
    with pytest.raises(type(error)):
        TOY.load()
    files = [p.name for p in home.rglob("*") if p.is_file()]
    assert files == ["train-images-idx3-ubyte.gz"]
    load_from(monkeypatch, good)  # and the next time all is well


def test_a_full_disk_is_not_the_mirrors_fault(home, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    web = Web(good)
    monkeypatch.setattr(download, "open_url", web)
    with pytest.raises(DatasetError, match=r"Cannot write to .*toy \(No space left on device\)"):
        TOY.load()
    assert len(web.asked) == 1
    assert not [p for p in home.rglob("*") if p.is_file()]


def test_a_cache_that_cannot_be_made(home, monkeypatch):
    (home / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(download, "open_url", Web(good))
    with pytest.raises(DatasetError, match="Cannot write to"):
        TOY.load()


def test_a_mirror_that_only_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(download, "DEADLINE", -1.0)
    monkeypatch.setattr(download, "open_url", Web(good))
    with pytest.raises(DatasetError, match="not finished after"):
        TOY.load()


def test_a_real_server(home, monkeypatch):
    put(home / "served", skip=["t10k-labels-idx1-ubyte"])
    handler = partial(QuietHandler, directory=str(home / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        source = replace(TOY, mirrors=(f"http://127.0.0.1:{server.server_port}/",))
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(download, "open_url", REAL_OPEN_URL)
        with pytest.raises(DatasetError, match="HTTP Error 404"):
            source.load()
        put(home / "served")
        check_toy(source.load())
        server.shutdown()


def test_progress_on_a_terminal_alone(monkeypatch, capsys):
    load_from(monkeypatch, good)
    assert capsys.readouterr() == ("", "")
    screen = io.StringIO()
    screen.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", screen)
    with download._progress("file.gz", 10) as advance:
        advance(10)
    assert "file.gz" in screen.getvalue()


@pytest.mark.parametrize("source", [MNIST, FASHION_MNIST], ids=lambda s: s.title)
def test_sources_are_well_formed(source):
    assert len(source.mirrors) >= 3
    assert all(m.startswith("https://") and m.endswith("/") for m in source.mirrors)
    assert [f.shape for f in source.files.values()] == [
        (60000, 28, 28), (60000,), (10000, 28, 28), (10000,)
    ]  # fmt: skip
    assert len({f.sha256 for f in source.files.values()}) == 4
    assert all(len(bytes.fromhex(f.sha256)) == 32 for f in source.files.values())


# --- the real ones, where they are ---------------------------------------------------------

REAL = [Path(p) for p in (os.environ.get("NEURONA_DATA"), "../shared/data", "shared/data") if p]


def real(source):
    for base in REAL:
        for folder in (*(base / name for name in source.folders), base):
            if len(source._find(folder)) == 4:
                return folder
    pytest.skip(f"{source.title} is not on this machine (NEURONA_DATA names its folder)")


def test_real_mnist():
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data(real(MNIST))
    assert (x_train.shape, x_test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert x_train.dtype == y_train.dtype == np.uint8
    assert_array_equal(y_train[:5], [5, 0, 4, 1, 9])
    assert_array_equal(np.bincount(y_test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    assert x_train.mean() == pytest.approx(33.3184, abs=1e-4)


def test_mnist_is_not_taken_for_fashion_mnist():
    with pytest.raises(FileFormatError, match="not Fashion-MNIST's train-images"):
        datasets.fashion_mnist.load_data(real(MNIST))


def test_real_fashion_mnist():
    (x_train, y_train), (_, y_test) = datasets.fashion_mnist.load_data(real(FASHION_MNIST))
    assert_array_equal(np.bincount(y_train), [6000] * 10)
    assert_array_equal(np.bincount(y_test), [1000] * 10)
    assert x_train.mean() == pytest.approx(72.9404, abs=1e-4)
