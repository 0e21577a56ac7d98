"""The doctor: what is wrong is said once, with the layer, the figures and the fix."""

from __future__ import annotations

import importlib
from dataclasses import astuple
from itertools import pairwise
from time import sleep
from typing import Any

import numpy as np
import pytest

import neurona as nn
from neurona import layers
from neurona.callbacks.rollback import Scaled
from neurona.data.arrays import Samples
from neurona.explain.doctor import examine_history, examine_layers

X = np.random.default_rng(0).normal(size=(120, 6)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def network(activation: str, depth: int = 3, units: int = 16, **dense: Any) -> nn.Sequential:
    hidden = [layers.Dense(units, activation, **dense) for _ in range(depth)]
    head = layers.Dense(1, "sigmoid")
    model = nn.Sequential([layers.Input(shape=(6,)), *hidden, head], seed=1)
    model.compile(nn.optimizers.SGD(0.01), "binary_crossentropy")
    return model


def kinds(model: nn.Sequential) -> dict[str, str]:
    samples = Samples(X, Y[:, None].astype(np.float32))
    found = examine_layers(model.program, model.state.weights, samples)
    return {f.kind: f.text for f in found}


def test_a_healthy_network() -> None:
    assert kinds(network("relu")) == {}
    assert kinds(network("tanh")) == {}


def test_dead_units() -> None:
    text = kinds(network("relu", depth=1, bias_initializer=nn.initializers.Constant(-50)))
    assert "16 of 16 units are dead" in text["dead units"]
    assert "'dense'" in text["dead units"]


def test_saturated_units() -> None:
    model = network("tanh", depth=1, kernel_initializer=nn.initializers.RandomNormal(stddev=40))
    assert "near the ends of tanh" in kinds(model)["saturated units"]


def test_vanishing_and_exploding_gradients() -> None:
    assert "vanishes" in kinds(network("sigmoid", depth=12))["vanishing gradients"]
    model = network("relu", depth=4)
    weights = model.get_weights()
    weights[0] *= 1e-6  # small on the way up, large on the way back
    model.set_weights([w * 100 if i in (2, 4, 6, 8) else w for i, w in enumerate(weights)])
    assert "its gradient is" in kinds(model)["exploding gradients"]
    # Each kernel's gradient is large alike where the outputs grow as much on the way up.
    steep = nn.initializers.RandomNormal(stddev=1.5)
    text = kinds(network("relu", depth=8, kernel_initializer=steep))["exploding gradients"]
    assert "layer 'dense': the gradient of its z is" in text
    assert "explodes" in text


@pytest.mark.parametrize(
    ("history", "kind"),
    [
        ({"loss": [1.0, 0.9, 1.5, 2.0, 3.0]}, "rising loss"),
        ({"loss": [0.7, 0.7, 0.699, 0.7, 0.699, 0.7]}, "loss stands still"),
        (
            {"loss": [0.9, 0.5, 0.3, 0.2, 0.1], "val_loss": [0.9, 0.6, 0.7, 0.8, 0.9]},
            "over-fitting",
        ),
        ({"loss": [0.9, 0.5, 0.3], "val_loss": [0.9, 0.6, 0.5]}, None),
        ({"loss": []}, None),
        ({"loss": [1.0, 1.1]}, None),
    ],
)
def test_losses(history: dict[str, list[float]], kind: str | None) -> None:
    assert [f.kind for f in examine_history(history)] == ([kind] if kind else [])


def test_fit_says_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    model = network("relu", depth=1, bias_initializer=nn.initializers.Constant(-50))
    history = model.fit(X, Y, epochs=8, verbose=2)
    assert [f.kind for f in history.findings].count("dead units") == 1
    assert capsys.readouterr().out.count("doctor: layer 'dense': 16 of 16 units are dead") == 1
    assert network("relu").fit(X, Y, epochs=4, verbose=0).findings == []


def test_looking_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = network("tanh").fit(X, Y, epochs=4, verbose=0)
    monkeypatch.setattr(nn.callbacks.Doctor, "on_epoch_end", lambda *_: None)
    assert network("tanh").fit(X, Y, epochs=4, verbose=0).history == watched.history


def regression(rate: Any) -> nn.Sequential:
    net = [layers.Input(shape=(6,)), layers.Dense(8, "relu"), layers.Dense(1)]
    model = nn.Sequential(net, seed=0)
    model.compile(nn.optimizers.SGD(rate), "mse")
    return model


class TestNonFinite:
    """What fit does when a loss is not finite."""

    def test_rollback_halves_the_rate_and_goes_on(self) -> None:
        model = regression(2.0)
        with pytest.raises(nn.errors.NonFiniteError):
            model.fit(X, X[:, 0] * 3, epochs=30, batch_size=8, verbose=0)
        model = regression(2.0)
        first = model.get_weights()
        try:
            model.fit(X, X[:, 0] * 3, epochs=30, verbose=0, batch_size=8, on_nonfinite="rollback")
        except nn.errors.NonFiniteError:
            assert model.optimizer.learning_rate == 2.0 / 2**3
        assert model.optimizer.learning_rate < 2.0
        said = [f.text for f in model.history.findings if f.kind == "rollback"]
        assert "half the learning rate (1 of at most 3 times)" in said[0]
        assert "What failed was epoch 1, step " in said[0]
        assert "stopped" not in said[0]
        assert all(np.isfinite(w).all() for w in model.get_weights())
        assert len(first) == len(model.get_weights())

    def test_rollback_of_a_schedule(self) -> None:
        schedule = nn.schedules.InverseTimeDecay(1e5, 1, 0.0)
        model = regression(schedule)
        with pytest.raises(nn.errors.NonFiniteError, match="epoch 1"):
            model.fit(X, X[:, 0], epochs=2, verbose=0, batch_size=8, on_nonfinite="rollback")
        assert isinstance(model.optimizer.learning_rate, Scaled)
        assert model.optimizer.rate(0) == pytest.approx(1e5 / 8)

    def test_ignore_passes_over_the_step(self) -> None:
        x, y = X.copy(), X[:, 0].copy()
        x[17] = 3e38  # finite, but not what the layers make of it
        model = regression(0.01)
        with pytest.warns(nn.errors.DataWarning, match="not scaled"):
            history = model.fit(x, y, epochs=2, verbose=0, batch_size=8, on_nonfinite="ignore")
        (said,) = [f.text for f in history.findings if f.kind == "skipped steps"]
        assert said.startswith("a step was passed over: epoch 1, step ")
        assert "stopped" not in said
        assert model.state.iteration == 2 * 15 - 2
        assert all(np.isfinite(w).all() for w in model.get_weights())

    def test_an_epoch_without_a_step_has_no_loss(self) -> None:
        model = regression(0.01)
        with pytest.warns(nn.errors.DataWarning, match="not scaled"):
            history = model.fit(
                np.full_like(X, 3e38), Y, epochs=2, verbose=0, on_nonfinite="ignore"
            )
        assert np.isnan(history.history["loss"]).all()

    def test_an_unknown_choice(self) -> None:
        with pytest.raises(nn.errors.ArgumentError, match="on_nonfinite"):
            regression(0.1).fit(X, Y, on_nonfinite="hope", verbose=0)


def test_what_is_looked_at_leaves_the_cores_to_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """BLAS has one thread while NumPy multiplies: others would go on spinning afterwards."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    inside: list[set[int]] = []

    def threads() -> set[int]:
        infos = threadpoolctl.threadpool_info()
        return {info["num_threads"] for info in infos if info["user_api"] == "blas"}

    for module in ("neurona.explain.doctor", "neurona.explain.nonfinite"):
        plain = importlib.import_module(module).forward

        def forward(*arguments: Any, plain: Any = plain) -> Any:
            inside.append(threads())
            return plain(*arguments)

        monkeypatch.setattr(f"{module}.forward", forward)

    class Watched(nn.metrics.MeanMetric):
        def values(self, y: Any, p: Any) -> Any:
            inside.append(threads())
            return p[:, 0]

    model = network("relu")
    model.compile("sgd", "binary_crossentropy", metrics=[Watched()])
    before = threads()
    model.fit(X, Y, epochs=2, verbose=0)
    with pytest.raises(nn.errors.NonFiniteError):
        regression(1e6).fit(X, Y, epochs=3, verbose=0)
    assert len(inside) >= 4
    assert all(found <= {1} for found in inside)
    assert threads() == before


def test_a_moment_of_training_is_not_looked_at_before_its_fourth_epoch() -> None:
    """To look costs more than to train a small network for an epoch."""
    model = network("relu", depth=1, bias_initializer=nn.initializers.Constant(-50))
    model.fit(X, Y, batch_size=60, verbose=0)  # makes the engine, and so takes its time
    assert model.fit(X, Y, batch_size=60, epochs=1, verbose=0).findings == []
    assert model.fit(X, Y, batch_size=60, epochs=4, verbose=0).findings != []


def test_layers_are_looked_at_when_a_hundredth_of_the_time_pays_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But for one look at the fourth epoch. Steps are reckoned at 3 µs, a look at 1 ms."""
    model = network("relu", depth=1)
    looked: list[int] = []

    def examine(*_: Any) -> list[Any]:
        looked.append(len(model.history.epoch))
        return []

    at_work = importlib.import_module("neurona.callbacks.doctor")
    monkeypatch.setattr(at_work, "examine_layers", examine)
    model.fit(X, Y, batch_size=1, epochs=1024, verbose=0)
    assert looked == [4, 1024]  # 512 epochs of 120 steps pay for 1.8 looks, 1024 for 3.7


def test_findings_do_not_depend_on_the_time_taken() -> None:
    def found(callbacks: list[nn.callbacks.Callback]) -> list[tuple[Any, ...]]:
        model = network("relu", depth=1, bias_initializer=nn.initializers.Constant(-50))
        model.fit(X, Y, batch_size=60, epochs=2, callbacks=callbacks, verbose=0)
        return [astuple(finding) for finding in model.history.findings]

    slowly = nn.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: sleep(0.02))
    assert found([slowly]) == found([])


def test_losses_are_looked_at_more_rarely_as_they_grow_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that looking takes a time in proportion to their number."""
    looked: list[int] = []

    def examine(history: dict[str, list[float]]) -> list[Any]:
        looked.append(len(history["loss"]))
        return []

    monkeypatch.setattr("neurona.callbacks.doctor.examine_history", examine)
    network("relu", depth=1).fit(X, Y, batch_size=60, epochs=4096, verbose=0)
    assert looked[:8] == [1, 2, 4, 8, 12, 16, 20, 28]
    assert all(later - sooner <= max(8, sooner / 4) for sooner, later in pairwise(looked))
    assert sum(looked) < 16 * 4096
