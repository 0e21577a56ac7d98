"""Boundaries, neurons and losses over a plane: the numbers behind the pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurona import Sequential, datasets, layers, perceptron, plots
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    NonFiniteError,
    NotBuiltError,
    ShapeError,
)

X, Y = datasets.moons(80, noise=0.1, seed=1)


def model_of(*units: int, activation: str = "tanh", last: str = "sigmoid") -> Sequential:
    """Untrained, two features."""
    hidden = [layers.Dense(n, activation) for n in units[:-1]]
    model = Sequential([layers.Input(shape=(2,)), *hidden, layers.Dense(units[-1], last)], seed=4)
    model.compile("adam", "mse")
    return model


# Decision boundaries


def test_every_point_of_the_grid_is_asked() -> None:
    model = model_of(5, 1)
    found = plots.decision_boundary_data(model, X, Y, resolution=30)
    assert found.scores.shape == (30, 30, 1)
    for row, column in ((0, 0), (3, 17), (29, 29)):
        point = [[found.plane.x1[column], found.plane.x2[row]]]
        p = float(model.predict(np.array(point))[0, 0])
        assert found.scores[row, column, 0] == pytest.approx(p, rel=1e-6)
        assert found.numbers[row, column] == (p > 0.5)
        assert found.margins[row, column, 0] == pytest.approx(p - 0.5, abs=1e-6)
        assert found.confidence[row, column] == pytest.approx(abs(2 * p - 1), abs=1e-5)
    np.testing.assert_array_equal(found.plane.points, X.astype(np.float64))
    low, high = X.min(axis=0), X.max(axis=0)
    assert found.plane.x1[0] < low[0] < high[0] < found.plane.x1[-1]


@pytest.mark.parametrize(
    ("last", "threshold"), [("sigmoid", 0.5), ("tanh", 0.0), ("hard_sigmoid", 0.5), ("linear", 0.0)]
)
def test_the_threshold_is_the_middle_of_the_output(last: str, threshold: float) -> None:
    model = model_of(5, 1, last=last)
    found = plots.decision_boundary_data(model, X, resolution=20)
    np.testing.assert_array_equal(found.numbers, found.scores[:, :, 0] > threshold)
    other = plots.decision_boundary_data(model, X, resolution=20, threshold=0.3)
    np.testing.assert_array_equal(other.numbers, other.scores[:, :, 0] > 0.3)


def test_many_classes() -> None:
    model = model_of(6, 3, last="softmax")
    found = plots.decision_boundary_data(model, X, resolution=25)
    np.testing.assert_array_equal(found.numbers, found.scores.argmax(axis=2))
    ordered = np.sort(found.scores, axis=2)
    np.testing.assert_allclose(found.margins.max(axis=2), ordered[..., 2] - ordered[..., 1])
    assert ((found.margins > 0).sum(axis=2) <= 1).all()
    np.testing.assert_allclose(found.confidence, (ordered[..., 2] - 1 / 3) * 1.5)
    assert found.class_names == ("0", "1", "2")


def test_a_slice_holds_the_other_features_fixed() -> None:
    iris = datasets.iris.load()
    model = Sequential([layers.Dense(3, "softmax", input_shape=(4,))], seed=2)
    found = plots.decision_boundary_data(
        model, iris.x, iris.y, (3, 1), resolution=10, feature_names=iris.feature_names
    )
    assert found.plane.names == ("petal width", "sepal width")
    row = iris.x.astype(np.float64).mean(axis=0)
    row[3], row[1] = found.plane.x1[2], found.plane.x2[7]
    np.testing.assert_allclose(found.scores[7, 2], model.predict(row[None])[0], rtol=1e-5)
    at = plots.decision_boundary_data(model, iris.x, at=[9, 8, 7, 6], resolution=4)
    assert at.plane.rows()[0, 2:].tolist() == [7, 6]
    median = plots.decision_boundary_data(model, iris.x, at="median", resolution=4)
    assert median.plane.rows()[0, 2] == pytest.approx(np.median(iris.x[:, 2]))


def test_single_neurons_and_names_of_classes() -> None:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = ["no", "no", "no", "yes"]
    neuron = perceptron.Perceptron().fit(x, y)
    found = plots.decision_boundary_data(neuron, x, y, resolution=12)
    assert found.class_names == ("no", "yes")
    said = neuron.predict(found.plane.rows()).reshape(12, 12)
    np.testing.assert_array_equal(np.array(found.class_names)[found.numbers], said)


def test_regions_have_the_points_numbers() -> None:
    iris = datasets.iris.load()
    x, y = iris.x[50:, 2:], iris.y[50:]  # classes 1 and 2
    x = x - x.mean(axis=0)
    neuron = perceptron.Adaline(learning_rate=0.05, max_epochs=500, tolerance=0.1).fit(x, y)
    found = plots.decision_boundary_data(neuron, x, y, resolution=15)
    assert set(np.unique(found.numbers)) <= {1, 2}


class Probable:
    """A classifier of another library's kind."""

    classes_ = np.array(["a", "b", "c"])

    def predict_proba(self, rows: Any) -> Any:
        return np.tile([0.2, 0.5, 0.3], (len(rows), 1))


