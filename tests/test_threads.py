"""Several Python threads, on every engine: each gets what it would get alone."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.engines import ENGINES

X = np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32)
Y = np.arange(300) % 4
EPOCHS = 40


def model(engine: str, seed: int = 1) -> nn.Sequential:
    chain = [layers.Input(shape=(20,)), layers.Dense(32, "relu"), layers.Dense(4, "softmax")]
    made = nn.Sequential(chain, seed=seed)
    made.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], engine=engine)
    return made


def fit(made: nn.Sequential, *callbacks: Any) -> None:
    made.fit(X, Y, batch_size=50, epochs=EPOCHS, callbacks=list(callbacks), verbose=0)


def in_thread(made: nn.Sequential, *callbacks: Any) -> threading.Thread:
    thread = threading.Thread(target=fit, args=(made, *callbacks))
    thread.start()
    return thread


def bits(state: Any) -> list[bytes]:
    slots = [s for key in sorted(state.slots) for s in state.slots[key].values()]
    return [np.asarray(a).tobytes() for a in [*state.weights.values(), *slots]]


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_models_in_several_threads(engine: str) -> None:
    alone = []
    for seed in range(3):
        fit(made := model(engine, seed))
        alone.append(bits(made.state))
    together = [model(engine, seed) for seed in range(3)]
    threads = [in_thread(made) for made in together]
    for thread in threads:
        thread.join()
    assert [bits(made.state) for made in together] == alone


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_states_and_predictions_of_a_model_that_another_thread_fits(engine: str) -> None:
    """Each is of one moment between two steps, and takes nothing from the training."""
    made, twin = model(engine), model(engine)
    taken = threading.Event()

    def wait(
        *_: Any,
    ) -> None:  # until this epoch has been looked at, on a machine that is busy, too
        taken.wait(30)
        taken.clear()

    thread = in_thread(made, nn.callbacks.LambdaCallback(on_epoch_end=wait))
    states, predictions = [], []
    while thread.is_alive():
        states.append(made.state)
        predictions.append(made.predict(X[:40]))
        taken.set()
    thread.join()
    expected: dict[int, Any] = {}
    outputs: set[bytes] = set()

    def keep(*_: Any) -> None:
        expected[twin.state.iteration] = bits(twin.state)
        outputs.add(twin.predict(X[:40]).tobytes())

    keeping = nn.callbacks.LambdaCallback(on_train_begin=keep, on_train_batch_end=keep)
    fit(twin, keeping)
    assert bits(made.state) == bits(twin.state)
    assert len({state.iteration for state in states}) > 1
    for state in states:
        if state.slots:  # they come when training begins
            assert bits(state) == expected[state.iteration]
    for prediction in predictions:
        assert prediction.tobytes() in outputs
