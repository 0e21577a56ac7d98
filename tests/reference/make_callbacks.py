"""Writes callbacks.json: when Keras 3's callbacks stop, restore, lower the rate and save.

Run by hand where Keras is installed: ``KERAS_BACKEND=jax python make_callbacks.py``.
Values are multiples of 1/8, so that no comparison hangs on rounding.
"""

import json
import random
from pathlib import Path
from types import SimpleNamespace

from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau

random.seed(7)


class Model:
    """As much of a model as the callbacks ask for."""

    def __init__(self):
        self.stop_training = False
        self.optimizer = SimpleNamespace(learning_rate=1.0)
        self.weights = None
        self.saved = []
        self.metrics = []

    def get_weights(self):
        return [self.epoch]

    def set_weights(self, weights):
        self.weights = weights

    def save(self, path, overwrite):
        self.saved.append(path)


def run(callback, values):
    """Train on paper: one value of the loss for each epoch."""
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_begin(epoch)
        rates.append(model.optimizer.learning_rate)
        callback.on_epoch_end(epoch, {"loss": value})
        if model.stop_training:
            break
    callback.on_train_end()
    return model, rates


def falling_values():
    return [max(0, 24 - 2 * i + random.randint(-9, 9)) / 8 for i in range(16)]


stopping = []
for _ in range(60):
    settings = {
        "patience": random.randint(0, 4),
        "min_delta": random.choice([0, 0.125, 0.5]),
        "mode": random.choice(["auto", "min", "max"]),
        "baseline": random.choice([None, None, 1.5, 3.0]),
        "restore_best_weights": random.random() < 0.6,
        "start_from_epoch": random.choice([0, 0, 3]),
    }
    values = falling_values()
    callback = EarlyStopping(monitor="loss", **settings)
    model, rates = run(callback, values)
    stopping.append(
        {
            "settings": settings,
            "values": values,
            "epochs": len(rates),
            "best": callback.best,
            "best_epoch": callback.best_epoch,
            "stopped_epoch": callback.stopped_epoch,
            "restored": model.weights,
        }
    )

plateau = []
for _ in range(40):
    settings = {
        "factor": random.choice([0.5, 0.25]),
        "patience": random.randint(0, 3),
        "mode": random.choice(["auto", "min", "max"]),
        "min_delta": random.choice([0, 0.125, 0.5]),
        "cooldown": random.randint(0, 3),
        "min_lr": random.choice([0.0, 0.2]),
    }
    values = falling_values()
    _, rates = run(ReduceLROnPlateau(monitor="loss", **settings), values)
    plateau.append({"settings": settings, "values": values, "rates": rates})

saving = []
for _ in range(20):
    settings = {
        "save_best_only": random.random() < 0.8,
        "mode": random.choice(["auto", "min", "max"]),
    }
    if settings["save_best_only"] and random.random() < 0.5:
        settings["initial_value_threshold"] = 2.0
    values = falling_values()
    model, _ = run(ModelCheckpoint("{epoch:02d}-{loss:.2f}.keras", "loss", **settings), values)
    names = [path.removesuffix(".keras") for path in model.saved]
    saving.append({"settings": settings, "values": values, "saved": names})

cases = {"EarlyStopping": stopping, "ReduceLROnPlateau": plateau, "ModelCheckpoint": saving}
Path(__file__).with_name("callbacks.json").write_text(json.dumps(cases) + "\n")
