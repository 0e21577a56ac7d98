"""A small data set of four IDX files, on no machine and no web but the tests'."""

import gzip
import hashlib

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from neurona.data.datasets import download, idx
from neurona.data.datasets.idx_dataset import IdxDataset, IdxFile

REAL_OPEN_URL = download.open_url
ARRAYS = {
    "train-images-idx3-ubyte": np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
    "train-labels-idx1-ubyte": np.array([1, 0, 2], np.uint8),
    "t10k-images-idx3-ubyte": np.arange(32, dtype=np.uint8).reshape(2, 4, 4),
    "t10k-labels-idx1-ubyte": np.array([2, 1], np.uint8),
}
PLAIN = {name: idx.header(array) + array.tobytes() for name, array in ARRAYS.items()}
GOOD = PLAIN["train-labels-idx1-ubyte"]  # 00000801 00000003 01 00 02
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


@pytest.fixture(autouse=True, name="home")
def quiet_home(tmp_path, monkeypatch):
    """No test sees this machine's own data sets, its network or its clock."""
    monkeypatch.delenv("NEURONA_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "pause", lambda seconds: None)
    monkeypatch.setattr(download, "open_url", lambda url: pytest.fail(f"asked for {url}"))
    return tmp_path


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
