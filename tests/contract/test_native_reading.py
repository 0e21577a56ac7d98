"""What the native engine finds out while it reads and computes: bad inputs, right predictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.data.batches import Batches
from neurona.engines import native_engine
from neurona.engines.engine import Steps
from neurona.engines.native_engine import NativeEngine
from neurona.errors import DataError, DataWarning, NonFiniteError
from neurona.native_module import native

if native is None:
    pytest.skip("the compiled module is not installed", allow_module_level=True)

ROWS = 90
NETS = {  # first layers that are cut along their inputs, and ones that are not
    "cut": (140, (64, 3)),
    "narrow": (7, (5, 3)),
    "wide": (300, (500, 3)),
}
BAD = [np.nan, np.inf, -np.inf]


@pytest.fixture(autouse=True)
def _small_data_is_watched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_engine, "WORTH_WATCHING", 1)


def data(net: str, dtype: Any = np.float32) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, NETS[net][0])).astype(dtype)
    return x * (rng.random(x.shape) < 0.1), rng.integers(0, 3, ROWS)


def model(
    net: str, threads: int = 2, *first: layers.Layer, seed: int = 3, **options: Any
) -> nn.Sequential:
    made = nn.Sequential([layers.Input(shape=(NETS[net][0],)), *first], seed=seed)
    for units in NETS[net][1][:-1]:
        made.add(layers.Dense(units, "relu"))
    made.add(layers.Dense(NETS[net][1][-1], "softmax"))
    given = {"optimizer": "adam", "metrics": ["accuracy"], **options}
    made.compile(loss="sparse_categorical_crossentropy", engine="native", threads=threads, **given)
    return made


def bits(made: nn.Sequential) -> Any:
    state = made.state
    slots = [value.tobytes() for slot in state.slots.values() for value in slot.values()]
    weights = [w.tobytes() for w in state.weights.values()]
    return weights, slots, state.iteration, state.epoch


# --- NaN and infinity --------------------------------------------------------------------


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("threads", [1, 2])
def test_bad_inputs_are_refused_and_leave_nothing(
    net: str, dtype: Any, bad: float, threads: int
) -> None:
    x, y = data(net, dtype)
    made = model(net, threads)
    made.fit(x, y, epochs=2, verbose=0)
    before = bits(made)
    for row, column in ((0, 0), (41, x.shape[1] // 2), (ROWS - 1, x.shape[1] - 1)):
        spoiled = x.copy()
        spoiled[row, column] = bad
        with pytest.raises(DataError) as caught:
            made.fit(spoiled, y, epochs=3, verbose=0)
        assert str(caught.value) == (
            f"x has 1 NaN or infinite value, the first at index ({row}, {column}): {bad}. "
            f"Fill or remove those rows."
        )
        assert bits(made) == before
    made.fit(x, y, epochs=2, verbose=0)
    twin = model(net, threads)
    twin.fit(x, y, epochs=2, verbose=0)
    twin.fit(x, y, epochs=2, verbose=0)
    assert bits(made) == bits(twin)


@pytest.mark.parametrize("on_nonfinite", ["rollback", "ignore"])
def test_bad_inputs_are_no_failed_step(on_nonfinite: str) -> None:
    x, y = data("cut")
    x[7, 5] = np.nan
    made = model("cut")
    before = [w.tolist() for w in made.get_weights()]
    with pytest.raises(DataError, match=r"the first at index \(7, 5\)"):
        made.fit(x, y, epochs=2, verbose=0, on_nonfinite=on_nonfinite)
    assert [w.tolist() for w in made.get_weights()] == before
    assert (made.state.iteration, made.state.epoch) == (0, 0)


def test_together_the_model_is_named() -> None:
    x, y = data("narrow")
    spoiled = x.copy()
    spoiled[80, 2] = np.inf
    models = [model("narrow", seed=seed) for seed in range(3)]
    with pytest.raises(DataError, match=r"^models\[1\] .*: x has 1 NaN or infinite value"):
        nn.fit_together(models, [x, spoiled, x], [y, y, y], epochs=3)
    assert models[1].state.iteration == 0
    models[1].fit(x, y, verbose=0)


def test_held_out_rows_are_looked_at_as_such() -> None:
    x, y = data("narrow")
    x[-1, 0] = np.nan
    with pytest.raises(DataError, match="validation x has 1 NaN"):
        model("narrow").fit(x, y, validation_split=0.2, verbose=0)


def test_numbers_too_large_for_the_dtype_are_training_s_matter() -> None:
    x, y = data("cut", np.float64)
    x[12, 3] = 1e300
    with (
        pytest.raises(NonFiniteError, match="not finite"),
        pytest.warns(DataWarning, match="not scaled"),
    ):
        model("cut").fit(x, y, verbose=0)


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_integers_are_not_watched(kind: Any) -> None:
    x, y = data("narrow")
    whole = np.abs(x * 3).astype(kind)
    made = model("narrow")
    engine = made._running()
    assert not engine.watch(whole)
    made.fit(whole, y, verbose=0)


def test_every_row_is_watched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps from the middle of an epoch on do not end it."""
    x, y = data("narrow")
    engine: Any = model("narrow")._running()
    batches = Batches(x, y, None, 30)
    looked: list[bool] = []
    call: Callable[..., Any] = NativeEngine._call

    def watched_call(self: Any, steps: Steps) -> Any:
        found = call(self, steps)
        looked.append(found[-1])
        return found

    monkeypatch.setattr(NativeEngine, "_call", watched_call)
    assert engine.watch(x)
    for first, last in ((1, 3), (0, 1), (1, 2), (0, 2), (2, 3), (0, 3)):
        Steps(engine, batches, first, last).run()
    assert looked == [True, True, True, True, True, False]
    assert engine.watch(x)
    Steps(engine, Batches(x[:60], y[:60], None, 30), 0, 2).run()
    assert not looked[-1]
    Steps(engine, batches, 0, 3).run()
    assert looked[-1]
    engine.watch(x)
    engine.release()
    Steps(engine, batches, 0, 1).run()
    assert not looked[-1]


