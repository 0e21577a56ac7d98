"""Bad input: a clear error before the first step, and the model as it was."""

from __future__ import annotations

import re
import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    DataWarning,
    GradientMismatchError,
    NeuronaError,
    NonFiniteError,
    NotBuiltError,
    ShapeError,
    TooLargeError,
    UnknownNameError,
)

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = np.arange(20) % 3


def classifier(units: int = 3, activation: str = "softmax", loss: Any = None) -> nn.Sequential:
    net = [layers.Input(shape=(4,)), layers.Dense(5, "relu"), layers.Dense(units, activation)]
    model = nn.Sequential(net, seed=0)
    model.compile("sgd", loss or "sparse_categorical_crossentropy")
    return model


def with_value(array: Any, index: Any, value: float) -> Any:
    changed = np.array(array, dtype=np.float64)
    changed[index] = value
    return changed


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (
            with_value(X, (7, 2), NAN),
            Y,
            DataError,
            r"x has 1 NaN or infinite value, .*index \(7, 2\)",
        ),
        (with_value(X, (0, 0), INF), Y, DataError, r"x has 1 NaN .*index \(0, 0\)"),
        (np.zeros((0, 4)), np.zeros(0), DataError, r"x is empty"),
        (X[:, 0], Y, ShapeError, r"x\.reshape\(-1, 1\)"),
        (X[0], Y[:4], ShapeError, r"x\.reshape\(1, -1\)"),
        (X, Y[:-1], ShapeError, r"x has 20 rows but y has 19"),
        (X[:, :3], Y, ShapeError, r"\(20, 3\).*'dense'.*\(4,\)"),
        (X, Y + 1, DataError, r"y\[2\] is 3.*from 0 to 2"),
        (X, Y - 1, DataError, r"y\[0\] is -1"),
        (X, Y + 0.5, DataError, r"y\[0\] is 0.5, not a class number"),
        (X, with_value(Y, 4, NAN), DataError, r"y\[4\] is nan"),
        (X.astype(object), Y, ArgumentTypeError, r"dtype object"),
        (X.astype(complex), Y, ArgumentTypeError, r"complex128.*x\.real"),
        (X, np.array(["a", "b"] * 10), ArgumentTypeError, r"numpy\.unique"),
        ([[1, 2, 3, 4], [1, 2]], [0, 1], ShapeError, r"same length"),
        (X, np.zeros((20, 2)), ShapeError, r"\(20, 2\).*'dense_1'.*\(n, 3\)"),
        (X, None, ArgumentTypeError, r"y is missing"),
        (None, Y, ArgumentTypeError, r"x is None"),
    ],
)
def test_data(x: Any, y: Any, error: type[Exception], message: str) -> None:
    model = classifier()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        model.fit(x, y, verbose=0)
    assert all(np.array_equal(p, q) for p, q in zip(before, model.get_weights(), strict=True))
    assert model.state.iteration == 0


def test_wrong_features_at_predict() -> None:
    with pytest.raises(ShapeError, match=r"\(20, 3\).*\(4,\)"):
        classifier().predict(X[:, :3])


