"""``neurona train --run`` and ``neurona resume``: any end is a pause."""

from __future__ import annotations

import json
import os
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
from neurona import callbacks
from neurona.cli import main

SOURCE = Path(nn.__file__).parents[1]
TRAIN = "train iris --epochs 12 --early-stopping 9 -q --run"
FILES = ("model.safetensors", "best.safetensors", "history.jsonl", "config.json")


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


def contents(folder: str) -> dict[str, bytes]:
    return {name: Path(folder, name).read_bytes() for name in FILES}


def process(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "neurona", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"},
    )


def test_the_folder(neurona: Command) -> None:
    done = neurona(f"{TRAIN} runs/first")
    assert done.code == 0, done.err
    found = sorted(path.name for path in Path("runs/first").iterdir())
    assert found == sorted([*FILES, "checkpoints", "lock"])
    config = json.loads(Path("runs/first/config.json").read_text())
    assert config["dataset"] == "iris"
    assert config["epochs"] == 12
    epochs = [json.loads(line) for line in contents("runs/first")["history.jsonl"].splitlines()]
    assert [epoch["epoch"] for epoch in epochs] == list(range(12))
    best = min(range(12), key=lambda e: epochs[e]["val_loss"])
    assert nn.load_model("runs/first/best.safetensors").state.epoch == best + 1
    assert "runs/first/model.safetensors" in done.out


def test_the_run_is_that_of_a_plain_train(neurona: Command) -> None:
    neurona(f"{TRAIN} r")
    neurona("train iris --epochs 12 --early-stopping 9 -q")
    assert Path("r/model.safetensors").read_bytes() == Path("iris.safetensors").read_bytes()


