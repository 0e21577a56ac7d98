"""A step explained: the numbers are those of training, and the model stays as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.cases import CONSTRAINTS, LAYERS, OPTIMIZERS, LayerCase
from contract.running import rows
from explaining import N, around, batch_for
from neurona import layers, regularizers
from neurona.errors import ArgumentError, NotBuiltError, ShapeError
from neurona.explain.step import Step

X, Y = rows((N, 3)).astype(np.float32), np.arange(N) % 3


def classifier(optimizer: Any = "sgd", dtype: str = "float32", **dense: Any) -> nn.Sequential:
    model = nn.Sequential(
        [
            layers.Input(shape=(3,)),
            layers.Dense(5, "relu", **dense),
            layers.Dropout(0.4),
            layers.BatchNormalization(),
            layers.Dense(3, "softmax"),
        ],
        seed=4,
        dtype=dtype,
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", engine="numpy")
    return model


def same(a: Any, b: Any) -> bool:
    return np.asarray(a).dtype == np.asarray(b).dtype and np.asarray(a).tobytes() == b.tobytes()


def assert_step_is_taken(model: nn.Sequential, x: Any, y: Any, weight: Any = None) -> Step:
    """The step's weights, slots and loss are what ``train_on_batch`` then gives, bit for bit."""
    before = model.state
    step: Step = model.explain_step(x, y, weight)
    assert model.state.iteration == before.iteration
    assert all(same(model.state.weights[k], before.weights[k]) for k in before.weights)
    loss = model.train_on_batch(x, y, weight)
    assert step.loss.value == pytest.approx(loss, rel=1e-12)
    after = model.state
    assert set(after.weights) == set(step.new_weights)
    assert set(after.slots) == set(step.new_slots)
    for key, w in after.weights.items():
        assert same(w, step.new_weights[key]), key
    for key, slots in after.slots.items():
        for name, values in slots.items():
            assert same(np.asarray(values), np.asarray(step.new_slots[key][name])), (key, name)
    return step


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_taking_the_step_gives_its_weights(name: str, dtype: str) -> None:
    model = classifier(OPTIMIZERS[name](), dtype, kernel_regularizer=regularizers.L1L2(0.01, 0.02))
    for _ in range(3):  # dropout draws anew, moments grow
        assert_step_is_taken(model, X, Y)
    assert_step_is_taken(model, X, Y, np.arange(N) / 3.0)


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_of_every_layer(case: LayerCase) -> None:
    assert_step_is_taken(around(case, "float32"), *batch_for(case))


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(name: str) -> None:
    model = classifier("adam", kernel_constraint=CONSTRAINTS[name]())
    step = assert_step_is_taken(model, X, Y)
    kernel = step["dense"]["kernel"]
    assert kernel.updated is not None
    assert not np.array_equal(kernel.updated, kernel.after)


def test_frozen_layers_and_those_below_them() -> None:
    model = classifier("adam")
    model.layers[0].trainable = model.layers[2].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", engine="numpy")
    model = nn.Sequential.from_config(model.get_config())
    model.compile("adam", "sparse_categorical_crossentropy", engine="numpy")
    step = assert_step_is_taken(model, X, Y)
    assert not step["dense"]["kernel"].trained
    assert step["dense"].delta is None
    assert step["dense_1"].delta is not None


def test_on_the_native_engine_it_agrees_to_rounding() -> None:
    from neurona.engines import ENGINES

    if "native" not in ENGINES:
        pytest.skip("there is no native engine")
    model = classifier("adam")
    model.compile("adam", "sparse_categorical_crossentropy", engine="native")
    try:
        model.train_on_batch(X, Y)
    except (nn.errors.EngineError, ImportError) as reason:
        pytest.skip(str(reason))
    step = model.explain_step(X, Y)
    model.train_on_batch(X, Y)
    for key, w in model.state.weights.items():
        np.testing.assert_allclose(w, step.new_weights[key], rtol=1e-4, atol=1e-6)


