"""Pickle and copy: a model that has run is the same one afterwards, and trains on alike."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.engines import ENGINES
from neurona.errors import ArgumentTypeError

X = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
Y = np.arange(50) % 3
Copy = Callable[[Any], Any]


def pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))


@pytest.fixture(params=[name for name in sorted(ENGINES) if ENGINES[name].installed()])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(engine: str, optimizer: str = "nadam") -> nn.Sequential:
    net = [
        layers.Input(shape=(6,)),
        layers.Dense(8, "relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.2),
        layers.Dense(3, "softmax"),
    ]
    model = nn.Sequential(net, seed=3)
    model.compile(optimizer, "sparse_categorical_crossentropy", engine=engine)
    return model


def fit(model: nn.Sequential) -> None:
    model.fit(X, Y, epochs=2, batch_size=16, verbose=0)


def same_bits(a: nn.Sequential, b: nn.Sequential) -> bool:
    return all(np.array_equal(p, q) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))


@pytest.mark.parametrize("again", [pickled, copy.deepcopy])
@pytest.mark.parametrize("optimizer", ["nadam", "sgd"])
def test_a_fitted_model(engine: str, optimizer: str, again: Copy) -> None:
    model = made(engine, optimizer)
    fit(model)
    other = again(model)
    assert np.array_equal(other.predict(X), model.predict(X))
    assert other.engine.startswith(engine)
    assert (other.state.iteration, other.state.epoch) == (8, 2)
    before = model.get_weights()
    fit(other)
    assert all(np.array_equal(p, q) for p, q in zip(before, model.get_weights(), strict=True))
    fit(model)
    assert same_bits(model, other)
    assert model.history is not None
    assert model.history.history == other.history.history


@pytest.mark.parametrize("again", [pickled, copy.deepcopy])
def test_a_model_that_only_predicted(engine: str, again: Copy) -> None:
    model = made(engine)
    expected = model.predict(X)
    other = again(model)
    assert np.array_equal(other.predict(X), expected)
    assert other.layers[0].owner is other
    fit(other)
    fit(model)
    assert same_bits(model, other)


def test_a_shallow_copy_trains_by_itself(engine: str) -> None:
    model = made(engine)
    fit(model)
    before = model.get_weights()
    fit(copy.copy(model))
    assert all(np.array_equal(p, q) for p, q in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
def test_a_predictor_says_what_to_pickle_instead(engine: str, again: Copy) -> None:
    predictor = made(engine).compiled_predictor()
    with pytest.raises(ArgumentTypeError, match=r"Pickle the model, .*compiled_predictor\(\)"):
        again(predictor)
