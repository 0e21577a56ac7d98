"""A model's file: what goes in comes out, and nothing else gets in."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

import neurona
from faults.files_tools import header_of, layer_config, model_bytes, model_config, sealed
from neurona import (
    Sequential,
    engines,
    initializers,
    layers,
    load_model,
    metrics,
    models,
    optimizers,
    saving,
)
from neurona.activations import Activation
from neurona.callbacks import LambdaCallback
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    NonFiniteError,
    NotBuiltError,
    TooLargeError,
    UnknownNameError,
)
from neurona.files import is_container, read_tensors, write_tensors, write_whole
from neurona.losses import MeanSquaredError
from neurona.optimizers import SGD
from small_model import X, Y, xor_model

FILES = Path(__file__).parent / "files"
ROWS = np.array([[0.0, 0.5, -1.0], [1.0, -0.25, 0.75], [-2.0, 0.125, 1.5]])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


# --- formats ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, saving.FORMAT + 1))
def test_files_of_every_format_are_read(number: int) -> None:
    expected = json.loads((FILES / f"format-{number}.json").read_text())
    model = load_model(FILES / f"format-{number}.safetensors")
    np.testing.assert_allclose(model.predict(ROWS), expected["predictions"], rtol=1e-5)
    weights = {key: w.tolist() for key, w in model.state.weights.items()}
    assert weights == expected["weights"]
    assert (model.state.iteration, model.state.epoch) == (expected["iteration"], expected["epoch"])
    assert [repr(layer) for layer in model.layers] == expected["layers"]
    assert repr(model.optimizer) == expected["optimizer"]
    assert repr(model.loss) == expected["loss"]
    assert model.metrics_names == expected["metrics"]
    assert model.seed == expected["seed"]
    assert model.info["numbers"] == [0.5] * 1001
    model.fit(ROWS, [0, 1, 1], epochs=1, verbose=0)


def test_a_file_of_another_format_says_so(path: Path) -> None:
    path.write_bytes(sealed(header_of({}, model_config(format=2))))
    with pytest.raises(FileFormatError, match=r"format 2, .* reads 1\. Install a newer one"):
        load_model(path)


def test_other_programs_read_the_file(path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    model = xor_model()
    model.fit(X, Y, epochs=1, verbose=0)
    model.save(path)
    loaded = safetensors.load_file(path)
    for key, w in model.state.weights.items():
        np.testing.assert_array_equal(loaded[f"weights/{key}"], w)
    assert set(loaded) == set(saving.to_tensors(model)[0])


# --- models ----------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [cls.__name__ for cls in optimizers.registry])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loaded_model_goes_on_bit_for_bit(optimizer: str, dtype: str, path: Path) -> None:
    model = Sequential(
        [
            layers.Dense(4, "tanh", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1, "sigmoid"),
        ],
        seed=3,
        dtype=dtype,
    )
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy", metrics.AUC(20)])
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(path)
    loaded = load_model(path)
    assert model_bytes(loaded) == model_bytes(model)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    ours = model.fit(X, Y, epochs=4, initial_epoch=2, verbose=0)
    theirs = loaded.fit(X, Y, epochs=4, initial_epoch=2, verbose=0)
    assert theirs.history == ours.history
    assert model_bytes(loaded) == model_bytes(model)


def test_what_is_not_compiled_is_saved_too(path: Path) -> None:
    model = Sequential([layers.Input((2,)), layers.Dense(3)], seed=1, name="plain")
    model.info = {"classes": ["a", "ä", "\ud800", "\n"], "none": None, "pair": (1, 2.5)}
    model.save(path)
    loaded = load_model(path)
    assert (loaded.name, loaded.optimizer, loaded.seed) == ("plain", None, 1)
    assert loaded.info == {**model.info, "pair": [1, 2.5]}
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_layers_may_be_frozen_or_thawed_before_saving(path: Path) -> None:
    model = xor_model()
    model.fit(X, Y, epochs=1, verbose=0)
    model.layers[0].trainable = False
    model.save(path)
    frozen = load_model(path)
    kernel = frozen.get_weights()[0]
    frozen.fit(X, Y, epochs=1, verbose=0)
    np.testing.assert_array_equal(frozen.get_weights()[0], kernel)
    frozen.layers[0].trainable = True
    frozen.save(path)
    thawed = load_model(path)
    thawed.fit(X, Y, epochs=1, verbose=0)
    assert not np.array_equal(thawed.get_weights()[0], kernel)


def test_long_lists_of_numbers_are_kept_as_tensors(path: Path) -> None:
    given = np.random.default_rng(1).normal(size=(40, 2000))
    kernel = initializers.Values(given)
    model = Sequential([layers.Input((40,)), layers.Dense(2000, kernel_initializer=kernel)], seed=1)
    model.info = {
        "lists/0": ["model"],
        "mixed": [1, 0.5, True, "x"] * 1000,
        "ragged": [[0.5] * 900, [1.5] * 901],
    }
    model.save(path)
    tensors, config = read_tensors(path)
    assert len(json.dumps(config)) < 100_000
    np.testing.assert_array_equal(tensors["lists/0"], given)
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.layers[0].kernel_initializer.values, given)
    assert loaded.info == model.info
    assert model_bytes(loaded) == model_bytes(model)


def test_a_name_of_any_kind_comes_back(path: Path) -> None:
    names = ["with space", "../up", "ä\n", '"quoted"', "a" * 2000, "weights", "__metadata__"]
    model = Sequential(
        [layers.Input((2,)), *(layers.Dense(2, name=name) for name in names if "/" not in name)]
    )
    model.save(path)
    assert [layer.name for layer in load_model(path).layers] == [n for n in names if "/" not in n]


def test_what_cannot_be_saved_leaves_the_old_file(path: Path) -> None:
    model = xor_model()
    model.fit(X, Y, epochs=1, verbose=0)
    model.save(path)
    before = path.read_bytes()
    model.info = {"odd": object()}
    with pytest.raises(ArgumentTypeError, match="object"):
        model.save(path)
    model.info = {"odd": {1: "one"}}
    with pytest.raises(ArgumentTypeError, match="keys of its dicts must be strings"):
        model.save(path)
    model.info = {"odd": float("nan")}
    with pytest.raises(ArgumentTypeError, match="JSON"):
        model.save(path)
    model.info = {}
    model.set_weights([w * np.nan for w in model.get_weights()])
    with pytest.raises(NonFiniteError, match="weights/dense/kernel"):
        model.save(path)
    with pytest.raises(NotBuiltError):
        Sequential([layers.Dense(1)]).save(path)
    assert path.read_bytes() == before


def test_the_suffix_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"Try .*model\.safetensors"):
        xor_model().save(tmp_path / "model.keras")


def test_a_model_of_more_layers_than_are_read_is_not_saved(path: Path) -> None:
    most = [layers.Flatten() for _ in range(saving.MAX_LAYERS)]
    model = Sequential([layers.Input((2,)), *most])
    model.save(path)
    assert len(load_model(path).layers) == saving.MAX_LAYERS
    model.add(layers.Flatten())
    with pytest.raises(ArgumentError, match="1 to 2,000"):
        model.save(path)


def test_an_optimizer_that_overflowed_can_still_be_saved(path: Path) -> None:
    """Infinite second moments are a state that training can come to and go on from."""
    model = Sequential([layers.Input((2,)), layers.Dense(1)], seed=1)
    model.compile("rmsprop", "mse")
    model.fit(X, Y, epochs=1, verbose=0)
    for slots in model.state.slots.values():
        for values in slots.values():
            values[...] = np.inf
    model.save(path)
    assert model_bytes(load_model(path)) == model_bytes(model)


def test_there_is_one_loader() -> None:
    assert neurona.load_model is models.load_model is saving.load_model


def test_what_is_a_model(path: Path) -> None:
    assert not saving.is_model(path)
    write_tensors(path, {}, {"kind": "checkpoint"})
    assert is_container(path)
    assert not saving.is_model(path)
    with pytest.raises(FileFormatError, match="'checkpoint'"):
        load_model(path)
    Sequential([layers.Input((2,)), layers.Dense(1)]).save(path)
    assert saving.is_model(path)


# --- parts of one's own ----------------------------------------------------------------


class Cube(Activation):
    """An activation of the user's."""

    def forward(self, z: Any, xp: Any = np) -> Any:
        return z**3

    def derivative(self, z: Any, h: Any, xp: Any = np) -> Any:
        return 3 * z**2


