"""Runs side by side: what was set otherwise, and what came of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import neurona as nn
from neurona.cli import main
from neurona.report import Entry, compare, judge


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
    monkeypatch.setenv("COLUMNS", "180")
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def run(line: str) -> Done:
        capfd.readouterr()
        return Done(main(line.split()), *capfd.readouterr())

    return run


def entry(name: str, seed: int, rows: int = 200, epochs: int = 3) -> Entry:
    x, y = nn.datasets.moons(rows, seed=1)
    model = nn.Sequential([nn.layers.Dense(6, "tanh"), nn.layers.Dense(1, "sigmoid")], seed=seed)
    model.compile("adam", "binary_crossentropy", ["accuracy"], engine="numpy")
    history = model.fit(x, y, epochs=epochs, validation_split=0.1, verbose=0)
    settings = {"seed": str(seed), "optimizer": "adam", "rows": str(rows)}
    return Entry(name, history, settings, judge(model, x, y))


def test_settings_that_differ_and_results() -> None:
    found = compare([entry("a", 1), entry("b", 2, epochs=5)])
    assert found.settings == (("seed", "1", "2"),)
    rows = {name: cells for name, *cells in found.results}
    assert rows["epochs"] == ["3", "5"]
    for place, one in enumerate(found.entries):
        assert one.results is not None
        for measure in one.results.measures:
            assert float(rows[f"test {measure.name}"][place]) == pytest.approx(
                measure.value, abs=1e-4
            )
    assert "epoch" in rows["best validation loss"][0]


def test_the_difference_is_paired() -> None:
    a, b = entry("a", 1), entry("b", 2)
    assert a.results is not None
    assert b.results is not None
    rows = {name: cells for name, *cells in compare([a, b]).results}
    first, second = (np.equal(e.results.true, e.results.estimated) for e in (a, b))  # type: ignore[union-attr]
    difference = second.astype(float) - first
    assert rows["accuracy against the first"] == ["–", f"{difference.mean():+.4f}"]
    low, high = map(float, rows["… 95 % interval"][1].split(" to "))
    half = 1.96 * difference.std() / np.sqrt(len(difference))
    assert (high - low) / 2 == pytest.approx(half, rel=0.2)
    same = {name: cells for name, *cells in compare([a, Entry("c", None, {}, a.results)]).results}
    assert same["… 95 % interval"][1] == "+0.0000 to +0.0000"


def test_different_rows_are_not_compared() -> None:
    found = compare([entry("a", 1), entry("b", 1, rows=100)])
    assert "different rows" in found.notes[0]
    assert not any("against" in name for name, *_ in found.results)


def test_page_is_escaped_and_stands_alone(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    one, two = entry("a", 1), entry("b", 2)
    found = compare([Entry(evil, one.history, {evil: evil}, one.results), two])
    page = found.save(tmp_path / "both.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count('<svg class="chart"') == 4  # loss and accuracy, running and validation
    assert not re.search(r'(src|href)="(?!#|data:)', page)
    with pytest.raises(nn.errors.ArgumentError, match="html"):
        found.save(tmp_path / "both.txt")


def test_wrong_entries() -> None:
    with pytest.raises(nn.errors.ArgumentError, match="two runs or more"):
        compare([Entry("a", None)])
    with pytest.raises(nn.errors.ArgumentError, match="must differ"):
        compare([Entry("a", None), Entry("a", None)])
    bare = compare([Entry("a", None), Entry("b", None)])
    assert bare.results == ()
    assert "No run has kept its history" in bare.html


def test_the_command(neurona: Command) -> None:
    for line in ("--run one --seed 1", "--run two --seed 2 --layers 8", "--out three.safetensors"):
        assert neurona(f"train moons --epochs 2 --engine numpy -q {line}").code == 0
    done = neurona("compare one two three.safetensors --out all.html")
    assert done.code == 0, done.err
    differing = done.out[done.out.index("setting that differs") :]
    assert re.search(r"seed +1 +2 +0", differing)
    assert "Dense(8, Tanh)" in differing
    assert "learning_rate" not in differing
    assert "accuracy against the first" in done.out
    assert "all.html" in done.out
    page = Path("all.html").read_text()
    assert all(name in page for name in (">one<", ">two<", ">three<"))
    assert neurona("compare one two --out all.html").code == 2  # it exists


def test_as_json(neurona: Command) -> None:
    for seed in (1, 2):
        assert (
            neurona(f"train moons --epochs 2 --engine numpy -q --run {seed} --seed {seed}")[0] == 0
        )
    done = neurona("compare 1 2 --json")
    told = json.loads(done.out)
    assert [run["name"] for run in told["runs"]] == ["1", "2"]
    assert told["differing_settings"] == ["seed"]
    for run in told["runs"]:
        low, high = run["test"]["accuracy"]["95_percent_interval"]
        assert low <= run["test"]["accuracy"]["value"] <= high
        assert len(run["history"]["val_loss"]) == 2


def test_the_command_refuses(neurona: Command) -> None:
    assert neurona("train iris --epochs 1 --engine numpy -q").code == 0
    assert "two runs or more" in neurona("compare iris.safetensors").err
    assert "named twice" in neurona("compare iris.safetensors iris.safetensors").err
    assert neurona("compare iris.safetensors nothing").code == 1


def test_a_run_whose_rows_are_gone_is_still_shown(neurona: Command) -> None:
    rng = np.random.default_rng(0)
    np.savez("d.npz", x=rng.normal(size=(40, 2)), y=np.arange(40) % 2)
    for name in "ab":
        assert neurona(f"train d.npz --epochs 2 --engine numpy -q --out {name}.safetensors")[0] == 0
    Path("d.npz").unlink()
    done = neurona("compare a.safetensors b.safetensors")
    assert done.code == 0
    assert "is not tested" in done.err
    assert "epochs" in done.out