def test_images_for_a_flat_network_say_how_to_reshape() -> None:
    model = classifier()
    with pytest.raises(ShapeError, match=r"x\.reshape\(-1, 4\)"):
        model.predict(X.reshape(20, 2, 2))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ArgumentError, "batch_size must be finite and at least 1, got 0"),
        ({"batch_size": 2.5}, ArgumentTypeError, "whole number"),
        ({"batch_size": "most"}, ArgumentError, "'all'"),
        ({"epochs": -1}, ArgumentError, "epochs"),
        ({"validation_split": 1.0}, ArgumentError, r"in \[0, 1\)"),
        ({"validation_split": 0.2, "validation_strategy": "first"}, ArgumentError, "'stratified'"),
        ({"validation_data": X}, ArgumentTypeError, r"must be \(x, y\)"),
        ({"validation_data": (X[:, :2], Y)}, ShapeError, "validation_data: x has shape"),
        ({"sample_weight": np.ones(3)}, ShapeError, r"\(20,\).*\(3,\)"),
        ({"sample_weight": -np.ones(20)}, DataError, r"sample_weight\[0\] is -1"),
        ({"class_weight": {0: 1.0}}, ArgumentError, "no entry for class 1"),
        ({"class_weight": "equal"}, ArgumentError, "'balanced'"),
        ({"callbacks": [nn.callbacks.History]}, ArgumentTypeError, "History"),
        ({"steps_per_epoch": 3}, ArgumentError, "iterables of batches"),
    ],
)
def test_arguments_of_fit(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        classifier().fit(X, Y, **{"verbose": 0, **options})


def test_a_batch_size_above_n_is_said() -> None:
    with pytest.warns(DataWarning, match="batch_size=100 is more than the 20 training rows"):
        classifier().fit(X, Y, batch_size=100, verbose=0)


@pytest.mark.parametrize("rate", [NAN, -0.1, 1e30, INF])
def test_learning_rate(rate: float) -> None:
    with pytest.raises(ArgumentError, match="learning_rate must be"):
        nn.optimizers.SGD(rate)
    optimizer = nn.optimizers.Adam()
    with pytest.raises(ArgumentError, match="learning_rate must be"):
        optimizer.learning_rate = rate
    assert optimizer.learning_rate == 0.001


@pytest.mark.parametrize(
    ("make", "nearest"),
    [
        (lambda: layers.Dense(3, activation="rleu"), "relu"),
        (lambda: nn.losses.get("categorical_crosentropy"), "categorical_crossentropy"),
        (lambda: nn.optimizers.get("adaam"), "adam"),
        (lambda: nn.metrics.get("acuracy"), "accuracy"),
        (lambda: nn.initializers.get("glorot_unifrom"), "glorot_uniform"),
        (lambda: nn.regularizers.get("l3"), "l2"),
        (lambda: nn.constraints.get("maxnrom"), "max_norm"),
    ],
)
def test_unknown_names_suggest_the_nearest(make: Any, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean") as failure:
        make()
    assert re.sub("[_ ]", "", nearest) in re.sub("[_ ]", "", str(failure.value).lower())


def test_a_huge_layer_is_refused_before_it_is_allocated() -> None:
    model = nn.Sequential([layers.Input(shape=(100,)), layers.Dense(10**9)])
    model.compile("sgd", "mse")
    tracemalloc.start()
    with pytest.raises(TooLargeError, match=r"[TG]B.*'dense'.*100,000,000,000|1[0-9.]+ TB"):
        model.get_weights()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6


@pytest.mark.parametrize(
    ("activation", "units", "loss", "message"),
    [
        ("sigmoid", 3, "categorical_crossentropy", "sum to 1"),
        ("sparsemax", 3, "categorical_crossentropy", 'probability 0.*infinite.*loss="mse"'),
        ("sparsemax", 3, "kl_divergence", "probability 0.*KLDivergence takes logarithms"),
        ("linear", 3, "categorical_crossentropy", "from_logits=True"),
        ("linear", 1, "binary_crossentropy", 'activation="sigmoid"'),
        ("tanh", 1, "binary_crossentropy", "needs probabilities"),
        ("softmax", 1, "binary_crossentropy", "always 1"),
        ("softmax", 3, nn.losses.CategoricalCrossentropy(from_logits=True), "once more"),
        ("sigmoid", 1, nn.losses.BinaryCrossentropy(from_logits=True), "once more"),
        ("sigmoid", 1, "categorical_crossentropy", "sum to 1|one unit"),
    ],
)
def test_output_against_loss(activation: str, units: int, loss: Any, message: str) -> None:
    with pytest.raises((ArgumentError, ShapeError), match=message) as failure:
        classifier(units, activation, loss).fit(X, Y % max(units, 2), verbose=0)
    assert "'dense_1'" in str(failure.value)


def test_softmax_twice() -> None:
    model = classifier()
    model.add(layers.Softmax())
    with pytest.raises(ArgumentError, match=r"twice.*'dense_1' and 'softmax'"):
        model.fit(X, Y, verbose=0)


def test_why_sparsemax_is_refused_with_logarithms() -> None:
    """A row whose class has probability 0 would stay wrong for ever: nothing flows back."""
    z = np.array([[0.0, 5.0, 4.8]])
    p = nn.activations.sparsemax(z)
    assert p[0, 0] == 0.0
    dh = nn.losses.CategoricalCrossentropy().gradient(np.array([[1.0, 0, 0]]), p)
    assert not nn.activations.sparsemax.backward(dh, z, p).any()
    dh = nn.losses.MeanSquaredError().gradient(np.array([[1.0, 0, 0]]), p)
    assert nn.activations.sparsemax.backward(dh, z, p).any()
    classifier(3, "sparsemax", "mse").fit(X, np.eye(3)[Y % 3], verbose=0)


def test_labels_of_minus_one_and_one() -> None:
    with pytest.raises(DataError, match=r"\(y \+ 1\) / 2"):
        classifier(1, "sigmoid", "binary_crossentropy").fit(X, np.sign(X[:, 0]), verbose=0)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (X * 1000, Y, {}, "not scaled.*Normalization"),
        ((np.abs(X) * 80).astype(np.uint8), Y, {}, "Rescaling"),
        (X, Y % 2, {}, "no row of class 2"),
        (X, np.sort(Y), {"validation_split": 0.2}, "of class 2"),
    ],
)
def test_suspicious_data_is_warned_of(x: Any, y: Any, options: Any, message: str) -> None:
    with pytest.warns(DataWarning, match=message):
        classifier().fit(x, y, **{"verbose": 0, **options})


