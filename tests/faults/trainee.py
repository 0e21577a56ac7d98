"""The program that the kill test kills: trains, and tells every bit of the result.

    trainee.py ENGINE [FOLDER SAVE_FREQ THREADS]

Without a folder it trains without checkpoints. It says "begun" when it begins, and at
the end the SHA-256 of all that the run came to, by name, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "src")]

import numpy as np  # noqa: E402

import neurona as nn  # noqa: E402
from neurona import callbacks, layers, metrics  # noqa: E402
from resuming import result  # noqa: E402

EPOCHS, BATCH = 12, 32


def model(engine: str, threads: int | None) -> nn.Sequential:
    """With everything that has a state or draws random numbers."""
    net = nn.Sequential(
        [
            layers.Dense(128, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(64, "tanh"),
            layers.Dense(3, "softmax"),
        ],
        seed=7,
    )
    measured = ["accuracy", metrics.AUC(num_thresholds=None), metrics.ConfusionMatrix(name="cm")]
    loss = "categorical_crossentropy"
    net.compile("adam", loss, metrics=measured, engine=engine, threads=threads)
    return net


def main(engine: str, folder: str = "", save_freq: str = "epoch", threads: str = "1") -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1500, 20)).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[(x[:, 0] > 0).astype(int) + (x[:, 1] * x[:, 2] > 0.3)]
    begun = callbacks.LambdaCallback(on_train_begin=lambda logs: print("begun", flush=True))
    begun.only_records = True  # type: ignore[misc]
    listeners: list[callbacks.Callback] = [
        callbacks.EarlyStopping("val_loss", patience=8, restore_best_weights=True),
        callbacks.ReduceLROnPlateau("val_loss", patience=1, factor=0.7),
        begun,
    ]
    if folder:
        freq = int(save_freq) if save_freq.isdigit() else save_freq
        listeners += [
            callbacks.CSVLogger(Path(folder) / "history.csv"),
            callbacks.HistoryFile(Path(folder) / "history.jsonl"),
            callbacks.BackupAndRestore(folder, freq, verbose=0),
        ]
    net = model(engine, int(threads))
    net.fit(x, y, BATCH, EPOCHS, callbacks=listeners, validation_split=0.2, verbose=0)
    print(json.dumps({name: digest(value) for name, value in result(net).items()}))


def digest(value: object) -> str:
    """Of an array, or of a list of numbers and arrays."""
    parts = value if isinstance(value, list) else [value]
    whole = hashlib.sha256()
    for part in parts:
        array = np.asarray(part)
        whole.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return whole.hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])