# --- the forms that inputs come in -------------------------------------------------------


def forms(values: Any, folder: Path) -> dict[str, Any]:
    """The same numbers, 0 to 255, in each form that the engine reads."""
    inputs = values.shape[1]
    wide = np.zeros((len(values), 2 * inputs), np.float32)
    wide[:, ::2] = values
    found: dict[str, Any] = {kind: values.astype(kind) for kind in (np.uint8, "f4", "f8", "i8")}
    found["every other column"] = wide[:, ::2]
    found["backwards"] = np.ascontiguousarray(values[::-1], np.float32)[::-1]
    found["column by column"] = np.asfortranarray(values, np.float32)
    for kind in ("u1", "f4", "f8"):
        file = np.lib.format.open_memmap(folder / f"{kind}.npy", "w+", kind, values.shape)
        file[:] = values
        file.flush()
        found[f"{kind} in a file"] = np.load(folder / f"{kind}.npy", mmap_mode="r")
    return found


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("zeros", [0.0, 0.8])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_numbers_in_any_form_give_the_same_bits(
    net: str, zeros: float, threads: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(1, 256, (ROWS, NETS[net][0]))
    values[rng.random(values.shape) < zeros] = 0
    y = rng.integers(0, 3, ROWS)
    found: dict[str, Any] = {}
    for name, x in forms(values, tmp_path).items():
        made = model(net, threads, layers.Rescaling(1 / 255))
        made.fit(x, y, epochs=2, batch_size=32, verbose=0)
        found[str(name)] = (bits(made), made.predict(x).tobytes())
    first = found["f4"]
    assert {name: value == first for name, value in found.items()} == dict.fromkeys(found, True)


def test_what_lies_as_rows_is_read_where_it_lies(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(0, 256, (ROWS, 140))
    for name, x in forms(values, tmp_path).items():
        read = native_engine._readable(x, "float32")
        copied = name in ("i8", "every other column", "backwards", "column by column")
        assert np.shares_memory(read, x) != copied


# --- right predictions -------------------------------------------------------------------


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("batch_size", [1, 7, 32, ROWS])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_accuracy_is_that_of_the_outputs(
    net: str, batch_size: int, threads: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = data(net)
    histories = []
    for counts in (True, False):
        if not counts:
            monkeypatch.setattr(NativeEngine, "counts_right", lambda self, batches: False)
        made = model(net, threads, dtype=dtype)
        histories.append(made.fit(x, y, batch_size, epochs=4, verbose=0).history)
    assert histories[0] == histories[1]
    assert 0 < histories[0]["accuracy"][-1] <= 1


def test_of_equal_outputs_the_first_is_meant() -> None:
    x, y = data("cut")
    made = model("cut", optimizer=nn.optimizers.SGD(0.0))
    made.set_weights([np.zeros_like(w) for w in made.get_weights()])
    history = made.fit(x, y, verbose=0).history
    assert history["accuracy"] == [np.mean(y == 0)]


def test_a_subclass_has_its_own_say() -> None:
    class Wrong(nn.metrics.SparseCategoricalAccuracy):
        def values(self, y: Any, p: Any) -> Any:
            return 1.0 - super().values(y, p)

    x, y = data("cut")
    history = model("cut", metrics=["accuracy", Wrong()]).fit(x, y, verbose=0).history
    assert history["accuracy"][0] + history["wrong"][0] == pytest.approx(1)


def test_weights_and_one_hot_targets_count_by_outputs() -> None:
    x, y = data("cut")
    made = model("cut")
    engine: Any = made._running()
    assert engine.counts_right(Batches(x, y, None, 32))
    assert not engine.counts_right(Batches(x, y, np.ones(ROWS), 32))
    assert not engine.counts_right(Batches(x, np.eye(3)[y], None, 32))
    weighted = made.fit(x, y, sample_weight=np.arange(ROWS), verbose=0)
    assert 0 <= weighted.history["accuracy"][0] <= 1


def test_right_ones_before_a_failed_step_are_counted() -> None:
    x, y = data("narrow")
    made = model("narrow")
    engine: Any = made._running()
    spoiled = x.copy()
    spoiled[65] = np.nan
    report = Steps(engine, Batches(spoiled, y, None, 30), 0, 3, count_right=True).run()
    twin: Any = model("narrow")._running()
    clean = Steps(twin, Batches(x, y, None, 30), 0, 2, count_right=True).run()
    assert report.failed_step == 2
    assert report.right.tolist() == clean.right.tolist()
    assert report.losses.tolist() == clean.losses.tolist()


def test_counting_without_labels_is_refused() -> None:
    x, y = data("narrow")
    engine: Any = model("narrow")._running()
    with pytest.raises(ValueError, match="right needs labels"):
        Steps(engine, Batches(x, np.eye(3)[y], None, 30), 0, 3, count_right=True).run()
