"""Masked arrays and matrices: refused where a value is masked, plain arrays otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.engines import ENGINES
from neurona.errors import DataError
from neurona.perceptron import Perceptron

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = np.arange(20) % 3
W = np.ones(20)
MASKED = np.ma.array(X, mask=np.zeros(X.shape, bool))
MASKED[7, 2] = MASKED[9, 0] = np.ma.masked
WHERE = r"x has 2 masked values, the first at index \(7, 2\)\. .*x\.filled\(0\), or drop"


@pytest.fixture(params=[name for name in sorted(ENGINES) if ENGINES[name].installed()])
def model(request: pytest.FixtureRequest) -> nn.Sequential:
    net = [layers.Input(shape=(4,)), layers.Dense(5, "relu"), layers.Dense(3, "softmax")]
    made = nn.Sequential(net, seed=0)
    made.compile("sgd", "sparse_categorical_crossentropy", engine=request.param)
    return made


@pytest.mark.parametrize(
    "use",
    [
        lambda model, x: model.fit(x, Y, verbose=0),
        lambda model, x: model.fit(X, Y, validation_data=(x, Y), verbose=0),
        lambda model, x: model.fit([(x, Y)], verbose=0),
        lambda model, x: model.evaluate(x, Y),
        lambda model, x: model.train_on_batch(x, Y),
        lambda model, x: model.predict(x),
        lambda model, x: model.predict(list(x)),
        lambda model, x: model.compiled_predictor()(x),
        lambda model, x: nn.fit_together([model], x, Y, verbose=0),
    ],
)
def test_masked_inputs_are_refused(model: nn.Sequential, use: Callable[..., Any]) -> None:
    with pytest.raises(DataError, match=WHERE):
        use(model, MASKED)
    assert model.state.iteration == 0


def test_masked_labels_and_weights_are_refused(model: nn.Sequential) -> None:
    mask = np.arange(20) == 4
    with pytest.raises(DataError, match=r"^y has 1 masked value, the first at index 4\."):
        model.fit(X, np.ma.array(Y, mask=mask), verbose=0)
    with pytest.raises(DataError, match=r"sample_weight has 1 masked value, .* 4\."):
        model.fit(X, Y, sample_weight=np.ma.array(W, mask=mask), verbose=0)
    with pytest.raises(DataError, match=r"x has 1 masked value, the first at index 0\."):
        model.compiled_predictor()(np.ma.array(X[0], mask=[True, False, False, False]))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind", [np.ma.array, np.matrix])
def test_others_are_plain_arrays(model: nn.Sequential, kind: Any) -> None:
    expected = model.predict(X)
    for found in (model.predict(kind(X)), model.compiled_predictor()(kind(X))):
        assert type(found) is np.ndarray
        assert np.array_equal(found, expected)
    fitted = model.fit(kind(X), kind(Y[:, None]), epochs=2, verbose=0, shuffle=False)
    plain = nn.Sequential.from_config(model.get_config())
    plain.compile("sgd", "sparse_categorical_crossentropy", engine=model.engine.split()[0])
    assert fitted.history == plain.fit(X, Y, epochs=2, verbose=0, shuffle=False).history


def test_single_neurons_and_statistics_refuse_them_too() -> None:
    with pytest.raises(DataError, match="x has 2 masked values"):
        Perceptron().fit(MASKED, Y > 0)
    with pytest.raises(DataError, match="data has 2 masked values"):
        layers.Normalization().adapt(MASKED)
