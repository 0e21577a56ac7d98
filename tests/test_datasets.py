"""Data sets: right values, generated, in the package and on this machine."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from neurona.data import datasets
from neurona.data.datasets.fashion_mnist import FASHION_MNIST
from neurona.data.datasets.mnist import MNIST
from neurona.errors import ArgumentError, ArgumentTypeError, FileFormatError
from toy_dataset import quiet_home  # noqa: F401

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


# --- the real ones, where they are ---------------------------------------------------------

REAL = Path(os.environ.get("NEURONA_DATA", "nowhere"))  # read here: the tests unset it


def real(source):
    for folder in (*(REAL / name for name in source.folders), REAL):
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
