"""Why a number is what it is: the terms add up to it, for every number of every kind of step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.cases import ACTIVATIONS, CONSTRAINTS, LAYERS, LOSSES, OPTIMIZERS, LayerCase
from contract.running import rows
from contract.test_gradients import targets
from explaining import N, around, batch_for, off
from neurona import layers, regularizers
from neurona.errors import ArgumentError, ArgumentTypeError

X, Y = rows((N, 3)), rows((N, 2), 1)


def small(optimizer: Any = "sgd", activation: Any = "tanh", **dense: Any) -> nn.Sequential:
    net = [layers.Input(shape=(3,)), layers.Dense(4, activation, **dense), layers.Dense(2)]
    model = nn.Sequential(net, seed=5, dtype="float64")
    model.compile(optimizer, "mse", engine="numpy")
    return model


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_layers(case: LayerCase) -> None:
    step = around(case).explain_step(*batch_for(case))
    assert off(step) == []
    assert step.check().largest < 1e-6


@pytest.mark.parametrize("cls", ACTIVATIONS, ids=lambda cls: cls.__name__)
def test_activations(cls: Any) -> None:
    step = small(activation=cls()).explain_step(X, Y)
    assert off(step) == []
    assert step.check().largest < 1e-6


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "softmax"])
@pytest.mark.parametrize("cls", LOSSES, ids=lambda cls: cls.__name__)
def test_losses(cls: Any, activation: str) -> None:
    loss = cls()
    kernel = nn.initializers.RandomUniform(0.1, 0.9, seed=1)
    dense = layers.Dense(3, activation=activation, kernel_initializer=kernel)
    model = nn.Sequential([layers.Input(shape=(3,)), dense], seed=2, dtype="float64")
    model.compile("sgd", loss, engine="numpy")
    for weight in (None, np.arange(N) / 3.0):
        try:
            step = model.explain_step(np.abs(X), targets(loss, 3), weight)
        except ArgumentError:
            assert loss.takes != "values"  # pre-flight refuses the pair
            return
        assert off(step) == []
        assert step.check().largest < 1e-6


@pytest.mark.parametrize(
    "loss",
    [
        nn.losses.BinaryCrossentropy(label_smoothing=0.2),
        nn.losses.BinaryCrossentropy(from_logits=True),
        nn.losses.CategoricalCrossentropy(label_smoothing=0.2),
        nn.losses.CategoricalCrossentropy(from_logits=True, reduction="sum"),
        nn.losses.MeanSquaredError(reduction="sum_over_batch_size"),
        nn.losses.Huber(delta=0.1, reduction="sum"),
        nn.losses.Hinge(margin=0.3),
    ],
    ids=repr,
)
def test_losses_with_arguments(loss: Any) -> None:
    crossentropy = getattr(loss, "from_logits", None)
    categorical = isinstance(loss, nn.losses.CategoricalCrossentropy)
    g = "linear" if crossentropy is not False else "softmax" if categorical else "sigmoid"
    model = nn.Sequential([layers.Input(shape=(3,)), layers.Dense(3, g)], seed=2, dtype="float64")
    model.compile("sgd", loss, engine="numpy")
    y = np.eye(3)[np.arange(N) % 3]
    for weight in (None, np.arange(N) / 3.0):
        step = model.explain_step(X, y, weight)
        assert off(step) == []
        assert step.check().largest < 1e-6


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name: str) -> None:
    model = small(OPTIMIZERS[name](), kernel_regularizer=regularizers.L1L2(0.01, 0.02))
    for _ in range(3):
        model.train_on_batch(X, Y)
    assert off(model.explain_step(X, Y)) == []


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(name: str) -> None:
    model = small("adam", kernel_constraint=CONSTRAINTS[name](), bias_constraint="non_neg")
    model.train_on_batch(X, Y)
    assert off(model.explain_step(X, Y)) == []


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_softmax_along_an_inner_axis(axis: int) -> None:
    g = nn.activations.Softmax(axis)
    net = [layers.Input(shape=(2, 3)), layers.Dense(3, g), layers.Flatten(), layers.Dense(2)]
    model = nn.Sequential(net, seed=1, dtype="float64")
    model.compile("sgd", "mse", engine="numpy")
    assert off(model.explain_step(rows((N, 2, 3)), Y)) == []


class Squares(nn.activations.Activation):  # type: ignore[misc]
    """Each output depends on all of its row: h = z² / Σ z²."""

    def forward(self, z: Any, xp: Any = np) -> Any:
        return z**2 / (z**2).sum(axis=-1, keepdims=True)

    def backward(self, dh: Any, z: Any, h: Any, xp: Any = np) -> Any:
        total = (z**2).sum(axis=-1, keepdims=True)
        return 2 * z / total * (dh - (dh * h).sum(axis=-1, keepdims=True))


class Bilinear(layers.Layer):  # type: ignore[misc]
    """z[n, j] = x[n, j] · x[n, j + 1] · a[j]: a layer of a user's own."""

    def weights(self, shape: Any) -> Any:
        return (layers.Weight("scale", shape, nn.initializers.get("random_normal")),)

    def forward(self, params: Any, x: Any, ctx: Any) -> Any:
        return x * ctx.xp.roll(x, -1, axis=-1) * params["scale"], x

    def backward(self, params: Any, cache: Any, dz: Any, xp: Any = np, need_dx: bool = True) -> Any:
        x, scaled = cache, dz * params["scale"]
        next_x = xp.roll(x, -1, axis=-1)
        dx = scaled * next_x + xp.roll(scaled * x, 1, axis=-1)
        return dx, {"scale": (dz * x * next_x).sum(axis=0)}


