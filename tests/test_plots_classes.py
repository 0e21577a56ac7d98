"""Pictures of tables, of right and wrong answers, and moving ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurona import Sequential, datasets, layers, metrics, perceptron, plots
from neurona.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    MissingExtraError,
    NonFiniteError,
    ShapeError,
)

RANDOM = np.random.default_rng(5)
TRUE = RANDOM.integers(0, 4, 200)
P = RANDOM.dirichlet(np.ones(4), 200)
IMAGES = RANDOM.uniform(size=(200, 5, 5))


# Confusion matrices


def test_confusion_counts_are_those_of_the_metric() -> None:
    found = plots.confusion_matrix_data(TRUE, P)
    np.testing.assert_array_equal(found.counts, metrics.ConfusionMatrix()(TRUE, P))
    assert found.errors == int((P.argmax(axis=1) != TRUE).sum())
    assert found.total == 200
    np.testing.assert_allclose(found.share.sum(axis=1), 1.0)
    for y, p in (
        (np.eye(4)[TRUE], P),
        (TRUE, P.argmax(axis=1)),
        (TRUE[:, None], P),
        (np.eye(4)[TRUE], P.argmax(axis=1)),
    ):
        np.testing.assert_array_equal(plots.confusion_matrix_data(y, p).counts, found.counts)


def test_confusion_of_one_output() -> None:
    found = plots.confusion_matrix_data([0, 1, 1, 0], [[0.2], [0.7], [0.4], [0.5]])
    assert found.counts.tolist() == [[2, 0], [1, 1]]


def test_classes_that_do_not_occur() -> None:
    found = plots.confusion_matrix_data([0, 0], [0, 0], class_names=["a", "b", "c"])
    assert found.counts.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert found.share[1].tolist() == [0, 0, 0]
    assert plots.confusion_matrix_data([0, 0], [0, 0]).counts.shape == (2, 2)


def test_what_is_written_into_the_cells() -> None:
    pytest.importorskip("matplotlib")
    y, p = [0] * 1000 + [1], [0] * 999 + [1, 1]
    counts = plots.confusion_matrix(y, p)
    assert [t.get_text() for t in counts.texts] == ["999", "1", "·", "1"]
    shares = plots.confusion_matrix(y, p, shares=True)
    assert [t.get_text() for t in shares.texts] == ["100 %", "<1 %", "·", "100 %"]
    assert counts.get_title() == "1 of 1,001 wrong (0.10%)"


@pytest.mark.parametrize(
    ("y", "p", "names", "error", "message"),
    [
        ([0, 4], P[:2], None, DataError, "label 4 in row 1"),
        ([0, 1], P[:3], None, ShapeError, "do not fit"),
        ([0, 1], [0, 1, 1], None, ShapeError, "y has 2 rows but p has 3"),
        ([0, -1], [0, 1], None, DataError, "-1"),
        (TRUE, P * np.nan, None, NonFiniteError, "row 0 is NaN"),
        (TRUE, P, ["a", "b"], ShapeError, "2 names, but there are 4 classes"),
        (TRUE, P, "abcd", ArgumentTypeError, "list of names"),
        (TRUE, P[:, :, None], None, ShapeError, r"must have shape \(n, k\)"),
    ],
)
def test_outcomes_that_do_not_fit(
    y: Any, p: Any, names: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plots.confusion_matrix_data(y, p, names)


# The gallery of mistakes


def test_mistakes_are_sorted_by_their_loss() -> None:
    found = plots.misclassified_data(IMAGES, TRUE, P, most=7)
    wrong = np.flatnonzero(P.argmax(axis=1) != TRUE)
    assert set(found.rows) == set(wrong)
    assert found.errors == len(wrong)
    np.testing.assert_allclose(found.losses, -np.log(P[found.rows, TRUE[found.rows]]))
    assert (np.diff(found.losses) <= 0).all()
    np.testing.assert_array_equal(found.images, IMAGES[found.rows[:7]])
    np.testing.assert_array_equal(found.true, TRUE[found.rows])
    np.testing.assert_array_equal(found.estimated, P[found.rows].argmax(axis=1))


def test_the_gallery_shows_true_top_right_and_estimated_bottom_right() -> None:
    pytest.importorskip("matplotlib")
    p = np.tile([0.7, 0.2, 0.1], (3, 1))
    ax = plots.misclassified(IMAGES[:3], [1, 0, 2], p, class_names=["x", "y", "z"])
    assert ax.get_title() == "2 errors in 3 (66.7 %)"
    top, bottom = ax.texts[:2]
    assert (top.get_text(), bottom.get_text()) == ("z", "x")  # the worse mistake first
    assert top.get_color() != bottom.get_color()
    (_, right, _, _) = ax.images[0].get_extent()
    assert top.get_position()[0] > right
    assert top.get_position()[1] < bottom.get_position()[1]  # the axis points down
    ax.figure.canvas.draw()
    shown = ax.images[0].get_window_extent()
    assert shown.width == pytest.approx(shown.height)  # pixels are square


def test_flat_rows_and_colour_images() -> None:
    flat = plots.misclassified_data(IMAGES.reshape(200, 25), TRUE, P)
    assert flat.images.shape[1:] == (5, 5)
    wide = plots.misclassified_data(IMAGES[:, :2].reshape(200, 10), TRUE, P, image_shape=(2, 5))
    assert wide.images.shape[1:] == (2, 5)
    assert plots.misclassified_data(IMAGES[..., None], TRUE, P).images.ndim == 3
    colour = np.repeat(IMAGES[..., None], 3, axis=3)
    assert plots.misclassified_data(colour, TRUE, P).images.shape[1:] == (5, 5, 3)


def test_a_certain_mistake_has_a_finite_loss() -> None:
    found = plots.misclassified_data(IMAGES[:1], [0], [[0.0, 1.0]])
    assert np.isfinite(found.losses[0])
    assert found.losses[0] > 600


def test_without_probabilities_mistakes_keep_their_order() -> None:
    found = plots.misclassified_data(IMAGES[:4], [0, 1, 1, 0], [1, 1, 0, 0])
    assert found.rows.tolist() == [0, 2]
    assert np.isnan(found.losses).all()


def test_no_mistakes_at_all() -> None:
    pytest.importorskip("matplotlib")
    ax = plots.misclassified(IMAGES[:2], [0, 1], [0, 1])
    assert ax.get_title() == "0 errors in 2 (0 %)"
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("x", "p", "settings", "error", "message"),
    [
        (IMAGES[:3], P[:2], {}, ShapeError, "x has 3 rows but y has 2"),
        (IMAGES[:2, 0, :3], P[:2], {}, ShapeError, "3 numbers make no square"),
        (IMAGES[:2, 0], P[:2], {"image_shape": (2, 2)}, ShapeError, "holds 4 numbers, not 5"),
        (IMAGES[:2, 0], P[:2], {"image_shape": 5}, ArgumentTypeError, "image_shape"),
        (IMAGES[:2, 0, 0], P[:2], {}, ShapeError, "images are"),
        (IMAGES[:2], 5 * P[:2], {}, ArgumentError, "scores, not probabilities"),
        (IMAGES[:2], P[:2], {"most": 0}, ArgumentError, "most"),
    ],
)
def test_galleries_that_cannot_be_drawn(
    x: Any, p: Any, settings: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plots.misclassified_data(x, [0, 1], p, **settings)


# The scatter-plot matrix


def test_histograms_count_every_row_once() -> None:
    iris = datasets.iris.load()
    found = plots.scatter_matrix_data(iris, bins=7)
    assert found.counts.shape == (4, 3, 7)
    assert found.counts.sum(axis=2).tolist() == [[50, 50, 50]] * 4
    assert found.class_names == iris.class_names
    for j in range(4):
        counts, _ = np.histogram(iris.x[iris.y == 1, j].astype(np.float64), found.edges[j])
        np.testing.assert_array_equal(found.counts[j, 1], counts)
        assert found.edges[j, 0] < iris.x[:, j].min() <= iris.x[:, j].max() < found.edges[j, -1]


def test_tables_without_classes_and_with_names() -> None:
    plain = plots.scatter_matrix_data(IMAGES[:, 0, :3])
    assert plain.class_names == ("all",)
    assert plain.feature_names == ("feature 0", "feature 1", "feature 2")
    named = plots.scatter_matrix_data(IMAGES[:4, 0, :2], ["b", "a", "b", "b"])
    assert named.class_names == ("a", "b")
    assert named.labels.tolist() == [1, 0, 1, 1]
    constant = plots.scatter_matrix_data([[1.0, 2.0], [1.0, 3.0]])
    assert constant.counts[0].sum() == 2


@pytest.mark.parametrize(
    ("x", "settings", "error", "message"),
    [
        (IMAGES, {}, ShapeError, r"must have shape \(n, features\)"),
        (IMAGES.reshape(200, 25), {}, ArgumentError, "25 features; the matrix shows 2 to 10"),
        ([[1.0, 2.0], [np.nan, 1.0]], {}, DataError, "Row 1"),
        (IMAGES[:, 0], {"feature_names": ["a"]}, ShapeError, "5 names"),
        (IMAGES[:, 0], {"y": RANDOM.uniform(size=1200)}, ShapeError, "one label"),
        (RANDOM.uniform(size=(1200, 2)), {"y": np.linspace(0, 1, 1200)}, DataError, "no classes"),
    ],
)
def test_tables_that_cannot_be_drawn(
    x: Any, settings: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        plots.scatter_matrix_data(x, **settings)


# Moving pictures


def recorded() -> plots.Recorder:
    x, y = datasets.xor(40, seed=1)
    model = Sequential([layers.Dense(2, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    model.compile("adam", "binary_crossentropy")
    recorder = plots.Recorder(
        lambda m: plots.decision_boundary_data(m, x, y, resolution=20), every=2
    )
    model.fit(x, y, epochs=5, callbacks=[recorder], verbose=0)
    return recorder


@pytest.mark.parametrize("ending", ["gif", "png", "apng"])
def test_training_becomes_a_moving_picture(ending: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    recorder = recorded()
    assert recorder.epochs == [0, 2, 4]
    assert not np.allclose(recorder.frames[0].scores, recorder.frames[2].scores)
    target = tmp_path / f"training.{ending}"
    titles = [f"epoch {epoch}" for epoch in recorder.epochs]
    found = plots.animate(
        recorder.frames, target, titles, seconds=1.0, hold=0.9, size=(3, 2), dpi=50
    )
    assert found == target
    with image.open(target) as moving:
        assert moving.size == (150, 100)
        assert moving.n_frames == 3
        durations, pictures = [], []
        for i in range(3):
            moving.seek(i)
            durations.append(round(moving.info["duration"]))
            pictures.append(np.array(moving.convert("RGB")))
    assert durations == [500, 500, 900]
    assert not np.array_equal(pictures[0], pictures[2])


def test_a_perceptron_in_motion(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("PIL")
    x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, -1, -1, 1]
    path = plots.perceptron_path_data(perceptron.Perceptron().fit(x, y), x, y)
    frames = [path.until(n) for n in (0, 5, len(path))]
    assert plots.animate(frames, tmp_path / "p.gif", theme="dark", dpi=40).exists()


@pytest.mark.parametrize(
    ("frames", "name", "settings", "message"),
    [
        ([], "a.gif", {}, "frames is empty"),
        ([1], "a.avi", {}, ".gif, .png, .apng or .mp4"),
        ([1], "a.gif", {"titles": ["a", "b"]}, "titles has 2 entries"),
        ([1], "a.gif", {"dpi": 1}, "dpi"),
    ],
)
def test_wrong_animations(frames: Any, name: str, settings: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        plots.animate(frames, name, **settings)
    assert not Path(name).exists()


def test_pillow_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r"pillow.*pip install 'neurona\[plots\]'"):
        plots.animate([plots.descent_data()], "a.gif")


def test_pyav_is_named_when_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("PIL")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"PyAV.*pip install 'neurona\[video\]'"):
        plots.animate([plots.descent_data()], "a.mp4")


def test_training_becomes_a_film(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("PIL")
    av = pytest.importorskip("av", reason="films need PyAV: pip install 'neurona[video]'")
    frames = recorded().frames
    settings: dict[str, Any] = {"seconds": 1.0, "hold": 1.5, "size": (3.02, 2.02), "dpi": 50}
    film = plots.animate(frames, tmp_path / "training.mp4", **settings)
    again = plots.animate(frames, tmp_path / "again.mp4", **settings)
    assert film.read_bytes() == again.read_bytes()
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height) == (152, 102)  # 151 and 101 made even
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert stream.average_rate == 2
    assert len(pictures) == 5  # a second for three, and the last for a second and a half
    assert not np.array_equal(pictures[0], pictures[2])
    still = plots.animate(frames, tmp_path / "still.png", **settings)
    with pytest.importorskip("PIL.Image").open(still) as moving:
        moving.seek(2)
        drawn = np.array(moving.convert("RGB"), dtype=float)
    assert abs(pictures[2][:101, :151] - drawn).mean() < 6  # 4:2:0 blurs colours a little


def test_a_recorder_needs_a_function() -> None:
    with pytest.raises(ArgumentTypeError, match="function of the model"):
        plots.Recorder("loss")  # type: ignore[arg-type]
