"""The command: what it prints, writes and returns."""

from __future__ import annotations

import csv
import doctest
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import neurona as nn
from neurona import activations, optimizers
from neurona.cli import main
from neurona.cli.completing import activation_names, dataset_names, model_files, optimizer_names
from neurona.cli.judging import interval, most_confused
from neurona.cli.recipes import RECIPES

SOURCE = Path(nn.__file__).parents[1]
COMMANDS = ("train", "evaluate", "predict", "explain", "summary", "datasets", "doctor")


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
    """Run the command in an empty folder, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NEURONA_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(line: str, *more: str) -> Done:
        capfd.readouterr()
        code = main([*line.split(), *more])
        return Done(code, *capfd.readouterr())

    return run


@pytest.fixture
def iris(neurona: Command) -> Path:
    """A model of iris after one epoch."""
    assert neurona("train iris --epochs 1 -q").code == 0
    return Path("iris.safetensors")


@pytest.fixture
def table() -> dict[str, Any]:
    x = np.random.default_rng(0).normal(size=(120, 3))
    return {"x": 10 * x + 5, "y": np.where(x[:, 0] + x[:, 1] > 0, "up", "down")}


def process(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "neurona", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**environment, **options.pop("env", {})},
        **options,
    )


# --- train ---------------------------------------------------------------------------


def test_train_prints_the_run_and_saves_it(neurona: Command) -> None:
    done = neurona("train iris")
    assert done.code == 0
    assert done.err == ""
    assert "iris: 108 rows to train on, 12 for validation, 30 for the test" in done.out
    assert "dense_2 (Dense)" in done.out
    assert "epoch 40/40  running loss" in done.out
    assert re.search(r"Test on 30 rows that training did not see: loss 0\.\d+, accuracy", done.out)
    assert "Trained 40 epochs in" in done.out
    assert re.search(r"^setosa +10 +· +·", done.out, re.MULTILINE)
    assert "Saved the model in iris.safetensors, its history in iris.history.csv" in done.out
    with open("iris.history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(40))
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} < set(rows[0])


@pytest.mark.parametrize(
    ("dataset", "measure", "least"),
    [
        ("iris", "accuracy", 0.93),
        ("digits", "accuracy", 0.96),
        ("xor", "accuracy", 0.97),
        ("circles", "accuracy", 0.97),
        ("moons", "accuracy", 0.97),
        ("gaussians", "accuracy", 0.99),
        ("blobs", "accuracy", 0.98),
        ("spirals", "accuracy", 0.97),
        ("plane", "r2", 0.999),
        ("multi_gaussian", "r2", 0.9),
    ],
)
def test_the_usual_settings_do_well(
    neurona: Command, dataset: str, measure: str, least: float
) -> None:
    done = neurona(f"train {dataset} --json -q")
    assert json.loads(done.out)["test"][measure] >= least


def test_every_listed_set_has_a_recipe_and_the_other_way_round() -> None:
    known = {info.name for info in nn.datasets.available()}
    assert set(RECIPES) == known - {"truth_table"}


def test_json_is_one_object_and_all_else_goes_to_stderr(neurona: Command) -> None:
    done = neurona("train digits --epochs 2 --early-stopping 1 --json")
    found = json.loads(done.out)
    assert "epoch 2/2" in done.err
    assert found["rows"] == {"training": 1294, "validation": 144, "test": 359}
    assert found["settings"]["layers"] == [128]
    assert found["test"]["rows"] == 359
    assert np.sum(found["test"]["confusion_matrix"]) == 359
    low, high = found["test"]["accuracy_95_percent_interval"]
    assert low < found["test"]["accuracy"] < high
    assert len(found["history"]["val_loss"]) == found["epochs"] == 2
    assert found["measures"]["loss"].startswith("running mean")
    assert found["best_epoch"] in (1, 2)
    assert Path(found["model"]).is_file()
    assert Path(found["history_file"]).is_file()


def test_quiet_says_the_result_alone(neurona: Command) -> None:
    done = neurona("train iris --epochs 1 --quiet")
    first_words = [line.split()[0] for line in done.out.splitlines()]
    assert (first_words[0], first_words[2:]) == ("Test", ["Saved"])
    assert done.err == ""


def test_the_same_seed_gives_the_same_file(neurona: Command) -> None:
    sums = []
    for seed in (3, 3, 4):
        neurona(f"train iris --epochs 2 --dropout 0.2 --seed {seed} -q")
        sums.append(hashlib.sha256(Path("iris.safetensors").read_bytes()).hexdigest())
    assert sums[0] == sums[1] != sums[2]


def test_options_reach_the_model(neurona: Command) -> None:
    line = (
        "train moons --layers 5,4 --activation leaky-relu --optimizer rmsprop --learning-rate 0.02 "
        "--momentum 0.5 --batch-size all --epochs 3 --seed 9 --validation 0 --l2 0.01 --dropout .1 "
        "--engine numpy --threads 1 --dtype float64 --out sub/m.safetensors -q"
    )
    Path("sub").mkdir()
    assert neurona(line).code == 0
    model = nn.load_model("sub/m.safetensors")
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Normalization", "Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert [w.shape for w in model.get_weights()[2::2]] == [(2, 5), (5, 4), (4, 1)]
    assert repr(model.layers[1].activation) == "LeakyReLU()"
    assert model.layers[1].kernel_regularizer.l2 == 0.01
    assert repr(model.optimizer) == "RMSprop(learning_rate=0.02, momentum=0.5)"
    assert (model.seed, model.dtype, model.state.iteration) == (9, "float64", 3)
    header = Path("sub/m.history.csv").read_text().splitlines()[0]
    assert "val_loss" not in header


def test_bfloat16_is_trained_or_refused_in_words(neurona: Command, table: Any) -> None:
    np.savez("t.npz", x=table["x"], y=table["x"][:, 0])  # scales its outputs, too
    for name in ("iris", "t.npz"):
        done = neurona(f"train {name} --dtype bfloat16 --engine numpy --epochs 1 -q")
        assert (done.code, done.out) == (1, "")
        assert "NumPy cannot multiply in bfloat16" in done.err
        done = neurona(f"train {name} --dtype bfloat16 --epochs 1 -q")
        assert done.code == 0 or "No engine can run this model" in done.err


def test_one_epoch_is_no_epochs(neurona: Command) -> None:
    out = neurona("train iris --epochs 1").out
    assert "a step, 1 epoch, seed 0" in out
    assert "Trained 1 epoch in" in out


def test_another_optimizer_gets_its_own_learning_rate(neurona: Command) -> None:
    neurona("train iris --optimizer sgd --epochs 1 --layers none -q")
    model = nn.load_model("iris.safetensors")
    assert repr(model.optimizer) == "SGD()"
    assert len(model.layers) == 2


def test_inputs_are_scaled_by_the_training_rows_alone(neurona: Command, table: Any) -> None:
    np.savez("t.npz", **table)
    neurona("train t.npz --epochs 1 -q --validation 0.25")
    mean = nn.load_model("t.safetensors").get_weights()[0]
    assert np.allclose(mean, table["x"].mean(axis=0), atol=3)
    assert not np.allclose(mean, table["x"].mean(axis=0), atol=1e-6)


def test_early_stopping_keeps_the_best_epoch(neurona: Command) -> None:
    done = neurona("train iris --early-stopping 2 --epochs 1000 --learning-rate 0.1")
    said = re.search(r"Stopped early: .* the weights of epoch (\d+), the best, were kept", done.out)
    assert said is not None
    with open("iris.history.csv", newline="") as file:
        losses = [float(row["val_loss"]) for row in csv.DictReader(file)]
    assert int(said[1]) == 1 + losses.index(min(losses)) == len(losses) - 2


def test_a_table_of_strings(neurona: Command, table: Any) -> None:
    np.savez("t.npz", **table)
    assert neurona("train t.npz").code == 0
    model = nn.load_model("t.safetensors")
    assert model.output_shape == (1,)
    assert model.info["class_names"] == ["down", "up"]
    assert model.info["dataset"] == "t.npz"
    np.save("x.npy", table["x"])
    said = neurona("predict t.safetensors x.npy").out.splitlines()
    right = [line.split(",")[1] == y for line, y in zip(said[1:], table["y"], strict=True)]
    assert np.mean(right) > 0.95


def test_labels_need_not_begin_at_0(neurona: Command, table: Any) -> None:
    labels = np.where(table["y"] == "up", 7, 3)
    labels[:9] = 5
    np.savez("t.npz", x=table["x"], y=labels)
    assert neurona("train t.npz --epochs 2 -q").code == 0
    assert nn.load_model("t.safetensors").info["labels"] == [3, 5, 7]
    assert neurona("evaluate t.safetensors t.npz").code == 0


def test_one_hot_rows_are_classes(neurona: Command, table: Any) -> None:
    np.savez("t.npz", x=table["x"], y=np.eye(3)[np.arange(120) % 3])
    assert neurona("train t.npz --epochs 1 -q").code == 0
    assert nn.load_model("t.safetensors").output_shape == (3,)


def test_floats_are_values_in_their_own_unit(neurona: Command, table: Any) -> None:
    x = table["x"]
    y = 1e4 * x[:, 0] + 1e5
    np.savez("t.npz", x=x, y=y)
    assert json.loads(neurona("train t.npz --json").out)["test"]["r2"] > 0.95
    np.save("x.npy", x)
    said = neurona("predict t.safetensors x.npy --row 2").out.splitlines()
    assert said[0] == "row,prediction"
    assert float(said[1].split(",")[1]) == pytest.approx(y[2], abs=y.std() / 2)


def test_several_values_a_row(neurona: Command, table: Any) -> None:
    x = table["x"]
    np.savez("t.npz", x=x, y=x[:, :2])
    assert json.loads(neurona("train t.npz --json").out)["test"]["r2"] > 0.95
    said = neurona("predict t.safetensors t.npz").out.splitlines()
    assert said[0] == "row,output_0,output_1"
    assert len(said) == 121


def test_images_and_a_test_part_of_its_own(neurona: Command) -> None:
    rng = np.random.default_rng(1)
    y = np.arange(60) % 3
    x = (rng.integers(0, 60, (60, 4, 4)) + 60 * y[:, None, None]).astype(np.uint8)
    np.savez("t.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9], class_names=["a", "b", "c"])
    found = json.loads(neurona("train t.npz --json -q").out)
    assert found["rows"]["test"] == 9
    assert found["test"]["class_names"] == ["a", "b", "c"]
    assert found["test"]["accuracy"] == 1.0
    first = nn.load_model("t.safetensors").layers
    assert [type(layer).__name__ for layer in first[:2]] == ["Rescaling", "Flatten"]


def test_floats_that_look_like_classes_are_warned_of(neurona: Command, table: Any) -> None:
    np.savez("t.npz", x=table["x"], y=(table["y"] == "up").astype(float))
    done = neurona("train t.npz --epochs 1 -q")
    assert done.code == 0
    assert done.err.startswith("neurona: warning: y holds floats, so this is regression")
    assert ".py" not in done.err


# --- evaluate, predict, summary, datasets --------------------------------------------


def test_evaluate_finds_the_test_rows_again(neurona: Command, table: Any) -> None:
    np.savez("t.npz", **table)
    for name in ("iris", "t.npz"):
        trained = json.loads(neurona(f"train {name} --epochs 3 --json").out)["test"]
        model = Path(name).stem + ".safetensors"
        judged = json.loads(neurona(f"evaluate {model} --json").out)
        assert {key: judged[key] for key in trained} == trained


def test_evaluate_takes_all_rows_of_another_file(neurona: Command, table: Any) -> None:
    np.savez("t.npz", **table)
    neurona("train t.npz --epochs 30 -q")
    np.savez("other.npz", x=table["x"][:7], y=table["y"][:7])
    done = neurona("evaluate t.safetensors other.npz")
    assert "other.npz, all 7 rows: loss" in done.out
    np.savez("other.npz", x=table["x"][:2], y=["up", "sideways"])
    done = neurona("evaluate t.safetensors other.npz")
    assert done.code == 1
    assert "y[1] is 'sideways', but the model knows only the classes down, up" in done.err


def test_predict(neurona: Command, iris: Path) -> None:
    Path("rows.csv").write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n")
    x = np.array([[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]])
    p = nn.load_model(iris).predict(x)
    said = list(csv.reader(neurona(f"predict {iris} rows.csv --probabilities").out.splitlines()))
    assert said[0][:3] == ["row", "prediction", "probability"]
    assert said[0][3:] == ["p(setosa)", "p(versicolor)", "p(virginica)"]
    assert np.allclose([[float(v) for v in row[3:]] for row in said[1:]], p, rtol=1e-5)
    np.save("rows.npy", x)
    np.savez("rows.npz", x=x)
    plain = neurona(f"predict {iris} rows.csv").out
    assert (
        neurona(f"predict {iris} rows.npy").out == neurona(f"predict {iris} rows.npz").out == plain
    )
    assert neurona(f"predict {iris} rows.csv --row 1").out.splitlines()[1] == plain.splitlines()[2]
    found = json.loads(neurona(f"predict {iris} rows.csv --json").out)
    assert np.allclose(found["probabilities"], p)
    assert found["predictions"] == [row[1] for row in said[1:]]


def test_a_csv_has_one_line_of_headings_at_most(neurona: Command, iris: Path) -> None:
    rows = "5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n"
    plain = None
    for headings in ("", "a,b,c,d\n", "length 1,length 2,width 1,width 2\n", "\na;b,c,d,e\n"):
        Path("rows.csv").write_text(headings + rows)
        done = neurona(f"predict {iris} rows.csv")
        assert (done.code, plain or done.out) == (0, done.out)
        plain = done.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b,c,d\ne,f,g,h\n5.1,3.5,1.4,0.2\n", "line 2, column 1: 'e' is no number."),
        ("a,b,c,d\n,,,\n5.1,3.5,1.4,0.2\n", "line 2, column 1: '' is no number."),
        (",,,\n5.1,3.5,1.4,0.2\n", "line 1, column 1: '' is no number."),
        (
            "5.1;3.5;1.4;0.2\n",
            "line 1, column 1: '5.1;3.5;1.4;0.2' is no number; commas separate columns.",
        ),
        ("a;b\n5.1;3.5\n", "line 2, column 1: '5.1;3.5' is no number; commas separate columns."),
        ("5.1\t3.5\n", "'5.1\\t3.5' is no number; commas separate columns."),
    ],
)
def test_a_csv_of_other_lines_is_refused(
    neurona: Command, iris: Path, content: str, said: str
) -> None:
    Path("rows.csv").write_text(content)
    done = neurona(f"predict {iris} rows.csv")
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_bfloat16_is_computed_in_float32_where_it_must_be(neurona: Command, iris: Path) -> None:
    model = nn.load_model(iris)
    config = model.get_config() | {"dtype": "bfloat16"}
    same = nn.Sequential.from_config(config)
    same.compile("adam", "sparse_categorical_crossentropy", ["accuracy"], engine="numpy")
    same.state = model.state
    same.save("b.safetensors")  # for an engine that cannot run it
    warning = "neurona: warning: b.safetensors is of dtype bfloat16, which cannot be run here"
    for line in ("predict MODEL iris --row 3", "evaluate MODEL", "explain MODEL --why loss"):
        done = neurona(line.replace("MODEL", "b.safetensors"))
        assert done.code == 0, done.err
        assert done.err == f"{warning}; float32 is used.\n"
        usual = neurona(line.replace("MODEL", str(iris)))
        assert done.out == usual.out
    done = neurona("report b.safetensors")
    assert (done.code, warning in done.err) == (0, True)
    done = neurona(f"compare b.safetensors {iris}")
    assert (done.code, warning in done.err) == (0, True)
    assert "bfloat16" in done.out
    assert "dtype: bfloat16" in neurona("summary b.safetensors").out


def test_predictions_go_to_a_file_once(neurona: Command, iris: Path) -> None:
    shown = neurona(f"predict {iris} iris").out
    assert neurona(f"predict {iris} iris --out p.csv").code == 0
    assert Path("p.csv").read_text() == shown
    assert neurona(f"predict {iris} iris --out p.csv").code == 2
    assert neurona(f"predict {iris} iris --out p.csv --overwrite").code == 0
    assert neurona(f"predict {iris} iris --out p.npy").code == 0
    assert np.load("p.npy").shape == (30, 3)


def test_rows_of_a_csv_become_images(neurona: Command) -> None:
    neurona("train digits --epochs 1 -q")
    (_, _), (x, _) = nn.datasets.digits.load_data()
    np.savetxt("x.csv", x.reshape(len(x), -1), delimiter=",")
    assert (
        neurona("predict digits.safetensors x.csv").out
        == neurona("predict digits.safetensors digits").out
    )


def test_summary(neurona: Command, iris: Path) -> None:
    done = neurona(f"summary {iris}")
    assert "normalization (Normalization)" in done.out
    assert "classes: setosa, versicolor, virginica" in done.out
    assert "data set: iris" in done.out
    found = json.loads(neurona(f"summary {iris} --json").out)
    assert found["parameters"] == nn.load_model(iris).count_params()
    assert found["layers"][-1]["output_shape"] == [3]


def test_models_made_in_python_are_judged_too(neurona: Command) -> None:
    (x, y), _ = nn.datasets.iris.load_data()
    model = nn.Sequential([nn.layers.Dense(3, "softmax")], seed=1)
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(x, y, verbose=0)
    model.save("m.safetensors")
    assert "95 % interval" in neurona("evaluate m.safetensors iris").out
    assert neurona("predict m.safetensors iris --row 0").out.splitlines()[1].split(",")[1] in "012"
    done = neurona("evaluate m.safetensors")
    assert done.code == 2
    assert "name a data set or file" in done.err


def test_datasets(neurona: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = neurona("datasets").out
    for name in RECIPES:
        assert re.search(rf"^{name} ", listed, re.MULTILINE)
        assert re.search(rf"^{name} ", neurona("datasets --defaults").out, re.MULTILINE)
    assert re.search("^mnist .*to be fetched", listed, re.MULTILINE)
    found = json.loads(neurona("datasets --json").out)["datasets"]
    assert [one["name"] for one in found if one["task"] == "regression"] == [
        "plane",
        "multi_gaussian",
    ]
    for kind, part in (
        ("images-idx3", "train"),
        ("labels-idx1", "train"),
        ("images-idx3", "t10k"),
        ("labels-idx1", "t10k"),
    ):
        Path(f"{part}-{kind}-ubyte").touch()
    monkeypatch.setenv("NEURONA_DATA", ".")
    assert re.search(r"^mnist .*  \. *$", neurona("datasets").out, re.MULTILINE)


# --- what goes wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train", "Missing argument 'DATASET'"),
        ("tain iris", "Did you mean 'train'?"),
        ("train irsi", "Unknown data set 'irsi'. Did you mean 'iris'?"),
        ("train flowers.csv", "numpy.savez('data.npz', x=x, y=y)"),
        ("train iris --epoch 3", "No such option: --epoch"),
        ("train iris --epochs 0", "'--epochs'"),
        ("train iris --epochs many", "'--epochs'"),
        ("train iris --layers 64,,3", "--layers: '64,,3' is no list of units"),
        ("train iris --layers 0", "--layers: '0'"),
        ("train iris --layers ٣", "--layers"),
        ("train iris --activation rleu", "Did you mean 'relu'?"),
        ("train iris --optimizer sdg", "Did you mean 'sgd'?"),
        ("train iris --optimizer adam --momentum 0.9", "These do: RMSprop, SGD"),
        ("train iris --optimizer sgd --momentum 1", "--momentum: the factor must be in [0, 1)"),
        ("train iris --learning-rate nan", "--learning-rate: learning_rate must be"),
        ("train iris --learning-rate -1", "--learning-rate: learning_rate must be"),
        ("train iris --learning-rate 1e30", "--learning-rate: learning_rate must be"),
        ("train iris --batch-size 0", "--batch-size: '0' must be a whole number from 1, or all"),
        ("train iris --validation 1", "--validation: the fraction must be in [0, 1)"),
        ("train iris --validation 0.01", "--validation: A part of 2 row(s)"),
        ("train iris --early-stopping 3 --validation 0", "--validation 0.1"),
        ("train iris --dropout 1.5", "--dropout: the rate"),
        ("train iris --l2 -1", "--l2: the factor"),
        ("train iris --engine abacus", "--engine: the engine must be one of 'auto'"),
        ("train iris --threads 0", "'--threads'"),
        ("train iris --dtype float16", "--dtype: the dtype must be one of 'float32', 'float64'"),
        ("train iris --seed -1", "--seed: seed must be"),
        ("train iris --out iris.h5", "Try --out iris.safetensors"),
        ("train iris --out nowhere/m.safetensors", "there is no folder"),
        ("train iris --data .", "iris needs none"),
        ("predict m.safetensors rows.txt", "must be one of .npz, .npy, .csv"),
    ],
)
def test_misuse_is_2(neurona: Command, line: str, said: str) -> None:
    nn.Sequential([nn.layers.Dense(1, input_shape=(1,))]).save("m.safetensors")
    Path("rows.txt").touch()
    done = neurona(line)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("neurona: error: ")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train none.npz", "none.npz is no file that exists"),
        ("train damaged.npz", "damaged.npz cannot be read"),
        ("train objects.npz", "it holds Python objects, and reading those could run code"),
        ("train no-x.npz", "must hold the arrays x and y (or x_train and y_train); it holds a, b"),
        ("train nan.npz", "x has 1 NaN or infinite value, the first at index (17, 1)"),
        ("train lengths.npz", "lengths.npz: x has shape (30, 2) but y has (29,)"),
        ("train one.npz", "y holds one class alone, 4"),
        ("train many.npz", "too many to be classes. For regression save y as float"),
        ("train rare.npz", "Class 1 has 1 member(s)"),
        ("train huge.npz", "y reaches 1e+30, whose square is too large for float32"),
        ("train mnist --data .", "no train-images-idx3-ubyte"),
        ("train iris --optimizer sgd --learning-rate 1e6 -q", "Likely cause: the learning rate"),
        ("train iris --layers 1000000000000 -q", "Use fewer units"),
        ("evaluate none.safetensors", "There is no model file none.safetensors"),
        ("evaluate iris", "Did you mean iris.safetensors?"),
        ("evaluate broken.safetensors", "broken.safetensors is cut short"),
        ("evaluate own.safetensors", "has a part that is not neurona's own: Unknown part 'Mine'"),
        ("evaluate iris.safetensors", "was saved without a loss"),
        ("predict iris.safetensors digits", "takes rows of shape (4,)"),
        ("predict iris.safetensors gap.csv", "gap.csv cannot be read: line 2, column 2: '' is no"),
        ("predict iris.safetensors ragged.csv", "ragged.csv cannot be read: line 2 has 1 columns"),
        ("predict iris.safetensors empty.csv", "empty.csv: x is empty"),
    ],
)
def test_failure_is_1(neurona: Command, line: str, said: str) -> None:
    make_bad_files()
    done = neurona(line)
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("neurona: error: ")
    assert said in done.err
    assert "Traceback" not in done.err


class Mine(nn.layers.Dense):
    """A layer that the command cannot know."""


def make_bad_files() -> None:
    """One file for each thing that can be wrong with one."""
    x, y = np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 2
    hole = x.copy()
    hole[17, 1] = np.nan
    np.savez("objects.npz", x=np.array([[1], [2, 3]], dtype=object), y=[0, 1])
    np.savez("no-x.npz", a=x, b=y)
    np.savez("nan.npz", x=hole, y=y)
    np.savez("lengths.npz", x=x, y=y[1:])
    np.savez("one.npz", x=x, y=np.full(30, 4))
    np.savez("many.npz", x=x, y=np.arange(30))
    np.savez("rare.npz", x=x, y=np.arange(30) == 3)
    np.savez("huge.npz", x=x, y=np.linspace(-1e30, 1e30, 30))
    Path("damaged.npz").write_bytes(b"PK\x03\x04 and then nothing")
    Path("other.safetensors").write_text("not a model")
    model = nn.Sequential([nn.layers.Dense(3, "softmax", input_shape=(4,))])
    model.save("iris.safetensors")
    whole = Path("iris.safetensors").read_bytes()
    nn.Sequential([Mine(3, input_shape=(4,))]).save("own.safetensors")
    Path("gap.csv").write_text("1,2,3,4\n1,,3,4\n")
    Path("ragged.csv").write_text("1,2,3,4\n1\n")
    Path("empty.csv").touch()
    Path("broken.safetensors").write_bytes(whole[:100])


def test_other_files_are_not_replaced(neurona: Command) -> None:
    Path("iris.safetensors").write_text("my notes")
    done = neurona("train iris")
    assert done.code == 2
    assert "iris.safetensors exists and is not a neurona model" in done.err
    Path("iris.safetensors").unlink()
    Path("iris.history.csv").write_text("year,event\n")
    assert neurona("train iris").code == 2
    assert Path("iris.history.csv").read_text() == "year,event\n"
    Path("iris.history.csv").unlink()
    assert neurona("train iris --epochs 1 -q").code == 0
    assert neurona("train iris --epochs 1 -q").code == 0  # a model may be trained anew


def test_ctrl_c_saves_what_there_is(neurona: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = neurona("train iris --epochs 3 -q")
    before = Path("iris.safetensors").read_bytes()
    usual = nn.callbacks.History.on_epoch_end

    def on_epoch_end(self: Any, epoch: int, logs: Any) -> None:
        usual(self, epoch, logs)
        if epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(nn.callbacks.History, "on_epoch_end", on_epoch_end)
    done = neurona("train iris")
    assert whole.code == 0
    assert done.code == 130
    assert "interrupted after 3 of 40 epochs" in done.err
    assert "iris.interrupted.safetensors" in done.err
    assert Path("iris.safetensors").read_bytes() == before
    assert nn.load_model("iris.interrupted.safetensors").state.epoch == 3
    assert len(Path("iris.interrupted.history.csv").read_text().splitlines()) == 4


def test_ctrl_c_before_the_first_step(neurona: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(nn.Sequential, "fit", fit)
    done = neurona("train iris")
    assert done.code == 130
    assert "nothing was written" in done.err
    assert not list(Path().glob("*.safetensors"))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_real_interrupt(tmp_path: Path) -> None:
    with process("train", "xor", "--epochs", "1000000", cwd=tmp_path) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.startswith("epoch"):
                break
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Nothing is lost" in err
    assert "Traceback" not in err
    assert nn.load_model(tmp_path / "xor.interrupted.safetensors").state.iteration > 0


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize("line", ["predict m.safetensors mat.npy", "datasets --json"])
def test_a_broken_pipe_is_silent(tmp_path: Path, line: str) -> None:
    nn.Sequential([nn.layers.Dense(1, input_shape=(1,))], seed=1).save(tmp_path / "m.safetensors")
    np.save(tmp_path / "mat.npy", np.zeros((30_000, 1)))
    with process(*line.split(), cwd=tmp_path) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == ""


@pytest.mark.skipif(os.name == "nt", reason="streams of POSIX")
@pytest.mark.parametrize(
    ("line", "code"), [("--version", 0), ("train iris --epochs 1", 0), ("train irsi", 2)]
)
@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_is_no_failure(tmp_path: Path, line: str, code: int, closed: int) -> None:
    command = f'"$0" -m neurona {line} {closed}>&-'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=False,
    )
    assert done.returncode == code, done.stderr
    if code == 0:
        assert done.stderr == ""
    else:
        assert done.stdout == ""
    assert (tmp_path / "iris.safetensors").exists() == line.startswith("train iris")


# --- help, completion, terminals -----------------------------------------------------


@pytest.mark.parametrize("columns", ["100", "40"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_examples(
    neurona: Command, monkeypatch: pytest.MonkeyPatch, command: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = neurona(f"{command} --help")
    assert done.code == 0
    assert "Example" in done.out
    assert f"neurona {command}" in done.out
    words = " ".join(done.out.split())
    for option in ("--layers", "--early-stopping", "--learning-rate") * (command == "train"):
        assert option in words  # whole, not cut off
    wide = [line for line in done.out.splitlines() if len(line) > int(columns)]
    assert all(line.lstrip().startswith("neurona ") for line in wide)  # examples stay whole


def test_examples_in_the_help_are_understood(neurona: Command) -> None:
    """Each is parsed: an option that is not there would be misuse."""
    seen = 0
    for command in COMMANDS:
        for line in neurona(f"{command} -h").out.splitlines():
            words = line.split()
            if words[:1] == ["neurona"]:
                seen += 1
                assert neurona(f"{words[1]} --help").code == 0
                for option in (w for w in words[2:] if w.startswith("--")):
                    assert option in neurona(f"{words[1]} --help").out
    assert seen >= 10


def test_no_arguments_show_the_help(neurona: Command) -> None:
    done = neurona("")
    assert done.code == 2
    assert "neurona train iris" in done.out + done.err


def test_version(neurona: Command) -> None:
    assert neurona("--version") == Done(0, f"neurona {nn.__version__}\n", "")


@pytest.mark.parametrize("columns", [40, 30])
def test_a_narrow_terminal(neurona: Command, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = neurona("train digits --epochs 1").out
    assert "…" not in out
    assert "dense (Dense)\n  Output shape: (n, 128)\n  Parameters: 8,320" in out
    assert "Most confused classes" in out
    tables = [line for line in neurona("datasets").out.splitlines() if line.startswith("─")]
    assert tables == []


def test_names_from_a_file_do_not_steer_the_terminal(neurona: Command, iris: Path) -> None:
    model = nn.load_model(iris)
    model.info["class_names"] = ["\x1b[2Jgone", "b", "c"]
    model.save(iris)
    for line in (f"evaluate {iris}", f"predict {iris} iris --probabilities", f"summary {iris}"):
        out = neurona(line).out
        assert "gone" in out
        assert "\x1b" not in out


def test_an_ascii_terminal_gets_no_traceback(tmp_path: Path) -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    with process("train", "iris", "--epochs", "1", cwd=tmp_path, env=environment) as run:
        out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (0, "")
    assert "Confusion matrix" in out


def test_completion() -> None:
    assert dataset_names("spi") == ["spirals"]
    assert set(optimizer_names("ada")) == {"adadelta", "adagrad", "adam", "adamax", "adamw"}
    assert "leaky_relu" in activation_names("le")
    assert all(activations.get(name) for name in activation_names(""))
    assert all(optimizers.get(name) for name in optimizer_names(""))


def test_completion_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("sub/a.safetensors").touch()
    Path("iris-2.npz").touch()
    assert dataset_names("ir") == ["iris", "iris-2.npz"]
    assert model_files("s") == ["sub/"]
    assert model_files("sub/") == ["sub/a.safetensors"]
    assert model_files("nowhere/") == []


def test_completion_in_the_shell(tmp_path: Path) -> None:
    words = {"COMP_WORDS": "neurona train iris --activation ge", "COMP_CWORD": "4"}
    with process(cwd=tmp_path, env={**words, "_NEURONA_COMPLETE": "complete_bash"}) as run:
        out, err = run.communicate(timeout=60)
    assert out.split() == ["gelu"]
    assert err == ""


def test_version_needs_no_numpy() -> None:
    code = (
        "import sys; from neurona.cli import main; main(['--version']); main(['train', '--help']); "
        "sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SOURCE)}, check=False
    )
    assert done.returncode == 0


# --- docs/command.md -----------------------------------------------------------------


def test_the_page_shows_what_the_command_prints(
    neurona: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each ``$ neurona …`` is run; ``...`` stands for what differs from run to run."""
    monkeypatch.setenv("COLUMNS", "80")
    page = (Path(__file__).parents[1] / "docs" / "command.md").read_text(encoding="utf-8")
    checker = doctest.OutputChecker()
    seen = 0
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in block.split("$ neurona ")[1:]:
            line, _, shown = part.partition("\n")
            got = re.sub(r" +$", "", neurona(line).out, flags=re.MULTILINE)
            assert checker.check_output(shown, got, doctest.ELLIPSIS), f"{line}\n{got}"
            seen += 1
    assert seen == 13