class Signs(nn.optimizers.Optimizer):  # type: ignore[misc]
    """w ← w − η sign(g): an optimizer of a user's own."""

    def update(self, w: Any, dw: Any, slots: Any, rate: Any, iteration: Any, xp: Any = np) -> Any:
        return w - rate * xp.sign(dw), slots


class Cubed(nn.losses.Loss):  # type: ignore[misc]
    """Σ |y − p|³: a loss of a user's own."""

    def values(self, y: Any, p: Any, xp: Any = np) -> Any:
        return (xp.abs(p - y) ** 3).sum(axis=-1)

    def gradient(self, y: Any, p: Any, xp: Any = np) -> Any:
        return 3 * (p - y) ** 2 * xp.sign(p - y)


class Doubled(layers.Dense):  # type: ignore[misc]
    """Overrides a pass: the dense layer's formulas are no longer its own."""

    def forward(self, params: Any, x: Any, ctx: Any) -> Any:
        z, cache = super().forward(params, x, ctx)
        return 2 * z, cache

    def backward(self, params: Any, cache: Any, dz: Any, xp: Any = np, need_dx: bool = True) -> Any:
        return super().backward(params, cache, 2 * dz, xp, need_dx)


def test_parts_of_a_users_own() -> None:
    net = [
        layers.Input(shape=(3,)),
        layers.Dense(4, Squares()),
        Bilinear(name="bilinear"),
        Doubled(2, name="doubled"),
    ]
    model = nn.Sequential(net, seed=1, dtype="float64")
    model.compile(Signs(0.1), Cubed(), engine="numpy")
    step = model.explain_step(X, Y)
    assert off(step) == []
    assert step.check().largest < 1e-6
    assert "computed by Doubled.forward" in step.why("doubled.z", 0, 0).text
    assert "∂z₂" in step.why("bilinear.scale", 1).text
    assert "Signs.update" in step.why("dense.kernel.new", 0, 0).text


def test_a_large_layer_of_a_users_own_is_not_taken_apart() -> None:
    net = [layers.Input(shape=(500,)), Bilinear(name="bilinear"), layers.Dense(2)]
    model = nn.Sequential(net, seed=1, dtype="float64")
    model.compile("sgd", "mse", engine="numpy")
    why = model.explain_step(rows((9, 500)), rows((9, 2))).why("bilinear.scale", 3)
    assert why.total == pytest.approx(why.value, rel=1e-12)
    assert "Bilinear.backward" in why.note


def test_the_chain_rule_is_written_out() -> None:
    step = small().explain_step(X[:2], Y[:2])
    why = step.why("dense_1.kernel", 2, 0)
    lines = why.text.splitlines()
    assert lines[0] == "∂E/∂W₂[2,0] = Σₙ h₁[n,2]·δ₂[n,0]"
    assert lines[1].strip() == "= h₁[0,2]·δ₂[0,0] + h₁[1,2]·δ₂[1,0]"
    assert len(why.terms) == 2
    h, delta = why.terms[0].factors
    assert h == step["dense"].h[0, 2]
    assert delta == step["dense_1"].delta[0, 0]
    assert why.terms[0] == h * delta
    assert sum(why.terms) == pytest.approx(step["dense_1"]["kernel"].gradient[2, 0], rel=1e-14)
    assert r"\frac{\partial E}{\partial W_{2}[2,0]} &= \sum_{n} h_{1}[n,2]" in why.latex