def test_class_weights_count_as_in_training() -> None:
    model = classifier()
    step = model.explain_step(X, Y, class_weight={0: 1.0, 1: 2.0, 2: 0.5})
    model.train_on_batch(X, Y, class_weight={0: 1.0, 1: 2.0, 2: 0.5})
    assert same(model.get_weights()[0], step.new_weights["dense/kernel"])


def test_the_layers_fit_together() -> None:
    step = classifier().explain_step(X, Y)
    for below, above in zip(step.layers, step.layers[1:], strict=False):
        assert same(below.h, above.x)
    assert same(step.layers[0].x, X)
    dense, last = step["dense"], step["dense_1"]
    assert dense.derivative is not None
    assert dense.dh is not None
    assert dense.delta is not None
    np.testing.assert_allclose(dense.delta, dense.dh * dense.derivative, rtol=1e-6)
    np.testing.assert_allclose(dense["kernel"].gradient, X.T @ dense.delta, rtol=1e-5, atol=1e-7)
    assert last.derivative is None
    jacobians = np.stack([last.jacobian(row) for row in range(N)])
    through = np.einsum("nj,nji->ni", last.dh, jacobians)
    np.testing.assert_allclose(through, last.delta, rtol=1e-4, atol=1e-7)


def test_nothing_that_is_explained_changes_when_training_goes_on() -> None:
    model = classifier("adam")
    step = model.explain_step(X, Y)
    before = {k: w.copy() for k, w in step.new_weights.items()}
    text = step.to_text()
    model.fit(X, Y, epochs=3, verbose=0)
    assert all(np.array_equal(step.new_weights[k], before[k]) for k in before)
    assert step.to_text() == text


def test_a_step_that_would_not_be_finite_says_so() -> None:
    model = classifier(nn.optimizers.SGD(0.1))
    weights = model.get_weights()
    weights[0][:] = 1e38
    model.set_weights(weights)
    step = model.explain_step(np.full((2, 3), 1e3), [0, 1])
    assert not step.finite
    assert "would not be taken" in step.to_text()
    assert "nan" in step.to_text()
    for shown in (step.to_html(), step.to_markdown(), step.to_latex()):
        assert "would not be taken" in shown


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.explain_step(X[:, :2], Y), ShapeError, r"\(7, 2\).*'dense'"),
        (lambda m: m.explain_step(X, Y[:3]), ShapeError, "7 rows but y has 3"),
        (lambda m: m.explain_step(X, Y)["dens"], ArgumentError, "Did you mean 'dense'"),
        (lambda m: m.explain_step(X, Y)["dense"]["krnel"], ArgumentError, "kernel, bias"),
        (lambda m: m.explain_step(X, Y)["dense"].jacobian(7), ArgumentError, "row must be"),
        (lambda m: m.explain_step(X, Y).to_text(3), ArgumentError, "width must be"),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(classifier())


def test_a_model_that_is_not_compiled_cannot_be_explained() -> None:
    with pytest.raises(NotBuiltError, match="compile"):
        nn.Sequential([layers.Dense(1)]).explain_step([[1.0]], [1.0])


def test_what_is_not_used_is_not_imported() -> None:
    code = (
        "import sys, neurona as nn; m = nn.Sequential([nn.layers.Dense(1)]);"
        "m.compile('sgd', 'mse', engine='numpy');"
        "m.fit([[0.0], [1.0]], [0.0, 1.0], verbose=0);"
        "print(*(name for name in sys.modules if name.startswith('neurona.')))"
    )
    source = Path(nn.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=source
    )
    loaded = {name.removeprefix("neurona.") for name in done.stdout.split()}
    assert "explain.nonfinite" in loaded
    parts = ("step", "records", "catalogue", "why", "rules", "document", "check", "render", "pass")
    shown = tuple(f"explain.{part}" for part in parts)
    assert [name for name in loaded if name.startswith((*shown, "display"))] == []
