"""TensorBoard's event files and MLflow: what others' tools are given."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona.callbacks.tensorboard import crc32c
from neurona.errors import MissingExtraError

Fields = list[tuple[int, Any]]


def trained(*callbacks: nn.callbacks.Callback, epochs: int = 3, rate: float = 0.1) -> nn.Sequential:
    x, y = nn.datasets.xor(100, seed=1)
    model = nn.Sequential([nn.layers.Dense(3, "tanh"), nn.layers.Dense(1, "sigmoid")], seed=1)
    model.compile(nn.optimizers.SGD(rate), "mse", ["accuracy"], engine="numpy")
    model.fit(x, y, epochs=epochs, validation_split=0.2, callbacks=callbacks, verbose=0)
    return model


def records(file: Path) -> list[bytes]:
    """The records of a TFRecord file, their checksums verified."""
    content, found = file.read_bytes(), []
    while content:
        length = struct.unpack("<Q", content[:8])[0]
        assert unmasked(content[8:12]) == crc32c(content[:8])
        found.append(content[12 : 12 + length])
        assert unmasked(content[12 + length : 16 + length]) == crc32c(found[-1])
        content = content[16 + length :]
    return found


def unmasked(four: bytes) -> int:
    turned = (struct.unpack("<I", four)[0] - 0xA282EAD8) & 0xFFFFFFFF
    return (turned >> 17 | turned << 15) & 0xFFFFFFFF


def fields(message: bytes) -> Fields:
    """A protocol buffers' message, field by field."""
    found: Fields = []
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            found.append((number, varint()))
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        found.append((number, message[place : place + size]))
        place += size
    return found


def scalars(folder: Path) -> list[tuple[int, dict[str, float]]]:
    """Step and values of every event but the first, which names the version."""
    (file,) = folder.iterdir()
    first, *rest = records(file)
    assert (3, b"brain.Event:2") in fields(first)
    found = []
    for event in rest:
        named = dict(fields(event))
        values = {}
        for number, value in fields(named[5]):
            assert number == 1
            inner = dict(fields(value))
            values[inner[1].decode()] = struct.unpack("<f", inner[2])[0]
        found.append((named[2], values))
    return found


def test_event_files_hold_the_history(tmp_path: Path) -> None:
    model = trained(nn.callbacks.TensorBoard(tmp_path / "a" / "b"))
    assert model.history is not None
    for part, prefix in (("train", ""), ("validation", "val_")):
        told = scalars(tmp_path / "a" / "b" / part)
        assert [step for step, _ in told] == [0, 1, 2]
        for name in ("loss", "accuracy"):
            expected = np.float32(model.history.history[prefix + name])
            assert [values[f"epoch_{name}"] for _, values in told] == expected.tolist()
        rates = [values.get("epoch_learning_rate") for _, values in told]
        assert rates == ([None] * 3 if prefix else [np.float32(0.1).item()] * 3)


def test_large_steps_and_values_fit(tmp_path: Path) -> None:
    board = nn.callbacks.TensorBoard(tmp_path)
    board.on_train_begin({})
    board.on_epoch_end(2**40, {"loss": 1e300, "grün": float("nan"), "matrix": [[1]]})
    board.on_train_end({})
    ((step, values),) = scalars(tmp_path / "train")
    assert step == 2**40
    assert values["epoch_loss"] == float("inf")
    assert np.isnan(values["epoch_grün"])
    assert "epoch_matrix" not in values


def test_two_trainings_do_not_share_a_file(tmp_path: Path) -> None:
    board = nn.callbacks.TensorBoard(tmp_path)
    for _ in range(2):
        trained(board, epochs=1)
    assert len(list((tmp_path / "train").iterdir())) == 2


@pytest.mark.parametrize(
    ("content", "checksum"),
    [(b"", 0), (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)],
)
def test_checksum_is_that_of_rfc_3720(content: bytes, checksum: int) -> None:
    assert crc32c(content) == checksum


class Recorder(ModuleType):
    """Stands in for the library mlflow."""

    def __init__(self, active: bool) -> None:
        super().__init__("mlflow")
        self.calls: list[tuple[str, Any]] = []
        self.active = active

    def active_run(self) -> Any:
        return SimpleNamespace() if self.active else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *a, **k: self.calls.append((name, (*a, *k.values())))


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Recorder:
    module = Recorder(active=getattr(request, "param", False))
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return module


def test_mlflow_is_told_settings_and_measures(mlflow: Recorder) -> None:
    model = trained(nn.callbacks.MLflowLogger("first", "shapes", {"data": "xor"}))
    assert model.history is not None
    names = [name for name, _ in mlflow.calls]
    assert names[:4] == ["set_experiment", "start_run", "set_tags", "log_params"]
    settings = mlflow.calls[3][1][0]
    assert settings["seed"] == "1"
    assert settings["epochs"] == "3"
    assert settings["parameters"] == "13"
    assert settings["optimizer"].startswith("SGD(learning_rate=0.1")
    assert "tanh" in settings["layer.dense"].lower()
    measured = [found for name, found in mlflow.calls if name == "log_metrics"]
    assert [step for _, step in measured] == [0, 1, 2]
    for name in ("loss", "val_loss", "accuracy"):
        assert [values[name] for values, _ in measured] == model.history.history[name]
    assert mlflow.calls[-1] == ("end_run", ("FINISHED",))


@pytest.mark.parametrize("mlflow", [True], indirect=True)
def test_a_run_that_is_active_stays_open(mlflow: Recorder) -> None:
    trained(nn.callbacks.MLflowLogger())
    names = {name for name, _ in mlflow.calls}
    assert names == {"log_params", "log_metrics"}


def test_a_training_that_fails_is_marked_as_failed(mlflow: Recorder) -> None:
    def fail(epoch: int, logs: dict[str, Any]) -> None:
        raise OSError("no space left")

    stopper = nn.callbacks.LambdaCallback(on_epoch_begin=fail)
    with pytest.raises(OSError, match="no space"):
        trained(nn.callbacks.MLflowLogger(), stopper)
    assert mlflow.calls[-1] == ("end_run", ("FAILED",))


def test_without_mlflow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError, match=r"neurona\[mlflow\]"):
        trained(nn.callbacks.MLflowLogger())


@pytest.mark.parametrize("wrong", [{"run_name": 3}, {"experiment": 1.0}, {"tags": "a"}])
def test_wrong_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(nn.errors.ArgumentTypeError, match=next(iter(wrong))):
        nn.callbacks.MLflowLogger(**wrong)
