"""Every program in examples/ runs, warns of nothing and prints what it is there to show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import neurona
from neurona.datasets import mnist
from neurona.errors import DatasetError

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted((ROOT / "examples").glob("*.py"))

# What each program must print, as regular expressions.
FACTS = {
    "backprop_by_hand": [r"5 gradients agree", r"w21\s+-0\.060769563\s+-0\.060769563"],
    "class_weights": [
        r"rows of each class: \[1000, 88\]",
        r"balanced weights: +\{0: 0\.544, 1: 6\.182\}",
    ],
    "custom_parts": [
        r"(89|90|91|92)% of the points lie below",
        r"saved and loaded: the same predictions",
        r"WrongSine of layer 'dense': .* disagrees with finite differences",
    ],
    "delta_rule": [r"predicted: \[0, 1, 0, 1\], wanted: \[0, 1, 0, 1\]"],
    "feed_forward_by_matrices": [
        r"W1: 5×4 in the lecture, kernel \(4, 5\) here",
        r"W2: 6×5 in the lecture, kernel \(5, 6\) here",
    ],
    "first_model": [r"hidden \(Dense\).* 20\n", r"output \(Dense\).* 12\n", r"Parameters: 32 "],
    "hard_sigmoid_iris": [r"setosa against versicolor", r"accuracy (1\.00|0\.99)"],
    "k_fold_iris": [
        r"fold_9: loss 0\.[01]\d+, accuracy on its fold (1\.0|0\.[89])",
        r"right: 14\d of 150 flowers",
        r"as an ensemble, on all flowers: accuracy 0\.9",
    ],
    "learning_rate_too_small_right_too_large": [
        r"a = 0\.7333",
        r"right .*: w =  0\.00   3\.00   3\.00",
        r"Training stopped at epoch 8, step 1: the loss is not finite",
    ],
    "linear_xor": [
        r"sign, set .* 4 of 4\n",
        r"linear, .* 0 of 4\n",
        r"tanh, .* 4 of 4\n",
        r"relu, seed 0 .* 4 of 4\n",
        r"relu, seed 1 .* [0-3] of 4\n",
        r"two linear layers are one: yes",
    ],
    "logistic_regression": [r"z = (1\.9|2\.[01])\d x1 -(0\.9|1\.[01])\d x2 \+(0\.9|1\.[01])\d"],
    "mnist_16_16": [r"Parameters: 13,002 ", r"unit 15: \d \(", r"accuracy 0\.[5-9]"],
    "mnist_small": [r"Parameters: 59,210 ", r"test loss .*, accuracy 0\.[5-9]"],
    "mnist_wide": [r"Parameters: 2,913,290 ", r"test loss .*, accuracy 0\.[5-9]"],
    "nonlinear_boundary": [r"Parameters: 121 ", r"accuracy (1\.000|0\.9)", r"\n·+#{10,}·+\n"],
    "one_neuron": [
        r"by the formula: .* = 0\.278023297901\n",
        r"by the library: w = 0\.278023297901",
    ],
    "perceptron_and_or_xor": [r"mistakes; Novikoff allows 9\n", r"Perceptron did not converge"],
    "three_layer_exercise": [r"by the library \[0\.0099 0\.9901 0\.99   0\.0079\]"],
}
ARGUMENTS = {
    "mnist_16_16": ["--epochs", "4", "--rows", "3000"],
    "mnist_small": ["--epochs", "2", "--rows", "3000"],
    "mnist_wide": ["--epochs", "3", "--rows", "1000"],
}


def run(program: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", str(program), *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(neurona.__file__).parents[1]), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.fixture
def mnist_folder() -> None:
    """Skip where MNIST is not on this machine; nothing is downloaded for a test."""
    try:
        mnist.load_data(download=False)
    except DatasetError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_program_prints_its_facts(program: Path, request: pytest.FixtureRequest) -> None:
    if program.stem.startswith("mnist"):
        request.getfixturevalue("mnist_folder")
    done = run(program, *ARGUMENTS.get(program.stem, []))
    assert done.returncode == 0, done.stderr
    for fact in FACTS[program.stem]:
        assert re.search(fact, done.stdout), f"no {fact!r} in:\n{done.stdout}"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_program_says_what_it_is_and_how_to_run_it(program: Path) -> None:
    text = program.read_text(encoding="utf-8")
    assert re.match(r'"""[A-Z].+[.?]\n', text)
    assert f"Run: python examples/{program.name}" in text


def test_without_mnist_the_program_says_where_to_put_it(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"  # refuses at once
    done = run(
        ROOT / "examples" / "mnist_small.py",
        NEURONA_DATA=str(tmp_path),
        XDG_CACHE_HOME=str(tmp_path),
        HTTPS_PROXY=nowhere,
        https_proxy=nowhere,
        NO_PROXY="",
        no_proxy="",
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("MNIST was found nowhere. Looked in:\n")
    assert "set the environment variable NEURONA_DATA" in done.stderr
    assert "Traceback" not in done.stderr
    for program in PROGRAMS:  # the others do it alike
        text = program.read_text(encoding="utf-8")
        if "mnist.load_data()" in text:
            assert "except DatasetError as error:\n    sys.exit(str(error))" in text