# --- numbers -------------------------------------------------------------------------


def test_wilson_interval_by_another_way() -> None:
    """The interval's ends are the rates whose test of the observed one just fails."""
    right, rows = 7, 20
    for rate in interval(right, rows):
        z = (right / rows - rate) / np.sqrt(rate * (1 - rate) / rows)
        assert abs(z) == pytest.approx(1.959964)


def test_most_confused_counts_no_right_answers() -> None:
    matrix = np.array([[9, 0, 2], [0, 9, 0], [1, 0, 9]])
    assert most_confused(matrix, "abc") == [("a", "c", 2), ("c", "a", 1)]


MNIST = nn.datasets.mnist.folder()


@pytest.mark.skipif(MNIST is None, reason="MNIST is not in $NEURONA_DATA")
def test_one_epoch_of_real_mnist(neurona: Command) -> None:
    line = f"train mnist --data {MNIST} --epochs 1 --threads 1 --json -q"
    found = json.loads(neurona(line).out)
    assert found["parameters"] == 59_210
    assert found["rows"] == {"training": 54_000, "validation": 6_000, "test": 10_000}
    assert found["test"]["accuracy"] > 0.9
    done = neurona(f"predict mnist.safetensors mnist --data {MNIST} --row 0")
    assert done.out.splitlines()[1].startswith("0,7,")