def test_from_an_update_down_to_the_data() -> None:
    """One level at a time, each number leads to those that made it, and at last to given ones."""
    model = small(nn.optimizers.SGD(0.1, momentum=0.9))
    model.train_on_batch(X, Y)
    step = model.explain_step(X, Y)
    todo, seen = [step.why("dense.kernel.new", 1, 2)], set()
    while todo:
        why = todo.pop()
        assert why.expand().symbol == step.why(*_flat(why.sources[0])).symbol
        for number in range(len(why.sources)):
            below = why.expand(number)
            if (key := (below.what, below.index)) not in seen:
                seen.add(key)
                assert below.sources or below.note  # it says where it comes from
                if below.sources:
                    todo.append(below)
    names = {name for name, _ in seen}
    assert {"x", "y", "dense.delta", "dense_1.kernel.old", "dense.kernel.velocity.old"} <= names


def _flat(ask: Any) -> tuple[Any, ...]:
    return (ask[0], *ask[1])


def test_long_sums_are_cut_short_but_keep_all_their_terms() -> None:
    model = nn.Sequential([layers.Input(shape=(300,)), layers.Dense(1)], seed=1, dtype="float64")
    model.compile("sgd", "mse", engine="numpy")
    why = model.explain_step(rows((2, 300)), [0.0, 1.0]).why("dense.z", 0, 0)
    assert len(why.terms) == 301
    assert "(296 more: " in why.text
    assert max(map(len, why.text.splitlines())) < 250


def test_updates_in_symbols() -> None:
    model = small(nn.optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01))
    why = model.explain_step(X, Y).why("dense.kernel.new", 0, 0)
    assert "W₁[0,0] − ηλ·W₁[0,0] + μ·v′(W₁[0,0]) − η·∂E/∂W₁[0,0]" in why.text
    assert "η = 0.1, μ = 0.9, λ = 0.01" in why.note


def test_other_names_for_the_same_numbers() -> None:
    step = small().explain_step(X, Y)
    for names in [
        ("dense.kernel", "dense/kernel", "dense.kernel.gradient"),
        ("dense.delta", "dense.dz"),
        ("dense_1.x", "dense.h"),
        ("dense.x", "x"),
    ]:
        assert len({step.why(name, 1, 1).text for name in names}) == 1
    assert step.why("dense.bias", -1).index == (3,)
    assert step.why("loss").index == ()


