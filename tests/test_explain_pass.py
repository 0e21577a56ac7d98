"""A neuron's pass over its points, told visit by visit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from neurona import datasets
from neurona.errors import ArgumentError, ConvergenceWarning, DataError, NotBuiltError
from neurona.explain import explain_pass
from neurona.perceptron import Adaline, DeltaRule, Hebb, Neuron, Perceptron
from notebook_html import shown

OR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [-1, 1, 1, 1]


@pytest.mark.parametrize(
    "neuron",
    [
        Perceptron(0.5),
        DeltaRule(0.1, seed=3),
        Adaline(0.05, max_epochs=20),
        Hebb(),
        Hebb(targets=(0.0, 1.0)),
    ],
    ids=repr,
)
def test_every_visit(neuron: Neuron) -> None:
    x, y = np.array(OR[0]), OR[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        neuron.fit(x, y)
    told = explain_pass(neuron, x, y)
    assert len(told) == neuron.epochs_run * len(x)
    for number, visit in enumerate(told):
        assert (visit.epoch, visit.point) == divmod(number, len(x))
        extended = np.array([1.0, *x[visit.point]])
        assert visit.z == pytest.approx(extended @ visit.before, abs=1e-12)
        assert visit.side == neuron.targets[y[visit.point] == 1]
        if visit.changed:
            ratio = visit.change[0]
            np.testing.assert_allclose(visit.change, ratio * extended, atol=1e-12)
    for one, other in zip(told.visits, told.visits[1:], strict=False):
        assert np.array_equal(one.after, other.before)
    assert np.array_equal(told.visits[-1].after, [neuron.bias, *neuron.weights_])
    counted = [sum(v.mistake for v in told if v.epoch == e) for e in range(neuron.epochs_run)]
    assert counted == neuron.mistakes_per_epoch
    changed = [v for v in told if v.changed]
    assert [v.point for v in explain_pass(neuron)] == [v.point for v in changed]


def test_shown() -> None:
    told = explain_pass(Perceptron().fit(*OR), *OR)
    assert str(told) == repr(told) == told.to_text(100)
    assert "where y·z ≤ 0: w ← w + η·y·(1, x)" in str(told)
    for line in ("(0, 1)   1  -1  wrong   (1, 0, 1)", "(1, 1)   1   3  right           –"):
        assert line in str(told)
    assert max(map(len, told.to_text(40).splitlines())) <= 40
    text = shown(told)
    assert "wrong" in text
    assert "(1, 0, 1)" in text
    lines = told.to_markdown().splitlines()
    assert len([line for line in lines if line.startswith("| ")]) == len(told) + 2


def test_one_epoch() -> None:
    told = explain_pass(Perceptron().fit(*OR), *OR, epoch=2)
    assert [visit.epoch for visit in told] == [2, 2, 2, 2]
    assert all(visit.x is not None for visit in told)
    assert [v.epoch for v in explain_pass(Perceptron().fit(*OR), epoch=2)] == [2, 2]


def test_labels_of_any_kind() -> None:
    names = ["no", "yes", "yes", "yes"]
    told = explain_pass(Perceptron().fit(OR[0], names), OR[0], names)
    assert [visit.side for visit in told][:4] == [-1.0, 1.0, 1.0, 1.0]


def test_whole_batches_have_no_points() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        neuron = Adaline(0.1, max_epochs=3, whole_batch=True).fit(*OR)
    told = explain_pass(neuron, *OR)
    assert [visit.point for visit in told] == [None] * 3
    assert "all" in str(told)


def test_a_path_cut_short_begins_where_it_can() -> None:
    whole = Perceptron().fit(*OR)
    told = explain_pass(Perceptron(path_length=4).fit(*OR), *OR)
    assert not told.complete
    assert "the last 4 of 9 changes" in str(told)
    same = explain_pass(whole, *OR).visits[-len(told) :]
    for a, b in zip(told, same, strict=True):
        assert (a.epoch, a.point, a.z, a.mistake) == (b.epoch, b.point, b.z, b.mistake)
        assert np.array_equal(a.after, b.after)


def test_a_neuron_that_was_right_from_the_start() -> None:
    x, y = [[-1.0], [1.0]], [0, 1]
    neurons = [DeltaRule(seed=seed).fit(x, y) for seed in range(20)]
    neuron = next(neuron for neuron in neurons if not neuron.updates_run)
    assert len(explain_pass(neuron)) == 0
    told = explain_pass(neuron, x, y)
    assert [visit.mistake for visit in told] == [False] * 2
    assert np.array_equal(told.visits[0].after, [neuron.bias, *neuron.weights_])
    assert "Converged in 1 epoch" in str(explain_pass(neuron))


def test_many_features_and_visits_are_cut_short() -> None:
    digits = datasets.digits.load()
    x, y = digits.x.reshape(len(digits.x), -1), digits.y == 0
    told = explain_pass(Perceptron().fit(x, y), x, y)
    assert len(told) > 1000
    assert len(str(told).splitlines()) < 150
    assert max(map(len, str(told).splitlines())) <= 100


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n: explain_pass(Perceptron()), NotBuiltError, "fit"),
        (lambda n: explain_pass(n, OR[0]), ArgumentError, "both x and y"),
        (lambda n: explain_pass(n, *OR, epoch=6), ArgumentError, "epoch must be between 0 and 5"),
        (lambda n: explain_pass(n, OR[0], [1, 1, 1, -1]), DataError, "Row 0 .*not what"),
        (lambda n: explain_pass(n, OR[0], [0, 1, 1, 1]), DataError, r"classes \[0, 1\]"),
        (lambda n: explain_pass(n, np.ones((4, 3)), OR[1]), Exception, "3 features"),
        (
            lambda n: explain_pass(Perceptron(path_length=0).fit(*OR)),
            ArgumentError,
            "path_length=9",
        ),
        (
            lambda n: explain_pass(n, np.tile(OR[0], (5000, 1)), np.tile(OR[1], 5000)),
            ArgumentError,
            "say which epoch=",
        ),
    ],
)
def test_errors(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(Perceptron().fit(*OR))