class OwnLoss(MeanSquaredError):  # noqa: N818 - no exception
    """A loss of the user's."""


def test_a_class_must_be_passed_in(path: Path) -> None:
    Sequential([layers.Input((2,)), layers.Dense(2, Cube())]).save(path)
    with pytest.raises(UnknownNameError, match=r"custom_objects=\{'Cube': Cube\}"):
        load_model(path)
    assert isinstance(load_model(path, {"Cube": Cube}).layers[0].activation, Cube)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"Cube": np.cumsum}, ArgumentTypeError, r"custom_objects\['Cube'\] must be a class"),
        ({"Cube": Cube()}, ArgumentTypeError, "must be a class"),
        ({"Cube": dict}, ArgumentTypeError, "must be a class"),
        ({"Cube": neurona.part.Part}, ArgumentTypeError, "must be a class"),
        ([Cube], ArgumentTypeError, "must be a dict"),
        ({"Cube": OwnLoss}, UnknownNameError, "kind 'activation' here, .* of the kind 'loss'"),
        ({"Other": Cube}, UnknownNameError, "Unknown part 'Cube'"),
    ],
)
def test_only_parts_of_the_kind_are_taken(
    given: Any, error: type[Exception], message: str, path: Path
) -> None:
    Sequential([layers.Input((2,)), layers.Dense(2, Cube())]).save(path)
    with pytest.raises(error, match=message):
        load_model(path, given)


