"""``neurona train --run`` and ``neurona resume``: any end is a pause."""

from __future__ import annotations

import json
import os
import shlex
import shutil
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
from neurona.cli import main, run_folder

SOURCE = Path(nn.__file__).parents[1]
TRAIN = "train iris --epochs 12 --early-stopping 9 -q --run"
FOLDERS = Path(__file__).parent / "files"
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
        return Done(main(shlex.split(line)), *capfd.readouterr())

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


def test_without_epochs_a_run_keeps_its_own(neurona: Command) -> None:
    neurona("train xor --epochs 6 -q --run r")
    before = contents("r")
    assert neurona("train xor -q --run r").code == 0
    assert contents("r") == before


def test_a_run_can_be_made_longer(neurona: Command) -> None:
    neurona("train xor --epochs 3 -q --run short")
    neurona("train xor --epochs 7 -q --run long")
    done = neurona("resume short --epochs 7")
    assert "Trained 4 more epochs, 7 in all," in done.out
    assert contents("short") == contents("long")


@pytest.mark.parametrize("line", ["resume r -q", "train xor -q --run r"])
def test_a_run_cannot_be_made_shorter(line: str, neurona: Command) -> None:
    neurona("train xor --epochs 6 -q --run r")
    before = contents("r")
    done = neurona(f"{line} --epochs 5")
    assert (done.code, done.out) == (2, "")
    assert "--epochs: the run in r has come to epoch 6, so it cannot end after 5." in done.err
    assert contents("r") == before
    assert neurona(f"{line} --epochs 6").code == 0
    assert contents("r") == before


