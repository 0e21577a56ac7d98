"""The report of a run: one page, all of it there, nothing in it that can do harm."""

from __future__ import annotations

import json
import os
import re
import sys
import zlib
from base64 import b64decode
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import neurona as nn
from neurona import plots
from neurona.cli import main
from neurona.cli.plan import Asked, recipe_for
from neurona.cli.program import command_of, program_of
from neurona.cli.records import open_record
from neurona.cli.sources import load, recipe_of
from neurona.display.numbers import figure
from neurona.plots.themes import rgb
from neurona.report.charts import Series, line_chart
from neurona.report.health import INFO, as_json, from_json
from neurona.report.png import data_uri, png
from neurona.report.results import interval, resampled
from neurona.report.style import stylesheet

EVIL = '<script>alert("x")</script>&\x1b[2J'
VOID = {"meta", "img", "br", "link", "input", "hr"}
Report = nn.report.Report


class Page(HTMLParser):
    """A page taken apart, its elements matched."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert not self.open, "elements that are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


class Done(NamedTuple):
    """What came of a run of the command."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def neurona(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def run(line: str) -> Done:
        capfd.readouterr()
        return Done(main(line.split()), *capfd.readouterr())

    return run


def digits(count: int = 300) -> tuple[nn.Sequential, Any, Any]:
    (x, y), test = nn.datasets.digits.load_data()
    model = nn.Sequential(
        [
            nn.layers.Rescaling(1 / 16),
            nn.layers.Flatten(),
            nn.layers.Dense(16, "relu"),
            nn.layers.Dense(10, "softmax"),
        ],
        seed=1,
    )
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], engine="numpy")
    model.fit(x[:count], y[:count], epochs=3, validation_split=0.1, verbose=0)
    return model, (x[:count], y[:count]), test


@pytest.fixture(scope="module")
def of_digits() -> Report:
    model, training, (x, y) = digits()
    return nn.report.build(model, x, y, training=training)


# --- the page -------------------------------------------------------------------------


def test_the_page_stands_alone(of_digits: Report) -> None:
    page = Page(of_digits.html)
    assert not page.all("script")
    assert not page.all("link")
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "srcset", "data", "action"):
                assert value is not None
                assert value.startswith(("data:", "#"))
    assert "url(" not in of_digits.html
    assert "@import" not in of_digits.html
    links = re.findall(r"https?://[^\s\"<]+", of_digits.html)
    assert set(links) <= {"http://www.w3.org/2000/svg"}  # a name, which nobody fetches
    (policy,) = (m["content"] for m in page.all("meta") if "http-equiv" in m)
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_its_structure_can_be_heard(of_digits: Report) -> None:
    page = Page(of_digits.html)
    assert page.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all(image["alt"] for image in page.all("img"))
    assert all(cell["scope"] in ("row", "col") for cell in page.all("th"))
    drawings = [d for d in page.all("svg") if d.get("aria-hidden") != "true"]
    assert len(drawings) >= 3
    assert all(d["role"] == "img" and d["aria-label"] for d in drawings)
    names = [a["id"] for _, a in page.elements if "id" in a]
    assert len(set(names)) == len(names)
    assert {str(a["href"])[1:] for a in page.all("a")} <= set(names)
    regions = [a["aria-label"] for _, a in page.elements if a.get("role") == "region"]
    assert len(set(regions)) == len(regions)


def test_all_parts_are_there(of_digits: Report) -> None:
    page = Page(of_digits.html)
    for heading in (
        "Curves",
        "Results",
        "Confusion matrix",
        "Hardest rows",
        "findings",
        "Health of the layers",
        "Network",
        "Reproducing it",
    ):
        assert heading in page.words
    results = of_digits.results
    assert results.confusion is not None
    n = results.confusion.total
    assert f"{n - results.confusion.errors} of {n} right" in page.words
    worst = int(np.argmax(results.losses))
    assert f"row {worst}" in page.words
    assert figure(results.losses[worst], 3) in page.words
    for digest in of_digits.origin.fingerprints.values():
        assert digest in page.words