def test_a_class_of_the_users_may_be_named_as_one_of_ours(path: Path) -> None:
    class Tanh(Cube):
        pass

    Sequential([layers.Input((2,)), layers.Dense(2, "tanh")]).save(path)
    assert isinstance(load_model(path, {"Tanh": Tanh}).layers[0].activation, Tanh)
    layer = {"kind": "layer", "class_name": "Tanh", "config": {"name": "one"}}
    path.write_bytes(sealed(header_of({}, model_config(model__layers=[layer]))))
    with pytest.raises(FileFormatError):  # an activation is no layer
        load_model(path, {"Tanh": Tanh})


def test_an_optimizer_of_the_users_keeps_its_slots(path: Path) -> None:
    class Counting(SGD):
        def init(self, w: Any, xp: Any = np) -> Any:
            return {"a/b": np.zeros(w.shape)}

        def update(
            self, w: Any, dw: Any, slots: Any, rate: float, iteration: int, xp: Any = np
        ) -> Any:
            return w - rate * dw, {"a/b": slots["a/b"].astype(np.float64) + 1}

    model = xor_model(optimizer=Counting())
    model.fit(X, Y, epochs=1, verbose=0)
    model.save(path)
    loaded = load_model(path, {"Counting": Counting})
    assert model_bytes(loaded) == model_bytes(model)


# --- memory ----------------------------------------------------------------------------


def test_more_than_there_is_memory_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tensors(path, {"w": np.zeros(1000)}, {})
    monkeypatch.setattr(neurona.memory, "available", lambda: 7999)
    with pytest.raises(TooLargeError, match=r"8\.0 kB of tensors"):
        read_tensors(path)


def test_a_file_is_read_into_one_block(path: Path) -> None:
    import tracemalloc

    write_tensors(path, {"a": np.ones(2**19), "b": np.ones(2**19)}, {})
    tracemalloc.start()
    tensors, _ = read_tensors(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.1 * 2**23
    assert all(values.flags.writeable and values.flags.aligned for values in tensors.values())


# --- replacing files -------------------------------------------------------------------

posix = pytest.mark.skipif(sys.platform == "win32", reason="no such files there")


@posix
def test_the_permissions_are_those_of_the_umask_or_of_the_old_file(tmp_path: Path) -> None:
    path, before = tmp_path / "file", os.umask(0o027)
    try:
        write_whole(path, b"1")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        write_whole(path, b"2")
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)


@posix
def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "file", tmp_path / "link"
    link.symlink_to(real)
    for content in (b"new", b"newer"):  # first it leads nowhere
        write_whole(link, content)
        assert link.is_symlink()
        assert real.read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "there"]
    assert [p.name for p in real.parent.iterdir()] == ["file"]