def test_other_classifiers() -> None:
    found = plots.decision_boundary_data(Probable(), X, resolution=5)
    assert (found.numbers == 1).all()
    assert found.class_names == ("0", "1", "2")
    named = plots.decision_boundary_data(Probable(), [[0, 0], [1, 1]], ["a", "c"], resolution=5)
    assert named.class_names[named.numbers[0, 0]] == "b"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3, X), ArgumentTypeError, "model must be a Sequential"),
        ((lambda rows: rows[:3], X), ShapeError, r"gave shape \(3, 2\) for 40000 rows"),
        ((lambda rows: rows * np.inf, X + 9), NonFiniteError, "NaN or infinity"),
        ((abs, X[:, :1]), ShapeError, "features ≥ 2"),
        ((abs, X, Y[:3]), ShapeError, "one label for each of the 80 rows"),
        ((abs, X, None, (0, 0)), ArgumentError, "two different columns"),
        ((abs, X, None, (0, 2)), ArgumentError, "features must be"),
        ((abs, X, None, 1), ArgumentTypeError, "two column numbers"),
        ((abs, X, None, (0, 1), [1.0]), ShapeError, "at must be a row of 2 features"),
        ((abs, X, None, (0, 1), "mode"), ArgumentError, "'mean', 'median'"),
        ((abs, X, None, (0, 1), None, 1), ArgumentError, "resolution"),
        ((abs, [[0, 1], [np.nan, 2]]), DataError, "Row 1 of x"),
    ],
)
def test_boundaries_that_cannot_be_drawn(
    arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plots.decision_boundary_data(*arguments)


def test_a_model_that_says_one_thing_everywhere_is_drawn_without_a_line() -> None:
    pytest.importorskip("matplotlib")
    ax = plots.decision_boundary(lambda rows: np.ones(len(rows)), X, Y)
    assert len(ax.collections) == 2  # the points alone
    assert ax.figure.canvas.draw() is None  # and no warning


# Hidden neurons


def test_each_neuron_over_the_plane() -> None:
    model = model_of(4, 3, 1)
    found = plots.hidden_neurons_data(model, X, Y, layer="dense_1", resolution=20)
    assert (found.layer, found.neurons) == ("dense_1", (0, 1, 2))
    point = np.array([[found.plane.x1[5], found.plane.x2[8]]])
    first, second = model.layers[0].get_weights(), model.layers[1].get_weights()
    z = np.tanh(point @ first[0] + first[1]) @ second[0] + second[1]
    np.testing.assert_allclose(found.z[8, 5], z[0], rtol=1e-4)
    np.testing.assert_allclose(found.h[8, 5], np.tanh(z[0]), rtol=1e-4)
    assert plots.hidden_neurons_data(model, X, most=2).neurons == (0, 1)
    assert plots.hidden_neurons_data(model, X, layer=-1).layer == "dense_2"


def test_layers_that_are_no_row_of_neurons() -> None:
    image = Sequential([layers.Reshape((2, 2), input_shape=(4,))], seed=1)
    with pytest.raises(ArgumentError, match=r"gives shape \(2, 2\)"):
        plots.hidden_neurons_data(image, np.eye(4), layer=0)
    with pytest.raises(ArgumentError, match="no Dense layer"):
        plots.hidden_neurons_data(image, np.eye(4))
    with pytest.raises(ArgumentTypeError, match="layers can be looked into; got function"):
        plots.hidden_neurons_data(lambda rows: rows, X)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="dense"):
        plots.hidden_neurons_data(model_of(3, 1), np.eye(3))