@pytest.mark.parametrize("task", ["classes", "values"])
def test_what_users_name_is_escaped(task: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    y = np.arange(40) % 3 if task == "classes" else x.sum(axis=1, keepdims=True)
    last = nn.layers.Dense(3, "softmax") if task == "classes" else nn.layers.Dense(1)
    hidden = nn.layers.Dense(4, "relu", name=EVIL.replace("/", ""))
    model = nn.Sequential([hidden, last], name=EVIL, seed=1)
    loss = "sparse_categorical_crossentropy" if task == "classes" else "mse"
    model.info = {
        "class_names": [EVIL, EVIL + "1", EVIL + "2"],
        "feature_names": [EVIL, "<b>", "c"],
    }
    model.compile("adam", loss, engine="numpy")
    history = model.fit(x, y, epochs=2, verbose=0)
    history.history[EVIL] = [1.0, 2.0]
    history.findings.append(nn.explain.doctor.Finding(EVIL, EVIL, EVIL))
    origin = nn.report.Origin(
        data=EVIL,
        test=EVIL,
        rows={EVIL: 3},
        settings={EVIL: EVIL},
        command=EVIL,
        program=EVIL,
        fingerprints={EVIL: EVIL},
        notes=(EVIL,),
    )
    html = nn.report.build(model, x, y, origin=origin).html
    page = Page(html)
    assert not page.all("script")
    assert not page.all("b")
    assert "<script" not in html
    assert "\x1b" not in html
    assert page.words.count("<script>") > 8


def test_colours_can_be_read() -> None:
    """WCAG 2.2: 4.5 to 1 for text on the page and on the boxes."""

    def luminance(colour: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for block in re.findall(r":root\{([^}]*)\}", stylesheet()):
        colours = dict(re.findall(r"--(\w+):(#\w{6})", block))
        for ink in ("ink", "faint", "link"):
            for paper in ("paper", "soft"):
                a, b = sorted(luminance(colours[name]) for name in (ink, paper))
                assert (b + 0.05) / (a + 0.05) >= 4.5, (ink, paper)


def test_other_tasks_have_their_report() -> None:
    x, y = nn.datasets.moons(80, seed=1)
    model = nn.Sequential([nn.layers.Dense(1, "sigmoid")], seed=1)
    model.compile("sgd", "binary_crossentropy", ["accuracy"], engine="numpy")
    model.fit(x, y, epochs=1, verbose=0)
    report = nn.report.build(model, x, y)
    assert report.results.confusion is not None
    assert report.results.confusion.counts.shape == (2, 2)
    assert "Confusion matrix" in Page(report.html).words
    one = nn.report.build(model, x[:1], y[:1])
    assert np.isnan(one.results.measures[0].low)
    assert "nan" not in Page(one.html).words


def test_no_drawing_library_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("matplotlib", "matplotlib.pyplot", "PIL"):
        monkeypatch.setitem(sys.modules, library, None)
    model, training, (x, y) = digits(100)
    page = Page(nn.report.build(model, x, y, training=training).html)
    assert len(page.all("img")) == 24


def test_without_history_and_loss() -> None:
    x, y = nn.datasets.moons(20, seed=1)
    model = nn.Sequential([nn.layers.Dense(1, "sigmoid", input_shape=(2,))], seed=1)
    with pytest.raises(nn.errors.NotBuiltError, match="loss"):
        nn.report.build(model, x, y)
    model.compile("sgd", "binary_crossentropy", engine="numpy")
    assert "no record of the epochs" in Page(nn.report.build(model, x, y).html).words


def trained_deep() -> tuple[nn.Sequential, Any, plots.LayerStatistics]:
    x, y = nn.datasets.moons(100, seed=1)
    model = nn.Sequential([nn.layers.Dense(4, "sigmoid") for _ in range(9)], seed=1)
    model.add(nn.layers.Dense(1, "sigmoid"))
    model.compile("sgd", "binary_crossentropy", engine="numpy")
    statistics = plots.LayerStatistics(x, y)
    model.fit(x, y, epochs=3, callbacks=[statistics], verbose=0)
    return model, (x, y), statistics


def test_health_through_the_training() -> None:
    model, rows, statistics = trained_deep()
    report = nn.report.build(model, *rows, statistics=statistics)
    assert report.health is not None
    np.testing.assert_array_equal(report.health.gradients, statistics.series("gradient_rms"))
    page = Page(report.html)
    assert "8 of the 10 layers are drawn." in page.words
    assert "At the end, gradients vanish: at the first layer" in page.words
    labels = [p["aria-label"] or "" for p in page.all("svg") if p.get("role") == "img"]
    (gradients,) = [label for label in labels if label.startswith("Gradients: typical entry")]
    assert gradients.count("at 3") == 8  # each layer's last value, after three epochs
    assert not any(label.startswith("Dead") for label in labels)  # sigmoids cannot die
    without = Page(nn.report.build(model, *rows).html)
    assert "was not recorded" in without.words
    assert "plots.LayerStatistics(x, y)" in without.words


def test_health_is_kept_with_the_model() -> None:
    model, rows, statistics = trained_deep()
    kept = json.loads(json.dumps(as_json(statistics), allow_nan=False))
    model.info[INFO] = kept
    again = nn.report.build(model, *rows).health
    assert again is not None
    assert again.layers == statistics.layers
    np.testing.assert_allclose(again.saturated, statistics.series("saturated"), rtol=1e-3)
    statistics.epochs, statistics.records = list(range(4000)), statistics.records * 1000
    assert len(json.dumps(as_json(statistics))) < 50_000
    for damaged in (
        1,
        {},
        {**kept, "epochs": [0]},
        {**kept, "dead": [["x"]]},
        {**kept, "layers": None},
    ):
        assert from_json({INFO: damaged}) is None


# --- numbers --------------------------------------------------------------------------


def test_bootstrap_agrees_with_theory(of_digits: Report) -> None:
    results = of_digits.results
    right = results.true == results.estimated
    accuracy = next(m for m in results.measures if m.name == "accuracy")
    assert accuracy.value == pytest.approx(right.mean())
    half = 1.96 * np.sqrt(accuracy.value * (1 - accuracy.value) / len(right))
    assert (accuracy.high - accuracy.low) / 2 == pytest.approx(half, rel=0.15)
    loss = next(m for m in results.measures if m.name == "loss")
    assert loss.value == pytest.approx(results.losses.mean(), rel=1e-5)
    half = 1.96 * results.losses.std() / np.sqrt(len(right))
    assert (loss.high - loss.low) / 2 == pytest.approx(half, rel=0.15)


def test_bootstrap_is_seeded() -> None:
    one, two, other = (list(resampled(9, 3, seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert interval(np.array([np.nan, 2.0])) == (2.0, 2.0)


def test_penalties_are_in_the_loss() -> None:
    x, y = nn.datasets.moons(60, seed=1)
    penalty = nn.regularizers.L2(0.5)
    model = nn.Sequential([nn.layers.Dense(1, "sigmoid", kernel_regularizer=penalty)], seed=1)
    model.compile("sgd", "binary_crossentropy", engine="numpy")
    model.fit(x, y, epochs=1, verbose=0)
    (loss,) = nn.report.judge(model, x, y).measures
    assert loss.value == pytest.approx(model.evaluate(x, y, return_dict=True)["loss"])
    assert loss.low < loss.value < loss.high


def test_images_are_png() -> None:
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    file = png(image)
    assert file[12:29] == b"IHDR" + bytes([0, 0, 0, 4, 0, 0, 0, 3, 8, 0, 0, 0, 0])
    start = file.index(b"IDAT") + 4
    lines = np.frombuffer(zlib.decompress(file[start:-16]), np.uint8).reshape(3, 5)
    assert np.array_equal(lines[:, 1:], image)
    assert not lines[:, 0].any()
    colours = png(np.zeros((2, 2, 3), np.uint8))
    assert colours[25] == 2
    assert b64decode(data_uri(image / 11, 0.0, 1.0).split(",")[1])[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        [3.0, 3.0],
        [1e-9, 1.0, 1e9],
        [np.nan, 1.0, np.nan, 2.0],
        [-1e300, 1e300],
        [0, 5e-324],
        [-1.7e308, 1.7e308, np.inf],
    ],
)
def test_any_curve_can_be_drawn(values: list[float]) -> None:
    x = np.arange(1.0, len(values) + 1)
    chart = line_chart("loss", [Series("a", x, np.array(values))])
    assert "nan" not in chart.split("aria-label")[0]
    for number in re.findall(r'(?:[ML] ?|c[xy]=")(-?[\d.]+|nan|inf)', chart):
        assert 0 <= float(number) <= 360


def test_a_long_curve_stays_small() -> None:
    x = np.arange(100_000.0)
    assert len(line_chart("loss", [Series("a", x, np.cos(x))])) < 20_000
    assert "no finite values" in line_chart("loss", [Series("a", x, x * np.nan)])


# --- the command ----------------------------------------------------------------------


def test_train_writes_it_and_report_writes_it_again(neurona: Command) -> None:
    done = neurona("train iris --epochs 3 --engine numpy --report -q")
    assert done.code == 0, done.err
    assert "iris.report.html" in done.out
    first = Path("iris.report.html").read_text()
    done = neurona("report iris.safetensors")
    assert done.code == 0, done.err
    again = Path("iris.report.html").read_text()

    def plain(html: str) -> str:
        html = re.sub(r"<small>in [^<]*</small>", "", html)  # the training's time is not kept
        return html[: html.index("<footer>")]

    assert plain(first) == plain(again)
    words = Page(again).words
    assert "neurona train iris --epochs 3 --engine numpy" in words
    assert "Through the training" in words
    assert "108 for training, 12 for validation, 30 for the test" in words


def test_of_a_run(neurona: Command) -> None:
    assert neurona("train moons --epochs 3 --engine numpy --run r --report -q").code == 0
    first = Path("r/report.html").read_text()
    assert neurona("report r --out other.html").code == 0
    assert Page(Path("other.html").read_text()).words.count("Best loss") == 1
    assert "nn.datasets.moons(500, seed=0)" in Page(first).words
    assert neurona("train moons --epochs 3 --engine numpy --run r -q").code == 0  # resumed


def test_findings_of_a_run_are_kept(neurona: Command) -> None:
    line = "train moons --epochs 8 --engine numpy --learning-rate 1e-9 --run r -q"
    assert neurona(line).code == 0
    history = open_record(Path("r")).history
    assert history is not None
    assert [found.kind for found in history.findings] == ["loss stands still"]
    assert neurona("report r").code == 0
    page = Page(Path("r/report.html").read_text())
    assert page.words.count("Loss stands still") == 1
    assert "nothing is learned" in page.words


def test_findings_of_a_model_are_kept(neurona: Command) -> None:
    assert neurona("train moons --epochs 8 --engine numpy --learning-rate 1e-9 -q").code == 0
    history = open_record(Path("moons.safetensors")).history
    assert history is not None
    assert [found.kind for found in history.findings] == ["loss stands still"]
    model = nn.load_model("moons.safetensors")
    model.info["findings"] = 7  # written by other hands
    model.save("moons.safetensors")
    history = open_record(Path("moons.safetensors")).history
    assert history is not None
    assert history.findings == []


def test_on_other_rows(neurona: Command) -> None:
    assert neurona("train iris --epochs 2 --engine numpy -q").code == 0
    (x, y), _ = nn.datasets.iris.load_data()
    np.savez("other.npz", x=x[:20], y=y[:20])
    done = neurona("report iris.safetensors other.npz --out o.html")
    assert done.code == 0, done.err
    assert "other.npz, all 20 rows" in Page(Path("o.html").read_text()).words


def test_foreign_files_are_not_replaced(neurona: Command) -> None:
    Path("iris.report.html").write_text("my own page")
    done = neurona("train iris --epochs 1 --engine numpy --report -q")
    assert done.code == 2
    assert "no report" in done.err
    assert not Path("iris.safetensors").exists()
    assert neurona("train iris --epochs 1 --engine numpy -q").code == 0
    assert neurona("report iris.safetensors").code == 2
    assert neurona("report iris.safetensors --out a.txt").code == 2
    assert neurona("report iris.safetensors --overwrite").code == 0
    assert neurona("report nowhere.safetensors").code == 1
    Path("empty").mkdir()
    assert "holds no run" in neurona("report empty").err


def test_a_damaged_history_is_named(neurona: Command) -> None:
    assert neurona("train iris --epochs 1 --engine numpy -q").code == 0
    Path("iris.history.csv").write_text("epoch,loss\r\n0,many\r\n")
    done = neurona("report iris.safetensors")
    assert done.code == 1
    assert "iris.history.csv is damaged" in done.err


@pytest.mark.parametrize("names", ["data-name", "class-names"])
def test_names_from_files_are_escaped(neurona: Command, names: str) -> None:
    rng = np.random.default_rng(0)
    evil = "<script>alert(1)<" if names == "data-name" else "plain"
    classes = np.array(["<script>a", "<img src=x onerror=b>"])
    np.savez(f"{evil}.npz", x=rng.normal(size=(60, 2)), y=classes[np.arange(60) % 2])
    done = neurona(f"train {evil}.npz --epochs 2 --engine numpy --out m.safetensors --report -q")
    assert done.code == 0, done.err
    html = Path("m.report.html").read_text()
    page = Page(html)
    assert not page.all("script")
    assert not page.all("img")
    assert "<script>a" in page.words


# --- the program ----------------------------------------------------------------------


def make_file(kind: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    y = np.array(["b", "a", "c"])[np.arange(80) % 3] if kind == "labels" else x @ [1.0, 2.0, 3.0]
    np.savez(f"{kind}.npz", x=x, y=y)


@pytest.mark.parametrize(
    "line",
    [
        "iris --epochs 4 --early-stopping 2 --layers 5,4 --l2 0.001",
        "moons --epochs 2 --validation 0 --optimizer rmsprop --momentum 0.5",
        "digits --epochs 1 --dropout 0.2 --batch-size all --dtype float64",
        "plane --epochs 2",
        "labels.npz --epochs 2 --seed 7",
        "values.npz --epochs 2 --activation tanh",
    ],
)
def test_the_program_trains_the_same_model(neurona: Command, line: str) -> None:
    name = line.split()[0]
    if name.endswith(".npz"):
        make_file(name.removesuffix(".npz"))
    done = neurona(f"train {line} --engine numpy --out m.safetensors --report -q")
    assert done.code == 0, done.err
    model = nn.load_model("m.safetensors")
    words = Page(Path("m.report.html").read_text()).words
    start = words.index("import neurona as nn")
    start = words.rfind("import numpy as np", 0, start) if name.endswith("z") else start
    end = words.index("print(model.evaluate")
    space: dict[str, Any] = {}
    code = (
        words[start:end]
        .replace("model.fit(\n", "model.fit(\n    verbose=0, x=")
        .replace("x=    x,\n    y,", "x=x, y=y,")
    )
    exec(compile(code, "program", "exec"), space)
    twin = space["model"]
    for key, weight in model.state.weights.items():
        assert np.array_equal(weight, twin.state.weights[key]), key
    assert len(space["x_test"]) == len(load(name).test[0])


def test_the_command_trains_the_same_model(neurona: Command) -> None:
    asked = Asked("iris", layers="5", epochs=2, l2=0.01, seed=3, engine="numpy")
    command = command_of(asked)
    assert command == "neurona train iris --layers 5 --epochs 2 --seed 3 --l2 0.01 --engine numpy"
    assert neurona(f"{command.removeprefix('neurona ')} -q").code == 0
    info = nn.load_model("iris.safetensors").info
    assert info["options"] == {"layers": "5", "epochs": 2, "seed": 3, "l2": 0.01, "engine": "numpy"}
    json.dumps(info)
    program = program_of(asked, recipe_for(asked, recipe_of("iris")), load("iris"))
    assert 'nn.layers.Dense(5, "relu", kernel_regularizer=nn.regularizers.L2(0.01))' in program
