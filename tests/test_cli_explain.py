"""``neurona explain``: a step on one row, from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import neurona as nn
from neurona.cli import main
from neurona.datasets import iris as flowers
from notebook_html import shown


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
    """Run the command in a folder that holds a model of iris, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(line: str, *more: str) -> Done:
        capfd.readouterr()
        code = main([*line.split(), *more])
        return Done(code, *capfd.readouterr())

    assert run("train iris --epochs 1 --engine numpy -q").code == 0
    return run


def test_a_row(neurona: Command) -> None:
    before = Path("iris.safetensors").read_bytes()
    done = neurona("explain iris.safetensors --row 17")
    assert done.code == 0
    assert done.err == ""
    assert done.out.startswith("Row 17 of iris, test part, 30 rows. Nothing is trained by this.")
    model = nn.load_model("iris.safetensors")
    x, y = flowers.load_data()[1]
    step = model.explain_step(x[17:18], y[17:18])
    assert [line.rstrip() for line in done.out.splitlines()[1:]] == step.to_text(100).splitlines()
    assert Path("iris.safetensors").read_bytes() == before
    assert neurona("explain iris.safetensors iris").out.startswith("Row 0 of iris")


def test_why(neurona: Command) -> None:
    done = neurona("explain iris.safetensors --row 3 --why", "dense_1.kernel[2, 0]")
    assert done.code == 0
    assert done.out.startswith("∂E/∂W₃[2,0] = Σₙ h₂[n,2]·δ₃[n,0]")
    assert neurona("explain iris.safetensors --why loss").out.startswith("E = Σₙ s[n]·ℓ[n]")


def test_check(neurona: Command) -> None:
    done = neurona("explain iris.safetensors --check")
    assert done.out.startswith("Gradients agree with finite differences")
    found = json.loads(neurona("explain iris.safetensors --check --json").out)
    assert found["largest"] < 1e-6
    assert {w["key"] for w in found["weights"]} >= {"dense/kernel", "dense_2/bias"}


def test_for_programs(neurona: Command) -> None:
    found = json.loads(neurona("explain iris.safetensors --row 2 --json").out)
    assert (found["command"], found["row"], found["dataset"]) == ("explain", 2, "iris")
    layer = {layer["name"]: layer for layer in found["layers"]}["dense_2"]
    assert np.shape(layer["delta"]) == (1, 3)
    assert layer["derivative"] is None  # softmax has none
    kernel = layer["weights"]["kernel"]
    change = np.array(kernel["after"]) - np.array(kernel["before"])
    np.testing.assert_allclose(change, kernel["update"], atol=1e-7)
    assert set(kernel["slots_after"]) == {"m", "v"}
    asked = "explain iris.safetensors --row 2 --json --why dense_2.delta[0,1]"
    found = json.loads(neurona(asked).out)
    assert found["value"] == pytest.approx(layer["delta"][0][1], rel=1e-6)
    assert sum(found["terms"]) == pytest.approx(found["value"], rel=1e-5)
    assert found["text"].startswith("δ₄[0,1] = ")


def test_files(neurona: Command) -> None:
    for suffix, begins in (
        (".html", "<!doctype html>"),
        (".md", "## Step"),
        (".tex", r"\documentclass"),
        (".txt", "Step"),
    ):
        done = neurona(f"explain iris.safetensors --out step{suffix}")
        assert done == Done(0, f"Wrote the step to step{suffix}\n", "")
        assert Path(f"step{suffix}").read_text(encoding="utf-8").startswith(begins)
    page = Path("step.html").read_text(encoding="utf-8")
    assert "http" not in page
    body = re.search(r"<main>(.*)</main>", page, re.DOTALL)
    assert body is not None
    assert "Step" in shown(body[1])
    assert neurona("explain iris.safetensors --out step.md").code == 2
    assert neurona("explain iris.safetensors --out step.md --overwrite").code == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("explain iris.safetensors --row 30", "there is no row 30 in iris"),
        ("explain iris.safetensors --why dense.krnel[0,0]", "Did you mean 'dense.kernel'"),
        ("explain iris.safetensors --why dense.kernel", "give 2 whole numbers"),
        ("explain iris.safetensors --why dense.kernel[0,99]", "index 1 of 'dense.kernel'"),
        ("explain iris.safetensors --why [1]", "The step has no numbers named '[1]'"),
        ("explain iris.safetensors --out step.doc", "goes to a .html or a .md"),
        ("explain iris.safetensors --out no/step.md", "there is no folder"),
        ("explain iris.safetensors digits", "x has shape"),
    ],
)
def test_errors(neurona: Command, line: str, message: str) -> None:
    done = neurona(line)
    assert done.code in (1, 2)
    assert done.out == ""
    assert message in done.err
    assert done.err.startswith("neurona: error: ")


def test_a_model_without_a_loss(neurona: Command) -> None:
    nn.Sequential([nn.layers.Dense(1, input_shape=(4,))], seed=1).save("bare.safetensors")
    done = neurona("explain bare.safetensors iris")
    assert done.code == 1
    assert "saved without a loss" in done.err


def test_a_narrow_terminal(neurona: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = neurona("explain iris.safetensors").out.splitlines()
    assert max(map(len, lines[2:])) <= 44  # combining marks take no column


def test_help(neurona: Command) -> None:
    done = neurona("explain --help")
    assert "neurona explain iris.safetensors --row 17" in done.out
    assert "--why" in done.out
