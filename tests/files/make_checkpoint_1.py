"""Writes checkpoint-1.safetensors; run once, by hand, with neurona 0.1.

``PYTHONPATH=src:tests python tests/files/make_checkpoint_1.py``. As with the models,
a format that has been released is never written again.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np

from neurona import Sequential, layers, metrics
from neurona.callbacks import BackupAndRestore, Callback, EarlyStopping
from resuming import Breaker, BrokenOffError

HERE = Path(__file__).parent
X = np.linspace(-1, 1, 60).reshape(20, 3)
Y = (X[:, 0] > 0.1).astype(int)


def model() -> Sequential:
    """With parts of many kinds that have a state."""
    made = Sequential(
        [layers.Dense(4, "tanh"), layers.BatchNormalization(), layers.Dense(1, "sigmoid")], seed=3
    )
    made.compile("nadam", "binary_crossentropy", metrics=[metrics.AUC()], engine="numpy")
    return made


def fit(made: Sequential, folder: Path, *others: Callback) -> None:
    """Three epochs of five steps, each of which is saved."""
    callbacks = [
        EarlyStopping("loss", patience=2),
        BackupAndRestore(folder, 1, allow_different=True, verbose=0),
    ]
    made.fit(X, Y, batch_size=4, epochs=3, callbacks=[*others, *callbacks], verbose=0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        try:
            fit(model(), Path(name), Breaker("on_position", 9))
        except BrokenOffError:
            newest = sorted(Path(name).glob("checkpoint-*.safetensors"))[-1]
            shutil.copy(newest, HERE / "checkpoint-1.safetensors")