@posix
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: os.mkfifo(path), "a pipe"),
        (lambda path: path.symlink_to("/dev/null"), "a device"),
        (lambda path: path.symlink_to(path.name), "a symbolic link"),
    ],
)
def test_only_files_are_replaced(make: Callable[[Path], None], kind: str, tmp_path: Path) -> None:
    path = tmp_path / "thing.safetensors"
    make(path)
    before = os.lstat(path)
    with pytest.raises(ArgumentError, match=kind):
        write_whole(path, b"new")
    with pytest.raises(ArgumentError, match=kind):
        xor_model_built().save(path)
    assert os.lstat(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["thing.safetensors"]


def xor_model_built() -> Sequential:
    model = xor_model()
    model.build((2,))
    return model


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_file_that_is_read_only_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(PermissionError):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "file", b"new")


@posix
def test_the_longest_name_that_the_system_takes(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 243 + ".safetensors")
    xor_model_built().save(path)
    assert load_model(path).input_shape == (2,)


def test_two_threads_may_save_to_one_file(path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    contents = [model_bytes(model) for model in map(built, range(4))]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            list(pool.map(lambda content: write_whole(path, content), contents))
            load_model(path)
            assert path.read_bytes() in contents
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def built(seed: int) -> Sequential:
    return Sequential([layers.Input((2,)), layers.Dense(3)], seed=seed)


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_saving_while_another_thread_trains(engine: str, path: Path) -> None:
    """Each file holds the model as it was between two steps: all of its parts agree."""
    if not engines.ENGINES[engine].installed():
        pytest.skip(f"the {engine} engine is not installed")
    states = {0: model_to_train(engine).state}
    model = model_to_train(engine)
    note = LambdaCallback(
        on_train_batch_end=lambda *_: states.update({model.state.iteration: model.state})
    )
    model.fit(X, Y, batch_size=8, epochs=80, verbose=0, callbacks=[note])

    again, going = model_to_train(engine), True
    training = Thread(target=lambda: again.fit(X, Y, batch_size=8, epochs=80, verbose=0))
    training.start()
    while going:
        going = training.is_alive()  # so that there is one save in any case
        again.save(path)
        found = load_model(path).state
        wanted = states[found.iteration]
        for key, w in wanted.weights.items():
            np.testing.assert_array_equal(found.weights[key], w)
            for slot, values in wanted.slots[key].items():
                np.testing.assert_array_equal(found.slots[key][slot], values)
    training.join()


def model_to_train(engine: str) -> Sequential:
    model = Sequential([layers.Input((2,)), layers.Dense(32, "tanh"), layers.Dense(1)], seed=1)
    model.compile("adam", "mse", engine=engine)
    model.predict(X)  # now there are slots
    return model


# --- containers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dtype", ["?", "u1", "i1", "<u2", "<i2", "<f2", "<u4", ">i4", ">f4", "<u8", "<i8", ">f8"]
)
def test_numbers_of_any_kind_come_back(dtype: str, path: Path) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    given = {
        "whole": values,
        "nothing": values[:, :0],
        "single": values[0, 0, 0],
        "across": values.transpose(2, 0, 1),
        "steps": values[::-1, :, ::2],
        "odd": np.ones(3, np.uint8),
    }
    write_tensors(path, given, {"note": [1, 2.5, None, True, "x"]})
    tensors, config = read_tensors(path)
    assert config == {"note": [1, 2.5, None, True, "x"]}
    assert set(tensors) == set(given)
    for name, array in given.items():
        np.testing.assert_array_equal(tensors[name], array)
        assert tensors[name].dtype == np.asarray(array).dtype.newbyteorder("=")


@pytest.mark.parametrize(
    ("tensors", "config", "message"),
    [
        ({"a": np.array(["x"])}, {}, "dtype <U1"),
        ({"a": np.array([object()])}, {}, "dtype object"),
        ({"a": np.array([1j])}, {}, "dtype complex128"),
        ({"__metadata__": np.ones(1)}, {}, "a string of its own"),
        ({1: np.ones(1)}, {}, "a string of its own"),
        ({}, {"a": 1e400}, "JSON"),
        ({}, {"a": {2: 3}}, "strings"),
        ({}, {"a": 10**5000}, "digits"),
        ({}, {"a": [0] * 500_000}, "values"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(
    tensors: Any, config: Any, message: str, path: Path
) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        write_tensors(path, tensors, config)
    assert not path.exists()


def test_a_layer_that_would_take_too_much_is_refused_at_once(path: Path) -> None:
    config = model_config(model__layers=[layer_config("Dense", units=10**12)])
    path.write_bytes(sealed(header_of({}, config)))
    with pytest.raises(FileFormatError, match="'weights/one/kernel' is missing"):
        load_model(path)