def test_a_run_that_was_stopped_in_an_epoch_needs_that_one(
    neurona: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: Any, position: Any) -> None:
        if (position.epoch, position.step) == (2, 2):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(callbacks.History, "on_position", stop)
        assert neurona("train iris --epochs 9 -q --save-every 1 --run r").code == 130
    assert neurona("resume r --epochs 2 -q").code == 2
    assert neurona("resume r --epochs 3 -q").code == 0
    assert len(contents("r")["history.jsonl"].splitlines()) == 3


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


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize(("place", "data"), [("sources.load", " --data 'a b'"), ("judge", "")])
def test_stopped_before_or_after_the_training(
    place: str,
    data: str,
    number: Any,
    code: int,
    neurona: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(f"neurona.cli.train.{place}", lambda *_: signal.raise_signal(number))
    done = neurona(f"train xor --epochs 2 -q --run r{data}")
    assert done.code == code
    assert f"stopped, and all is saved. Go on with: neurona resume r{data}\n" in done.err
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
def test_stopped_before_there_is_a_run(neurona: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = lambda *_: signal.raise_signal(signal.SIGTERM)  # noqa: E731
    monkeypatch.setattr("neurona.cli.run_folder._write", stop)
    done = neurona("train xor --epochs 2 -q --run r")
    assert done.code == 143
    assert "neurona: stopped before the run was begun.\n" in done.err


def test_threads_are_no_part_of_the_result(neurona: Command) -> None:
    for threads in (1, 2):
        neurona(f"{TRAIN} r{threads} --threads {threads}")
    assert contents("r1") == contents("r2")


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
    assert "with --allow-different" in done.err
    assert contents("r") == before


def test_other_options_are_taken_when_told(neurona: Command) -> None:
    neurona("train xor --epochs 2 -q --run r")
    assert neurona("train xor --epochs 4 -q --l2 0.5 --run r").code == 1
    assert neurona("train xor --epochs 4 -q --l2 0.5 --run r --allow-different").code == 0
    assert json.loads(Path("r/config.json").read_text())["l2"] == 0.5
    assert len(contents("r")["history.jsonl"].splitlines()) == 4


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
        ("resume turned", 1, "turned/config.json is damaged (its checksum is another)"),
        ("resume newer", 1, "has the format 2; this version of neurona reads 1"),
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
        ("turned", json.dumps({**good, "sha256": "0" * 64})),
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


# --- damaged folders ---------------------------------------------------------------------


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def garbled(file: Path) -> None:
    file.write_bytes(bytes(255 - byte if i % 7 else 10 for i, byte in enumerate(file.read_bytes())))


@pytest.mark.parametrize("damage", [cut_short, emptied, garbled, Path.unlink])
@pytest.mark.parametrize("file", ["config.json", "history.jsonl", "best.safetensors", "lock"])
def test_any_file_of_a_run_may_be_damaged(
    file: str, damage: Callable[[Path], Any], neurona: Command
) -> None:
    neurona("train iris --epochs 3 -q --run r")
    neurona("train iris --epochs 6 -q --run whole")
    damage(Path("r", file))
    told = neurona("resume r --epochs 6 -q")
    if file == "config.json":
        assert told.code in (1, 2)
        assert "neurona train" in told.err
    done = neurona("train iris --epochs 6 -q --run r")
    assert done.code == 0, done.err
    assert contents("r")["model.safetensors"] == contents("whole")["model.safetensors"]
    assert contents("r")["config.json"] == contents("whole")["config.json"]
    lines = [json.loads(line) for line in contents("whole")["history.jsonl"].splitlines()]
    known = json.loads(neurona("resume r --json").out)["history"]
    assert known["loss"] == [line["loss"] for line in lines]
    assert neurona("report r").code == 0


def test_a_lost_config_is_no_way_to_other_options(neurona: Command) -> None:
    neurona("train iris --epochs 3 -q --run r")
    cut_short(Path("r/config.json"))
    done = neurona("train iris --epochs 6 -q --seed 4 --run r")
    assert done.code == 1
    assert "set aside as config.json.damaged" in done.err
    assert "seed: was 0, is 4" in done.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
@pytest.mark.parametrize("file", ["config.json", "history.jsonl", "lock", "checkpoints/lock"])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_refused_at_once(file: str, kind: str, neurona: Command) -> None:
    neurona("train iris --epochs 3 -q --run r")
    Path("r", file).unlink()
    (os.mkfifo if kind == "pipe" else os.mkdir)(f"r/{file}")
    done = neurona("resume r --epochs 6 -q")
    assert done.code in (1, 2)
    assert f"r/{file} " in done.err or "holds no run" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
def test_a_lock_is_not_followed_out_of_the_folder(neurona: Command) -> None:
    neurona("train iris --epochs 3 -q --run r")
    Path("mine").write_text("precious")
    Path("r/lock").unlink()
    Path("r/lock").symlink_to(Path("mine").absolute())
    done = neurona("resume r --epochs 6 -q")
    assert done.code == 2
    assert "r/lock is no plain file" in done.err
    assert Path("mine").read_text() == "precious"


@pytest.mark.parametrize(
    "line", ["", "x", "5", '"a"', "[]", "{}", '{"epoch": 1e999}', '{"epoch": 1, "loss": {}}']
)
def test_lines_without_measures_are_passed_over(line: str, neurona: Command) -> None:
    neurona("train iris --epochs 3 -q --run r")
    with Path("r/history.jsonl").open("a") as file:
        file.write(f"{line}\n")
    done = neurona("report r")
    assert done.code == 0
    assert ("1 of its lines, first line 4, hold no measures" in done.err) == bool(line)


# --- released versions -------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, run_folder.FORMAT + 1))
def test_a_folder_of_every_format_goes_on(number: int, neurona: Command) -> None:
    """With the options that it was begun with; its checkpoints are in test_checkpoint_format."""
    kept = FOLDERS / f"run-{number}"
    shutil.copytree(kept, "r")
    options = {
        "dataset": "iris",
        "layers": "5,4",
        "activation": "tanh",
        "optimizer": "nadam",
        "learning_rate": 0.01,
        "batch_size": "16",
        "epochs": 3,
        "seed": 7,
        "validation": 0.25,
        "early_stopping": 2,
        "dropout": 0.125,
        "l2": 0.001,
        "engine": "numpy",
        "dtype": "float64",
    }
    asked = run_folder.read_options(Path("r"))
    assert {name: getattr(asked, name) for name in options} == options
    assert neurona("resume r --epochs 4 -q").code == 0
    lines = contents("r")["history.jsonl"].splitlines(keepends=True)
    known = json.loads(neurona("resume r --epochs 4 --json").out)["history"]["loss"]
    assert len(known) == 4
    rows = (kept / "history.jsonl").read_text().splitlines()
    before = [json.loads(row)["loss"] for row in rows]
    np.testing.assert_allclose(known[:3], before, rtol=1e-6)
    assert b"".join(lines).startswith((kept / "history.jsonl").read_bytes())
