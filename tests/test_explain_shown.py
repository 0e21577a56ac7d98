"""A step to look at: on terminals wide and narrow, in notebooks, as Markdown and LaTeX."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import pytest

import neurona as nn
from contract.running import rows
from explaining import N
from neurona import layers, regularizers
from neurona.explain.render_text import columns_of
from neurona.explain.step import Step
from notebook_html import shown

X, Y = rows((N, 3)), np.arange(N) % 2


@pytest.fixture(scope="module")
def step() -> Step:
    model = nn.Sequential(
        [
            layers.Input(shape=(3,)),
            layers.Dense(4, "tanh", kernel_regularizer=regularizers.L2(0.01), name="hidden"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(2, "softmax", kernel_constraint="max_norm"),
        ],
        name="shown",
        seed=1,
    )
    optimizer = nn.optimizers.Adam(0.01, clipnorm=0.1)
    model.compile(optimizer, "categorical_crossentropy", engine="numpy")
    model.train_on_batch(X, Y)
    explained: Step = model.explain_step(X, Y, np.arange(N) + 1.0)
    return explained


SYMBOLS = [
    "z₁",
    "h₁ = tanh(z₁)",
    "g′(z₁)",
    "∂E/∂h₁",
    "δ₁ = ∂E/∂h₁·g′(z₁)",
    "∂E/∂W₁ = xᵀ δ₁ + ∂R/∂W₁",
]
SYMBOLS += [
    "m′(W₁) = β₁·m(W₁) + (1 − β₁)·g(W₁)",
    "W₁′",
    "ΔW₁",
    "x̂₂",
    "s₃",
    "W₄*",
    "δ₄ = s·(h₄ − y)",
]
SYMBOLS += ["Step 2 of 'shown': 7 rows", "E = Σₙ s[n]·ℓ[n] + Σ R(W)", "R(hidden/kernel)"]


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_as_text(step: Step, width: int) -> None:
    text = step.to_text(width)
    assert max(map(columns_of, text.splitlines())) <= width
    words = re.sub(r"\s+", " ", text)
    for symbol in SYMBOLS:
        assert symbol in words, symbol
    weights = step["hidden"]["kernel"]
    assert weights.gradient is not None
    assert f"{weights.gradient[0, 0]:.4g}" in text
    assert str(step) == step.to_text(100)


def test_its_repr_is_a_line(step: Step) -> None:
    assert repr(step).startswith("<Step 2 of 'shown': 7 rows, loss ")
    assert "\n" not in repr(step)
    assert repr(step["hidden"]).startswith("<layer 1 'hidden' in a step: Dense(units=4")


def test_on_a_terminal(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    step.show(60)
    printed = capsys.readouterr().out
    assert [line.rstrip() for line in printed.splitlines()] == step.to_text(60).splitlines()


def test_in_colour(step: Step) -> None:
    from io import StringIO

    from rich.console import Console

    console = Console(file=StringIO(), force_terminal=True, width=80, color_system="truecolor")
    console.print(step)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[" in printed
    assert re.sub(r"\x1b\[[\d;]*m", "", printed).split() == step.to_text(80).split()


def test_without_rich_it_is_plain(
    step: Step, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    step.show(70)
    assert capsys.readouterr().out == step.to_text(70) + "\n"


def test_names_do_not_steer_the_terminal() -> None:
    model = nn.Sequential([layers.Input(shape=(3,)), layers.Dense(2, name="a\x1b[2Jb")])
    model.compile("sgd", "mse", engine="numpy")
    assert "\x1b" not in model.explain_step(X, rows((N, 2))).to_text()


def test_in_a_notebook(step: Step) -> None:
    html = step._repr_html_()
    text = shown(html)
    for symbol in SYMBOLS:
        assert symbol.replace("  ", " ") in re.sub(r"\s+", " ", text), symbol
    assert html.count('class="nrn-box"') == 5  # four layers and the loss
    delta = step["hidden"].delta
    assert delta is not None
    hover = f"δ₁[0,1] = {delta[0, 1]:.6g}"
    assert hover in html
    assert "step.why(&quot;hidden.delta&quot;, 0, 1)" in html
    assert "http" not in html


def test_why_in_a_notebook(step: Step) -> None:
    why = step.why("hidden.kernel", 1, 2)
    text = shown(why)
    assert "Σₙ x[n,1]·δ₁[n,2]" in text
    assert 'step.why("hidden.delta", 1, 2)' in text
    assert "∂E/∂h₁[1,2]·g′(z₁[1,2])" in text  # one level further down, folded


def test_as_markdown(step: Step) -> None:
    text = step.to_markdown()
    assert text.count("\n$$\n") % 2 == 0
    assert "### 1 hidden" in text
    assert r"\frac{\partial E}{\partial W_{1}} &= x^{\top} \delta_{1}" in text
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    assert len(tables) >= 5
    for table in tables:
        assert len({re.sub(r"\\\|", "", line).count("|") for line in table.splitlines()}) == 1


def test_as_latex(step: Step) -> None:
    text = step.to_latex(document=True)
    assert text.startswith(r"\documentclass")
    assert text.rstrip().endswith(r"\end{document}")
    assert text.count(r"\begin") == text.count(r"\end")
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")
    assert step.to_latex() in text
    assert text.isascii()


def test_large_steps_stay_readable() -> None:
    net = [layers.Input(shape=(784,)), layers.Dense(64, "relu"), layers.Dense(10, "softmax")]
    model = nn.Sequential(net, seed=1)
    model.compile("sgd", "categorical_crossentropy", engine="numpy")
    step = model.explain_step(np.abs(rows((100, 784))), np.arange(100) % 10)
    assert len(step.to_text().splitlines()) < 150
    assert len(step.to_html()) < 400_000
    assert len(step.to_markdown()) < 50_000


@pytest.mark.parametrize("shape", [(2, 4), (1, 2, 2)])
def test_sequences_and_images(shape: tuple[int, ...]) -> None:
    net = [layers.Input(shape=shape), layers.Dense(3, "relu"), layers.Flatten(), layers.Dense(1)]
    model = nn.Sequential(net, seed=1)
    model.compile("nadam", "mse", engine="numpy")
    step = model.explain_step(rows((2, *shape)), [0.0, 1.0])
    shown(step)
    assert "mu_product 1 →" in step.to_text()
    assert step.to_markdown()
    assert step.to_latex()


def test_a_network_without_anything_to_learn() -> None:
    model = nn.Sequential([layers.Input(shape=(3,)), layers.ReLU()])
    model.compile("sgd", "mse", engine="numpy")
    step: Any = model.explain_step(X, X)
    assert "computes no δ" in step.to_text()
    assert step.check().weights == ()
    assert step.check().largest == 0.0
    shown(step)
