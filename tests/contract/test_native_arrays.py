"""The compiled module's functions of arrays give what NumPy gives, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurona import finite, metrics, random
from neurona.errors import DataError
from neurona.metrics import accuracy
from neurona.native_module import native
from neurona.random import Purpose, Stream

if native is None:
    pytest.skip("the compiled module is not installed", allow_module_level=True)

WORDS = st.integers(0, 2**64 - 1)
FLOATS = st.sampled_from([np.float32, np.float64])


def without_native(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (random, accuracy, finite):
        monkeypatch.setattr(module, "native", None)


# --- permutations ------------------------------------------------------------------------


@given(WORDS, st.sampled_from(Purpose), st.integers(0, 2**63), WORDS, st.integers(0, 700))
def test_permutations(seed: int, purpose: Purpose, major: int, minor: int, count: int) -> None:
    orders = Stream(seed, purpose, major, minor).permutations(3, count)
    assert orders.shape == (3, count)
    for row, order in enumerate(orders):
        plain = Stream(seed, purpose, major + row, minor)
        assert order.tolist() == plain._permutation(count).tolist()


@pytest.mark.parametrize("count", [4095, 16_384, 65_536, 65_537, 1_300_000])
def test_large_permutations(count: int) -> None:
    plain = Stream(3, Purpose.SHUFFLE, 5)._permutation(count)
    assert (Stream(3, Purpose.SHUFFLE, 5).permutations(1, count)[0] == plain).all()
    orders = np.empty((1, count), np.int64)
    for threads in (0, 1, 2, 3, 8):
        native.permutations(3, int(Purpose.SHUFFLE), 5, 0, orders, threads)
        assert (orders[0] == plain).all()


def test_keys_that_are_hard_to_tell_apart() -> None:
    """Many seeds: what the digits do not tell apart lies across two threads' parts now and then."""
    for seed in range(200):
        orders = np.empty((1, 16_390), np.int64)
        native.permutations(seed, int(Purpose.SHUFFLE), 1, 0, orders, 2)
        assert (orders[0] == Stream(seed, Purpose.SHUFFLE, 1)._permutation(16_390)).all()


@given(st.lists(st.integers(0, 9), max_size=6), WORDS)
def test_what_is_drawn_after_a_permutation(counts: list[int], seed: int) -> None:
    """A stream goes on where it was, whoever drew the words before."""
    stream, plain = Stream(seed, Purpose.SPLIT), Stream(seed, Purpose.SPLIT)
    for count in counts:
        assert stream.permutation(count).tolist() == plain._permutation(count).tolist()
        assert stream.uniform((count,)).tolist() == plain.uniform((count,)).tolist()


# --- finite ------------------------------------------------------------------------------


@given(FLOATS, st.integers(1, 300), st.data())
def test_one_bad_entry_is_found_wherever_it_is(dtype: Any, size: int, data: Any) -> None:
    x = np.full(size, np.finfo(dtype).max, dtype)
    assert native.is_finite(x) is True
    x[data.draw(st.integers(0, size - 1))] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    assert native.is_finite(x) is False


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("place", [0, 262_143, 262_144, 999_999])
def test_one_bad_entry_of_many(threads: int, place: int) -> None:
    x = np.zeros((1000, 1000), np.float32)
    assert native.is_finite(x, threads) is True
    x.reshape(-1)[place] = np.nan
    assert native.is_finite(x, threads) is False


def test_what_is_not_read_in_place_is_left_to_numpy() -> None:
    x = np.zeros((8, 6))
    for other in (x[:, ::2], x.T, x.astype(np.float16), x.astype(">f8"), x > 0, x.astype(int)):
        assert native.is_finite(other) is None
    unaligned = np.frombuffer(b"\0" + x.tobytes(), x.dtype, offset=1)
    for other in (unaligned, np.empty(3, "V0")):
        assert native.is_finite(other) is None


