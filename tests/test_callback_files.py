"""Callbacks that write files: checkpoints and the CSV log."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurona import metrics, models
from neurona.callbacks import CSVLogger, LambdaCallback, ModelCheckpoint
from neurona.errors import ArgumentError
from small_model import X, Y, xor_model


def test_a_checkpoint_is_the_model_of_its_epoch(tmp_path: Path) -> None:
    model, outputs = xor_model(), []
    asking = LambdaCallback(on_epoch_end=lambda epoch, logs: outputs.append(model.predict(X)))
    saving = ModelCheckpoint(tmp_path / "new" / "{epoch}-of-{{3}}.safetensors")
    model.fit(X, Y, epochs=3, callbacks=[asking, saving], verbose=0)
    for epoch in range(3):
        loaded = models.load_model(tmp_path / "new" / f"{epoch + 1}-of-{{3}}.safetensors")
        np.testing.assert_array_equal(loaded.predict(X), outputs[epoch])


def test_checkpoints_by_steps(tmp_path: Path) -> None:
    saving = ModelCheckpoint(tmp_path / "{epoch}-{batch}.safetensors", save_freq=4)
    xor_model().fit(X, Y, batch_size=16, epochs=2, callbacks=[saving], verbose=0)  # 6 steps each
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["1-4.safetensors", "2-2.safetensors", "2-6.safetensors"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{loss.__class__}.safetensors", "'loss.__class__', which is not measured"),
        ("{loss[0]}.safetensors", "not measured"),
        ("{val_los}.safetensors", "validation_data"),
        ("{acuracy}.safetensors", "Did you mean 'accuracy'"),
        ("{loss!r}.safetensors", "conversion 'r'"),
        ("{loss:{epoch}}.safetensors", "format '{epoch}'"),
        ("{}.safetensors", "may hold fields"),
        ("{loss.safetensors", "brace"),
        ("{loss:02d}.safetensors", "does not suit"),
        ("model.keras", "must end in .safetensors"),
    ],
)
def test_a_path_that_cannot_be_filled_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=message):
        xor_model().fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / name)], verbose=0)
    assert not list(tmp_path.iterdir())


def test_arguments_without_a_meaning_are_refused() -> None:
    for settings, message in [
        ({"save_weights_only": True}, "save_weights_only"),
        ({"initial_value_threshold": 0.5}, "save_best_only=True"),
        ({"save_freq": 0}, "save_freq"),
        ({"mode": "up"}, "mode"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            ModelCheckpoint("m.safetensors", **settings)  # type: ignore[arg-type]


# --- the CSV file --------------------------------------------------------------------


def rows_of(file: Path, separator: str = ",") -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened, delimiter=separator))


def test_a_row_of_measures_for_each_epoch(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "run.csv"
    history = xor_model().fit(
        X, Y, epochs=3, validation_split=0.2, callbacks=[CSVLogger(file, ";")], verbose=0
    )
    rows = rows_of(file, ";")
    assert list(rows[0]) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2]
    for name, values in history.history.items():
        assert [float(row[name]) for row in rows] == values


def test_a_matrix_is_one_value(tmp_path: Path) -> None:
    model = xor_model(metrics=[metrics.ConfusionMatrix(name="confusion")])
    history = model.fit(X, Y, callbacks=[CSVLogger(tmp_path / "run.csv")], verbose=0)
    (row,) = rows_of(tmp_path / "run.csv")
    assert json.loads(row["confusion"]) == history.history["confusion"][0].tolist()


def test_rows_are_appended_also_after_one_that_was_cut_short(tmp_path: Path) -> None:
    file = tmp_path / "run.csv"
    xor_model().fit(X, Y, epochs=2, callbacks=[CSVLogger(file)], verbose=0)
    with file.open("a") as opened:
        opened.write("2,0.")
    xor_model().fit(X, Y, epochs=1, callbacks=[CSVLogger(file, append=True)], verbose=0)
    assert [row["epoch"] for row in rows_of(file)] == ["0", "1", "2", "0"]
    xor_model().fit(X, Y, epochs=1, callbacks=[CSVLogger(file)], verbose=0)
    assert len(rows_of(file)) == 1


def test_columns_that_differ_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "run.csv"
    xor_model(metrics=[]).fit(X, Y, callbacks=[CSVLogger(file)], verbose=0)
    with pytest.raises(ArgumentError, match=r"columns epoch, loss; there is none for accuracy"):
        xor_model().fit(X, Y, callbacks=[CSVLogger(file, append=True)], verbose=0)
    assert len(rows_of(file)) == 1


def test_a_separator_is_one_character() -> None:
    for separator in ("", ", ", '"', "\n", 3):
        with pytest.raises(ArgumentError, match="separator"):
            CSVLogger("run.csv", separator)  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_rows_outlive_a_killed_process(tmp_path: Path) -> None:
    program = f"""
import os, signal
from neurona import Sequential, datasets, layers
from neurona.callbacks import CSVLogger, LambdaCallback
x, y = datasets.xor(50, seed=1)
model = Sequential([layers.Dense(1, "sigmoid")], seed=1)
model.compile("sgd", "mse")
kill = LambdaCallback(on_epoch_end=lambda e, logs: e == 2 and os.kill(os.getpid(), signal.SIGKILL))
model.fit(x, y, epochs=9, verbose=0, callbacks=[CSVLogger({str(tmp_path / "run.csv")!r}), kill])
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [row["epoch"] for row in rows_of(tmp_path / "run.csv")] == ["0", "1", "2"]
