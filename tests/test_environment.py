"""What `neurona doctor` finds on a machine that is well, and on machines that are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import neurona as nn
from neurona import environment
from neurona.cli import main
from neurona.engines import ENGINES

SOURCE = str(Path(nn.__file__).parents[1])
NATIVE = ENGINES["native"].installed()


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NEURONA_")]:
        monkeypatch.delenv(name)


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["doctor", "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_machine_that_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = report(capsys)
    assert (code, found["problems"]) == (0, [])
    assert found["neurona"] == nn.__version__
    assert found["packages"]["numpy"]
    assert found["blas"]["name"]
    assert 1 <= found["cores"]["affinity"] <= found["cores"]["machine"]
    by_name = {state["name"]: state for state in found["engines"]}
    assert list(by_name) == list(ENGINES)
    assert by_name["numpy"]["works"] is True
    if NATIVE:
        assert found["chosen"] == "native"
        assert by_name["native"]["works"] is True
        assert found["compiled"]["isa"] in found["compiled"]["isas"]
        assert found["compiled"]["threads"] >= 1
        several = found["compiled"]["threads"] > 1
        assert (found["compiled"]["meeting"] is not None) == several


@pytest.mark.parametrize(("seconds", "words"), [(4.5e-8, "; two meet in 0.04 µs"), (0.0, "")])
def test_how_near_the_cores_are(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    words: str,
) -> None:
    pytest.importorskip("neurona._native")
    monkeypatch.delenv("NEURONA_THREADS", raising=False)
    monkeypatch.setattr("neurona._native.meeting_seconds", lambda: seconds)
    monkeypatch.setattr("neurona._native.usable_cores", lambda: 7)
    assert main(["doctor"]) == 0
    assert f"  threads: at most 7{words}\n" in capsys.readouterr().out


def test_in_words(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURONA_THREADS", "3")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"neurona {nn.__version__}" in out
    assert "numpy: works" in out
    assert "NEURONA_THREADS=3 (most threads of the compiled engine)" in out
    assert out.endswith("No problems found.\n")
    if NATIVE:
        assert "native: works" in out
        assert "threads: at most 3" in out


@pytest.mark.skipif(not NATIVE, reason="the compiled engine is not installed")
@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NEURONA_THREADS", "all", "NEURONA_THREADS=all is not a whole number from 1 to 1024."),
        ("NEURONA_ISA", "mmx", "NEURONA_ISA=mmx is not an instruction set of this machine"),
        ("NEURONA_TREADS", "4", "Did you mean 'NEURONA_THREADS'"),
    ],
)
def test_settings_that_are_none(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    code, found = report(capsys)
    assert code == 1
    (problem,) = found["problems"]
    assert words in problem
    if name in environment.VARIABLES:
        assert main(["train", "iris", "--epochs", "1"]) == 2
        assert f"neurona: error: {words}" in capsys.readouterr().err


def without_native(*lines: str) -> str:
    program = "import sys; sys.modules['neurona._native'] = None\n" + "\n".join(lines)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_without_the_compiled_module() -> None:
    found = json.loads(without_native("from neurona.cli import main", "main(['doctor', '--json'])"))
    assert found["chosen"] == "numpy"
    assert "not native: its compiled module is not installed" in found["reason"]
    native = next(state for state in found["engines"] if state["name"] == "native")
    assert (native["installed"], native["works"]) == (False, None)
    assert found["problems"] == []  # slower, but all there


def test_everything_runs_without_the_compiled_module() -> None:
    out = without_native(
        "import neurona as nn",
        "m = nn.Sequential([nn.layers.Dense(1)])",
        "m.compile('sgd', 'mse')",
        "m.fit([[0.0], [1.0]], [0.0, 1.0], verbose=0)",
        "print(m.engine)",
        "m.compile('sgd', 'mse', engine='native')",
        "try:",
        "    m.fit([[0.0], [1.0]], [0.0, 1.0], verbose=0)",
        "except nn.errors.EngineError as error:",
        "    print(error)",
    )
    first, second = out.splitlines()
    assert first.startswith("numpy (not native: its compiled module is not installed")
    assert second.startswith("The native engine cannot run this model: its compiled module")


@pytest.mark.parametrize("compiler", [None, "/usr/bin/some-c++"])
def test_why_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, compiler: str | None
) -> None:
    monkeypatch.setattr(nn, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setattr("shutil.which", lambda name: compiler)
    reason = environment.why_not_compiled()
    assert ("there is no C++ compiler" in reason) == (compiler is None)
    assert (compiler or "GCC 11") in reason
    (tmp_path / "_native.cpython-27-pdp11.so").touch()
    assert "_native.cpython-27-pdp11.so) does not load here" in environment.why_not_compiled()


def test_an_engine_that_is_wrong_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = environment._trained("numpy")
    answers: dict[str, Any] = {"numpy": right, "native": [w + 1e-3 for w in right]}
    monkeypatch.setattr(environment, "_trained", answers.__getitem__)
    monkeypatch.setattr(ENGINES["native"], "installed", classmethod(lambda cls: True))
    assert environment.examine().problems == [
        "The native engine: its weights are 0.001 off NumPy's."
    ]

    def failing(name: str) -> Any:
        if name == "native":
            raise RuntimeError("no luck")
        return right

    monkeypatch.setattr(environment, "_trained", failing)
    assert environment.examine().problems == ["The native engine: it fails: no luck"]
