"""The course's main job on real MNIST: 784-64-64-64-10, batch 100, SGD with momentum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.engines import ENGINES


@pytest.fixture(scope="module")
def mnist() -> Any:
    try:
        return nn.datasets.mnist.load_data(download=False)
    except nn.errors.DatasetError as error:
        pytest.skip(f"MNIST is not there: {error}")


def trained(mnist: Any, seed: int, epochs: int, engine: str) -> nn.callbacks.History:
    (x, y), test = mnist
    hidden = [layers.Dense(64, activation="relu") for _ in range(3)]
    first = [layers.Input(shape=(28, 28)), layers.Rescaling(1 / 255), layers.Flatten()]
    model = nn.Sequential([*first, *hidden, layers.Dense(10, activation="softmax")], seed=seed)
    assert model.count_params() == 59_210
    model.compile(
        loss="categorical_crossentropy",
        optimizer=nn.optimizers.SGD(lr=0.01, decay=1e-6, momentum=0.9),
        metrics=["accuracy"],
        engine=engine,
    )
    options = {"batch_size": 100, "verbose": 0, "validation_data": test}
    return model.fit(x, y, epochs=epochs, **options)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_two_epochs(mnist: Any, engine: str) -> None:
    assert trained(mnist, 0, 2, engine).history["val_accuracy"][-1] > 0.93


@pytest.mark.slow
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_five_and_ten_epochs(mnist: Any, engine: str) -> None:
    runs = [trained(mnist, seed, 10, engine).history["val_accuracy"] for seed in range(3)]
    after_5, after_10 = np.mean(runs, axis=0)[[4, 9]]
    assert after_5 >= 0.965
    assert after_10 >= 0.97