def test_layers_whose_names_are_odd() -> None:
    net = [layers.Input(shape=(3,)), layers.Dense(2, "tanh", name="a.b \"'\\ {x}_^%$ <b>")]
    model = nn.Sequential([*net, layers.Dense(2, name="loss")], seed=1, dtype="float64")
    model.compile("sgd", "mse", engine="numpy")
    step = model.explain_step(X, Y)
    assert off(step) == []
    assert step.why("loss.kernel", 0, 0).value == step["loss"]["kernel"].gradient[0, 0]
    assert step.why("loss").value == step.loss.value


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("dense.kernal", 0, 0), ArgumentError, r"Did you mean 'dense\.kernel'"),
        (("dense.kernel",), ArgumentError, r"shape \(3, 4\): give 2 whole numbers.* got 0"),
        (("dense.kernel", 0), ArgumentError, "got 1"),
        (("dense.kernel", 3, 0), ArgumentError, "index 0 of 'dense.kernel'.*between -3 and 2"),
        (("dense.kernel", 0.5, 0), ArgumentTypeError, "whole number"),
        ((7,), ArgumentTypeError, "name of a number"),
        (("nothing.x", 0, 0), ArgumentError, "no numbers named 'nothing.x'"),
    ],
)
def test_errors(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        small().explain_step(X, Y).why(*arguments)


def test_a_given_number_has_no_sources() -> None:
    why = small().explain_step(X, Y).why("x", 0, 0)
    assert why.given
    assert why.terms == (why.value,)
    with pytest.raises(ArgumentError, match="no sources: given: the features"):
        why.expand()


def test_in_float32_the_terms_come_to_the_number_but_for_rounding() -> None:
    model = nn.Sequential([layers.Dense(4, "tanh"), layers.Dense(3, "softmax")], seed=1)
    model.compile("adam", "categorical_crossentropy", engine="numpy")
    step = model.explain_step(X, np.arange(N) % 3)
    for quantity in step.catalogue:
        for index in list(np.ndindex(quantity.values.shape))[:5]:
            why = step.why(quantity.name, *index)
            reach = max(sum(map(abs, why.terms)), abs(why.value), 1e-30)
            assert abs(why.total - why.value) < 1e-5 * reach, quantity.name


class Cubes(regularizers.Regularizer):  # type: ignore[misc]
    """Σ |w|³: a regularizer of a user's own."""

    def value(self, w: Any, xp: Any = np) -> Any:
        return (xp.abs(w) ** 3).sum()

    def gradient(self, w: Any, xp: Any = np) -> Any:
        return 3 * w**2 * xp.sign(w)


class Halved(nn.constraints.Constraint):  # type: ignore[misc]
    """A constraint of a user's own."""

    def __call__(self, w: Any, xp: Any = np) -> Any:
        return w / 2


UNUSUAL: dict[str, Callable[[], list[Any]]] = {
    "frozen_batch_normalization": lambda: [
        layers.Dense(3, "tanh"),
        layers.BatchNormalization(
            trainable=False,
            moving_mean_initializer="random_normal",
            gamma_initializer="random_normal",
        ),
    ],
    "batch_normalization_of_sequences": lambda: [
        layers.Reshape((3, 1)),
        layers.BatchNormalization(axis=1),
    ],
    "layer_normalization_of_two_axes": lambda: [
        layers.Dense(6),
        layers.Reshape((2, 3)),
        layers.LayerNormalization(axis=(1, 2), gamma_initializer="random_normal"),
    ],
    "layer_normalization_of_an_inner_axis": lambda: [
        layers.Dense(6),
        layers.Reshape((2, 3)),
        layers.LayerNormalization(axis=1, center=False),
    ],
    "shared_slopes": lambda: [
        layers.Dense(6),
        layers.Reshape((2, 3)),
        layers.PReLU(alpha_initializer="random_normal", shared_axes=(1,)),
    ],
    "normalization_of_all": lambda: [
        layers.Dense(3),
        layers.Normalization(axis=None, mean=0.5, variance=4.0),
    ],
    "normalization_undone": lambda: [
        layers.Dense(2),
        layers.Normalization(mean=(0.1, 0.2), variance=(1.0, 4.0), invert=True),
    ],
    "rescaling_by_column": lambda: [
        layers.Dense(2),
        layers.Rescaling((0.5, 2.0), offset=(0.0, 1.0)),
    ],
    "regularizer_and_constraint_of_ones_own": lambda: [
        layers.Dense(4, "gelu", kernel_regularizer=Cubes(), kernel_constraint=Halved()),
    ],
    "no_bias": lambda: [layers.Dense(4, "relu6", use_bias=False)],
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_layers(name: str) -> None:
    model = nn.Sequential(
        [layers.Input(shape=(3,)), *UNUSUAL[name](), layers.Flatten(), layers.Dense(2)],
        seed=1,
        dtype="float64",
    )
    model.compile(nn.optimizers.Adam(0.01, global_clipnorm=0.05), "mse", engine="numpy")
    model.train_on_batch(X, Y)
    step = model.explain_step(X, Y)
    assert off(step) == []
    assert step.check().largest < 1e-6
    assert step.to_text()
    assert step.to_markdown()


@pytest.mark.parametrize("reduction", ["mean", "sum_over_batch_size", "sum"])
@pytest.mark.parametrize("loss", ["sparse", "mse"])
def test_outputs_that_are_sequences(loss: str, reduction: str) -> None:
    part: Any = nn.losses.MeanSquaredError(reduction)
    if loss == "sparse":
        part = nn.losses.SparseCategoricalCrossentropy(reduction=reduction)
    g = "softmax" if loss == "sparse" else "linear"
    model = nn.Sequential([layers.Input(shape=(4, 3)), layers.Dense(2, g)], seed=1, dtype="float64")
    model.compile("sgd", part, engine="numpy")
    y = (np.arange(N * 4) % 2).reshape(N, 4)
    targets = y if loss == "sparse" else np.stack([y, 1 - y], axis=-1)
    for weight in (None, np.arange(N) + 1.0):
        step = model.explain_step(rows((N, 4, 3)), targets, weight)
        assert off(step) == []
        assert step.check().largest < 1e-6