LAYOUTS = {
    "rows": lambda x: x,
    "columns": np.asfortranarray,
    "every other": lambda x: np.repeat(x, 2, 1)[:, ::2],
    "half": lambda x: x.astype(np.float16),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_is_refused_without_the_module(
    layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = LAYOUTS[layout](np.full((40, 7), 60_000.0, np.float32))
    finite.check_finite("x", x)
    x[31, 4] = np.inf
    messages = []
    for _ in range(2):
        with pytest.raises(DataError) as caught:
            finite.check_finite("x", x)
        messages.append(str(caught.value))
        without_native(monkeypatch)
    assert messages[0] == messages[1]
    assert "(31, 4)" in messages[0]


# --- right predictions -------------------------------------------------------------------

ENTRIES = st.sampled_from([0.0, -0.0, 0.25, 0.5, 0.5000001, 1.0, -1.0, np.inf, -np.inf, np.nan])


def drawn(data: Any, shape: tuple[int, ...], dtype: Any, entries: Any = ENTRIES) -> Any:
    size = int(np.prod(shape))
    values = data.draw(st.lists(entries, min_size=size, max_size=size))
    return np.array(values, dtype).reshape(shape)


def check_alike(metric: metrics.Metric, y: Any, p: Any, weight: Any) -> None:
    """Values, sums and what is refused are the same with and without the module."""
    found = []
    for absent in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            if absent:
                without_native(patch)
            try:
                state = metric.update((0.5, 2.0), y, p, weight)
                found.append((metric.values(y, p), state))
            except Exception as error:
                found.append((type(error), str(error)))
    here, there = found
    if isinstance(here[0], np.ndarray):
        assert here[0].dtype == there[0].dtype == np.float64
        assert np.array_equal(here[0], there[0], equal_nan=True)
        assert np.array_equal(here[1], there[1], equal_nan=True)
    else:
        assert here == there


@given(st.data(), FLOATS, st.integers(1, 20), st.integers(1, 12), st.booleans())
def test_right_classes(data: Any, dtype: Any, rows: int, classes: int, weighted: bool) -> None:
    p = drawn(data, (rows, classes), dtype)
    labels = st.integers(-1 if data.draw(st.integers(0, 9)) == 0 else 0, max(0, classes - 1))
    y = data.draw(
        st.sampled_from(
            [
                drawn(data, (rows,), np.int64, labels),
                drawn(data, (rows, 1), np.int64, labels),
                drawn(data, (rows,), np.int32, labels),
                drawn(data, (rows,), np.float64, labels),
                drawn(data, (rows, classes), dtype),
                drawn(data, (rows + 1, classes), dtype),
            ]
        )
    )
    weight = drawn(data, (rows,), np.float64, st.floats(0, 9)) if weighted else None
    check_alike(metrics.CategoricalAccuracy(), y, p, weight)


@given(st.data(), FLOATS, st.integers(1, 20), st.integers(1, 4), st.booleans())
def test_right_answers(data: Any, dtype: Any, rows: int, outputs: int, weighted: bool) -> None:
    threshold = data.draw(st.sampled_from([0.5, 0.0, 0.1, 0.50000001, -3.0]))
    p = drawn(data, (rows, outputs), dtype)
    p[0, 0] = dtype(threshold)
    kinds = st.sampled_from([0.0, 1.0, -1.0, 0.5, np.nan])
    y = drawn(data, (rows, outputs), dtype, kinds)
    if outputs == 1 and data.draw(st.booleans()):
        y = y[:, 0]
    weight = drawn(data, (rows,), np.float64, st.floats(0, 9)) if weighted else None
    check_alike(metrics.BinaryAccuracy(threshold=threshold), y, p, weight)


@pytest.mark.parametrize("metric", [metrics.CategoricalAccuracy(), metrics.BinaryAccuracy()])
@pytest.mark.parametrize("p", [np.ones(3), np.ones((3, 1)), np.ones((0, 4)), np.ones((2, 3, 4))])
def test_right_in_other_shapes(metric: metrics.Metric, p: Any) -> None:
    for y in (p, np.zeros(p.shape[:-1], np.int64), np.zeros(3, np.int64)):
        check_alike(metric, y, p, None)


def test_many_rows_that_lie_apart() -> None:
    rng = np.random.default_rng(1)
    p, y = rng.random((5000, 20)), rng.integers(0, 10, 5000)
    check_alike(metrics.CategoricalAccuracy(), y, p[:, ::2], None)
    check_alike(metrics.CategoricalAccuracy(), y, p[:, :10].copy(), rng.random(5000))
    check_alike(metrics.CategoricalAccuracy(), y[::2], p[::2, :10], rng.random(2500))