@pytest.mark.parametrize("save_every", ["epoch", "3", "0.001s"])
def test_resumed_after_an_error(
    save_every: str, neurona: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert neurona(f"{TRAIN} whole").code == 0

    def broken(self: Any, position: Any) -> None:
        turns.append(position)
        if len(turns) == 15:
            raise OSError(5, "Input/output error")

    turns: list[Any] = []
    with monkeypatch.context() as patched:
        patched.setattr(callbacks.History, "on_position", broken)
        done = neurona(f"{TRAIN} part --save-every {save_every}")
    assert done.code == 1
    assert "Input/output error" in done.err
    assert not Path("part/model.safetensors").exists()
    assert neurona("resume part -q").code == 0
    assert contents("part") == contents("whole")


def test_a_complete_run_stays_as_it_is(neurona: Command) -> None:
    neurona(f"{TRAIN} r")
    before = contents("r")
    for line in ("resume r", f"{TRAIN} r"):
        done = neurona(line)
        assert done.code == 0
        assert contents("r") == before
    assert "is complete" in neurona("resume r").out


def test_a_run_can_be_made_longer(neurona: Command) -> None:
    neurona("train xor --epochs 3 -q --run short")
    neurona("train xor --epochs 7 -q --run long")
    done = neurona("resume short --epochs 7")
    assert "Trained 4 more epochs, 7 in all," in done.out
    assert contents("short") == contents("long")


def test_json(neurona: Command) -> None:
    found = json.loads(neurona("train xor --epochs 2 --run r --json").out)
    assert found["model"] == "r/model.safetensors"
    assert found["history_file"] == "r/history.jsonl"
    again = neurona("resume r --json")
    assert json.loads(again.out)["history"] == found["history"]
    assert "is complete" in again.err


# --- stopped and killed processes --------------------------------------------------------


def wait_for(pattern: Path) -> None:
    deadline = time.monotonic() + 60
    while not list(pattern.parent.glob(pattern.name)):
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_stopped_by_a_signal(number: Any, code: int, neurona: Command, tmp_path: Path) -> None:
    train = "train digits --epochs 60 --layers 128 -q --run"
    training = process(*train.split(), "a b", "--save-every", "5")
    wait_for(tmp_path / "a b" / "checkpoints" / "checkpoint-??????[1-9]?.safetensors")
    training.send_signal(number)
    _, said = training.communicate(timeout=60)
    assert training.returncode == code, said
    if number != signal.SIGKILL:
        assert "neurona: stopped after " in said
        assert "neurona resume 'a b'" in said
    assert not Path("a b/model.safetensors").exists()
    assert main(["resume", "a b", "-q"]) == 0
    assert neurona(f"{train} whole").code == 0
    assert contents("a b") == contents("whole")


def test_a_second_process_is_refused(neurona: Command, tmp_path: Path) -> None:
    line = "train digits --epochs 100000 -q --run r"
    training = process(*line.split())
    try:
        wait_for(tmp_path / "r" / "checkpoints" / "checkpoint-00000001.safetensors")
        for again in ("resume r", line):
            done = neurona(again)
            assert done.code == 1
            assert f"in use by process {training.pid}" in done.err
    finally:
        training.kill()
        training.communicate()


# --- what is refused ---------------------------------------------------------------------


def test_other_options_are_listed(neurona: Command) -> None:
    neurona(f"{TRAIN} r")
    before = contents("r")
    done = neurona(f"{TRAIN} r --seed 3 --dropout 0.5")
    assert done.code == 1
    assert "\n  dropout: was 0.0, is 0.5\n  seed: was 0, is 3\n" in done.err or (
        "\n  seed: was 0, is 3\n  dropout: was 0.0, is 0.5\n" in done.err
    )
    assert "neurona resume r --allow-different" in done.err
    assert contents("r") == before


def test_other_data_are_refused_until_told(neurona: Command) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(x[:, 0] > 0, "up", "down")
    np.savez("rows.npz", x=x, y=y)
    neurona("train rows.npz --epochs 2 -q --run r")
    x[7, 1] += 1e-9
    np.savez("rows.npz", x=x, y=y)
    done = neurona("resume r --epochs 4 -q")
    assert done.code == 1
    assert "sha256: was '" in done.err
    assert neurona("resume r --epochs 4 -q --allow-different").code == 0


def test_a_file_of_rows_is_found_from_another_folder(
    neurona: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    np.savez("rows.npz", x=x, y=(x[:, 0] > 0).astype(int))
    neurona("train rows.npz --epochs 2 -q --run r")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert neurona(f"resume {tmp_path / 'r'} --epochs 3 -q").code == 0


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("resume nowhere", 2, "nowhere holds no run"),
        ("train xor --run file", 2, "file is no folder"),
        ("train xor --run full", 2, "holds other files (letter.txt …) and no run"),
        ("train xor --run r --out m.safetensors", 2, "--out: with --run the model goes to r/model"),
        ("train xor --run r --save-every sometimes", 2, 'must be "epoch", a number'),
        ("resume bad", 1, "bad/config.json is damaged"),
        ("resume odd", 1, "odd/config.json is damaged"),
        ("resume newer", 1, "another version of neurona"),
    ],
)
def test_refused(line: str, code: int, said: str, neurona: Command) -> None:
    Path("file").touch()
    Path("full").mkdir()
    Path("full", "letter.txt").touch()
    good = {"format": 1, "neurona": "0.1.0", "dataset": "xor", "seed": 0}
    odd = {**good, "layers": 5}
    for name, content in [
        ("bad", "[" * 10_000),
        ("odd", json.dumps(odd)),
        ("newer", json.dumps({**good, "format": 2})),
    ]:
        Path(name).mkdir()
        Path(name, "config.json").write_text(content)
    done = neurona(line)
    assert done.code == code, done.err
    assert said in done.err
    assert not Path("r", "model.safetensors").exists()


def test_a_run_that_was_killed_before_it_wrote_anything(neurona: Command) -> None:
    Path("r", "checkpoints").mkdir(parents=True)
    Path("r", "lock").touch()
    Path("r", ".neurona-00.tmp").touch()
    assert neurona("train xor --epochs 1 -q --run r").code == 0
    assert not Path("r", ".neurona-00.tmp").exists()