# A perceptron's path


def test_the_path_of_a_perceptron() -> None:
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = [-1, -1, -1, 1]
    neuron = perceptron.Perceptron().fit(x, y)
    found = plots.perceptron_path_data(neuron, x, y)
    assert len(found) == neuron.updates_run == len(found.points)
    assert found.weights[0].tolist() == [0, 0, 0]
    assert found.weights[-1].tolist() == [neuron.bias, *neuron.weights_]
    assert found.converged
    for i, point in enumerate(found.points):
        step = found.weights[i + 1] - found.weights[i]
        np.testing.assert_array_equal(step, y[point] * np.array([1.0, *x[point]]))


def test_boundaries_end_at_the_regions_edge() -> None:
    x, y = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]), [0, 1, 1]
    found = plots.perceptron_path_data(perceptron.Perceptron().fit(x, y), x, y)
    left, right, bottom, top = found.plane.extent
    seen = 0
    for w, ends in zip(found.weights, found.segments(), strict=True):
        if len(ends):
            np.testing.assert_allclose(w[0] + ends @ w[1:], 0.0, atol=1e-9)
            on_edge = np.isclose(ends, [left, bottom]) | np.isclose(ends, [right, top])
            assert on_edge.any(axis=1).all()
            seen += 1
    assert seen >= 1
    assert found.segments()[0].shape == (0, 2)  # no weights, no boundary
    assert len(found.until(2).segments()) == 3
    assert found.until(0).shown == 0


@pytest.mark.parametrize(
    ("weights", "ends"),
    [
        ([0.0, 1.0, 0.0], [[0.0, -1.0], [0.0, 1.0]]),  # upright
        ([0.0, 0.0, 2.0], [[-1.0, 0.0], [1.0, 0.0]]),  # level
        ([0.0, 1.0, -1.0], [[-1.0, -1.0], [1.0, 1.0]]),  # through two corners
        ([9.0, 1.0, 1.0], np.zeros((0, 2))),  # elsewhere
    ],
)
def test_a_line_across_the_region(weights: Any, ends: Any) -> None:
    from neurona.plots.perceptrons import _across

    np.testing.assert_allclose(_across(np.array(weights), (-1, 1, -1, 1)), ends)


def test_neurons_without_a_path() -> None:
    x, y = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
    silent = perceptron.Perceptron(path_length=0).fit(x, y)
    with pytest.raises(ArgumentError, match="path_length is 0"):
        plots.perceptron_path_data(silent, x, y)
    with pytest.raises(ShapeError, match="3 features is no line"):
        plots.perceptron_path_data(perceptron.Perceptron().fit(np.eye(3), [0, 1, 1]), x, y)
    with pytest.raises(NotBuiltError):
        plots.perceptron_path_data(perceptron.Perceptron(), x, y)
    with pytest.raises(ArgumentTypeError, match="got Sequential"):
        plots.perceptron_path_data(model_of(1), x, y)  # type: ignore[arg-type]


# The loss about a model's weights


def trained() -> tuple[Sequential, plots.WeightPath]:
    model, path = model_of(4, 1), plots.WeightPath()
    model.fit(X, Y, epochs=8, callbacks=[path], verbose=0)
    return model, path


def flat(model: Sequential) -> Any:
    return np.concatenate([w.ravel() for w in model.get_weights()])


def put(model: Sequential, vector: Any) -> None:
    shapes = [w.shape for w in model.get_weights()]
    parts = np.split(vector, np.cumsum([int(np.prod(s)) for s in shapes])[:-1])
    model.set_weights([part.reshape(s) for part, s in zip(parts, shapes, strict=True)])


def test_the_landscape_is_the_models_loss_at_those_weights() -> None:
    model, _ = trained()
    found = plots.loss_landscape_data(model, X, Y, resolution=5, span=0.5)
    now = flat(model)
    assert found.loss[2, 2] == pytest.approx(model.evaluate(X, Y), rel=1e-6)
    for row, column in ((0, 0), (1, 3), (4, 2)):
        put(
            model,
            now + found.a[column] * found.directions[0] + found.b[row] * found.directions[1],
        )
        assert found.loss[row, column] == pytest.approx(model.evaluate(X, Y), rel=1e-5)