def test_scaled_inputs_are_not_warned_of() -> None:
    model = nn.Sequential([layers.Rescaling(1 / 1000), layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X * 1000, Y, verbose=0)


def test_not_compiled_and_not_built() -> None:
    model = nn.Sequential([layers.Dense(3)])
    with pytest.raises(NotBuiltError, match=r"Input\(shape"):
        model.summary()
    with pytest.raises(NotBuiltError, match="compile"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(NotBuiltError, match="no layers"):
        nn.Sequential([layers.Input(shape=(3,))]).predict(np.zeros((1, 3)))


class TestNonFinite:
    """Training that blows up stops, explains itself, and keeps finite weights."""

    def test_too_large_a_rate(self) -> None:
        net = [layers.Input(shape=(4,)), layers.Dense(5, "relu"), layers.Dense(1)]
        model = nn.Sequential(net, seed=0)
        model.compile(nn.optimizers.SGD(1e5), "mse")
        with pytest.raises(NonFiniteError, match=r"epoch 1, step \d.*layer 'dense.*learning rate"):
            model.fit(X, X[:, 0], batch_size=4, epochs=20, verbose=0)
        assert all(np.isfinite(w).all() for w in model.get_weights())
        assert np.isfinite(model.predict(X)).all() or model.state.iteration > 0

    def test_weights_that_are_not_finite(self) -> None:
        model = classifier()
        weights = model.get_weights()
        weights[2][3, 1] = NAN
        model.set_weights(weights)
        with pytest.raises(DataError, match=r"'dense_1/kernel' has 1 .*\(3, 1\)"):
            model.fit(X, Y, verbose=0)

    def test_a_batch_that_is_not_finite(self) -> None:
        model = classifier()
        before = model.get_weights()
        with pytest.raises(NonFiniteError, match=r"row 6 of x"):
            model.train_on_batch(with_value(X, (6, 0), NAN), Y)
        assert all(np.array_equal(p, q) for p, q in zip(before, model.get_weights(), strict=True))


class TestCustomParts:
    """A user's part is compared with finite differences when first used."""

    def test_right_ones_train(self) -> None:
        class Cube(nn.activations.Activation):
            def forward(self, z: Any, xp: Any = np) -> Any:
                return z**3

            def derivative(self, z: Any, h: Any, xp: Any = np) -> Any:
                return 3 * z**2

        class Quartic(nn.losses.Loss):
            def values(self, y: Any, p: Any, xp: Any = np) -> Any:
                return ((y - p) ** 4).mean(axis=-1)

            def gradient(self, y: Any, p: Any, xp: Any = np) -> Any:
                return -4 * (y - p) ** 3 / p.shape[-1]

        model = nn.Sequential([layers.Dense(4, activation=Cube()), layers.Dense(1)], seed=1)
        model.compile("adam", Quartic())
        loss = model.fit(X, X[:, 0], epochs=30, verbose=0).history["loss"]
        assert loss[-1] < loss[0]

    def test_a_wrong_derivative(self) -> None:
        class Wrong(nn.activations.Activation):
            def forward(self, z: Any, xp: Any = np) -> Any:
                return z**3

            def derivative(self, z: Any, h: Any, xp: Any = np) -> Any:
                return 2 * z**2

        model = nn.Sequential([layers.Dense(4, activation=Wrong()), layers.Dense(1)])
        model.compile("adam", "mse")
        with pytest.raises(GradientMismatchError, match="Wrong of layer 'dense'"):
            model.fit(X, X[:, 0], verbose=0)

    def test_a_wrong_loss(self) -> None:
        class Wrong(nn.losses.Loss):
            def values(self, y: Any, p: Any, xp: Any = np) -> Any:
                return ((y - p) ** 2).mean(axis=-1)

            def gradient(self, y: Any, p: Any, xp: Any = np) -> Any:
                return 3 * (p - y)

        model = nn.Sequential([layers.Dense(2)])
        model.compile("adam", Wrong())
        with pytest.raises(GradientMismatchError, match="loss Wrong"):
            model.fit(X, X[:, :2], verbose=0)

    def test_a_wrong_layer(self) -> None:
        class Double(layers.Layer):
            def forward(self, params: Any, x: Any, ctx: Any) -> Any:
                return 2 * x, None

            def backward(
                self, params: Any, cache: Any, dz: Any, xp: Any = np, need_dx: bool = True
            ) -> Any:
                return dz, {}

        model = nn.Sequential([Double(), layers.Dense(1)])
        model.compile("adam", "mse")
        with pytest.raises(GradientMismatchError, match="layer 'double'"):
            model.fit(X, X[:, 0], verbose=0)


def test_every_error_is_of_the_family() -> None:
    kinds = [
        e for e in vars(nn.errors).values() if isinstance(e, type) and issubclass(e, Exception)
    ]
    for kind in kinds:
        if not issubclass(kind, Warning):
            assert issubclass(kind, NeuronaError)
            assert kind is NeuronaError or len(kind.__mro__) > len(NeuronaError.__mro__) + 1


def test_negative_labels_are_not_mended_by_more_units() -> None:
    with pytest.raises(DataError, match=r"y\[1\] is -1.*return_inverse=True\)\)\.$"):
        classifier().fit(X[:2], [0, -1], verbose=0)
    with pytest.raises(DataError, match=r"or give the output layer 4 units\.$"):
        classifier().fit(X[:2], [0, 3], verbose=0)


@pytest.mark.parametrize("threads", [0, 1025, 2**31])
def test_threads(threads: int) -> None:
    with pytest.raises(ArgumentError, match=f"threads must be between 1 and 1024, got {threads}"):
        classifier().compile("sgd", "mse", threads=threads)
    with pytest.raises(ArgumentError, match=f"threads must be between 1 and 1024, got {threads}"):
        nn.fit_together([classifier()], X, Y, threads=threads)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [(X * 1000, {}, "x is not scaled"), (X, {"batch_size": 50}, "batch_size=50")],
)
def test_warnings_point_to_the_line_that_calls_fit(x: Any, options: Any, message: str) -> None:
    with pytest.warns(DataWarning, match=message) as alone:
        classifier().fit(x, Y, verbose=0, **options)
    with pytest.warns(DataWarning, match=message) as together:
        nn.fit_together([classifier()], x, Y, verbose=0, **options)
    assert {warning.filename for warning in (*alone, *together)} == {__file__}


@pytest.mark.parametrize("given", [3, 0, layers.Dense(2)])
def test_layers_come_in_a_list(given: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"layers must be a list of layers, .*, got"):
        nn.Sequential(given)


def test_a_kind_has_its_article() -> None:
    with pytest.raises(ArgumentTypeError, match=r"^An activation is given by name"):
        layers.Dense(2, activation=3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match=r"^A loss is given by name"):
        classifier(loss=3)


def test_weights_that_are_not_finite_are_no_rows() -> None:
    model = classifier()
    weights = model.get_weights()
    weights[0][1, 2] = NAN
    model.set_weights(weights)
    with pytest.raises(DataError, match=r"'dense/kernel' has 1 NaN .*\(1, 2\): nan\. Give it"):
        model.fit(X, Y, verbose=0)


def test_one_epoch_is_no_epochs() -> None:
    assert "History of 1 epoch;" in repr(classifier().fit(X, Y, verbose=0))
    assert "History of 2 epochs;" in repr(classifier().fit(X, Y, epochs=2, verbose=0))