def test_random_directions_are_filter_normalised() -> None:
    model, _ = trained()
    found = plots.loss_landscape_data(model, X, Y, resolution=2)
    start = 0
    for w in model.get_weights():
        for direction in found.directions:
            d = direction[start : start + w.size].reshape(w.shape)
            if w.ndim == 1:
                assert not d.any()
            else:
                np.testing.assert_allclose(
                    np.linalg.norm(d, axis=0), np.linalg.norm(w, axis=0), rtol=1e-5
                )
        start += w.size
    again = plots.loss_landscape_data(model, X, Y, resolution=2)
    other = plots.loss_landscape_data(model, X, Y, resolution=2, seed=1)
    np.testing.assert_array_equal(again.loss, found.loss)
    assert not np.allclose(other.directions, found.directions)


def test_the_path_is_projected_on_its_main_directions() -> None:
    model, path = trained()
    found = plots.loss_landscape_data(model, X, Y, path, resolution=3)
    assert found.kind == "pca"
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-9)
    steps = np.stack(path.weights).astype(np.float64) - flat(model)
    assert found.path is not None
    np.testing.assert_allclose(found.path, steps @ found.directions.T, atol=1e-6)
    np.testing.assert_allclose(found.path[-1], 0.0, atol=1e-6)
    _, lengths, _ = np.linalg.svd(steps)
    assert found.explained == pytest.approx((lengths[:2] ** 2).sum() / (lengths**2).sum())
    assert found.path_epochs == tuple(range(9))
    assert found.a[0] < found.path[:, 0].min() <= found.path[:, 0].max() < found.a[-1]
    projected = plots.loss_landscape_data(model, X, Y, path, "random", resolution=3)
    assert projected.path is not None
    assert projected.explained is not None
    assert 0.0 <= projected.explained < found.explained


def test_landscapes_that_cannot_be_drawn() -> None:
    model, path = trained()
    with pytest.raises(ArgumentError, match="at least three snapshots"):
        plots.loss_landscape_data(model, X, Y, directions="pca")
    with pytest.raises(ShapeError, match="17 trainable weights, but the model has 9"):
        plots.loss_landscape_data(model_of(2, 1), X, Y, path)
    with pytest.raises(NotBuiltError, match="has no loss"):
        plots.loss_landscape_data(Sequential([layers.Dense(1, input_shape=(2,))]), X, Y)


def test_an_overflowing_loss_is_infinite() -> None:
    model = model_of(1, last="exponential")
    found = plots.loss_landscape_data(model, X, Y, span=100, resolution=3)
    assert np.isinf(found.loss).any()
    pytest.importorskip("matplotlib")
    found.plot().figure.canvas.draw()
    put(model, np.full(3, 1e30))
    with pytest.raises(NonFiniteError, match="lower span"):
        plots.loss_landscape_data(model, X + 9, Y, span=1e-3, resolution=3)


# Recording the path


def test_a_weight_path_holds_what_the_weights_were() -> None:
    model, path = model_of(3, 1), plots.WeightPath(every=2)
    before = flat(model)
    model.fit(X, Y, epochs=5, callbacks=[path], verbose=0)
    assert path.epochs == [0, 2, 4, 5]
    np.testing.assert_array_equal(path.weights[0], before)
    np.testing.assert_array_equal(path.weights[-1], flat(model))
    model.fit(X, Y, epochs=1, callbacks=[path], verbose=0)  # goes on
    assert path.epochs == [0, 2, 4, 5, 6]
    with pytest.raises(ArgumentError, match="another model"):
        model_of(2, 1).fit(X, Y, callbacks=[path], verbose=0)


def test_a_long_path_is_thinned() -> None:
    model, path = model_of(1), plots.WeightPath(most=5)
    model.fit(X, Y, epochs=12, callbacks=[path], verbose=0)
    assert len(path.weights) <= 5
    assert path.epochs[0] == 0
    assert path.epochs == sorted(path.epochs)
    assert path.epochs[-1] == 12
    np.testing.assert_array_equal(path.weights[-1], flat(model))
