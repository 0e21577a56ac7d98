"""A save of which any system call fails: the old file or the new one, never a third."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from faults.files_tools import leftovers
from neurona.files import write_whole

HERE = Path(__file__).parent
RETRIED = {"open file", "open folder", "write", "fsync"}  # by Python, after EINTR


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("saves")
    shim = tmp_path_factory.mktemp("shim") / "shim.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", shim, HERE / "files_shim.c", "-ldl"],
        check=True,
    )
    done = subprocess.run(
        [sys.executable, HERE / "files_syscalls.py", folder, shim],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "LD_PRELOAD": str(shim),
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": str(HERE.parents[1] / "src"),
        },
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_call_of_a_save_was_made_to_fail(results: list[dict[str, Any]]) -> None:
    calls = {result["call"] for result in results}
    expected = {"open file", "open folder", "write", "fsync", "close", "rename", "lstat"}
    assert expected <= calls
    for mode in ("ENOSPC", "EIO", "EINTR", "short write", "kill"):
        of_mode = [result for result in results if result["mode"] == mode]
        assert of_mode[-1]["call"] is None  # it went on until none was left to fail
        assert of_mode[-1]["holds"] == "new"


def test_there_is_the_old_file_or_the_new_one(results: list[dict[str, Any]]) -> None:
    assert {result["holds"] for result in results} == {"old", "new"}
    for result in results:
        if result["mode"] == "kill":
            continue
        if result["error"] is None:  # told that it was saved
            assert result["holds"] == "new", result
    mid = [
        r for r in results if r["call"] in ("write", "rename") and r["mode"] in ("ENOSPC", "EIO")
    ]
    assert mid
    assert {result["holds"] for result in mid} == {"old"}


def test_no_failure_is_passed_over(results: list[dict[str, Any]]) -> None:
    for result in results:
        # Whether parts of the path are links is asked; a folder's handle was only synced through.
        harmless = result["call"] in (None, "lstat", "close") and result["holds"] == "new"
        if result["mode"] in ("ENOSPC", "EIO") and not harmless:
            assert result["errno"] == getattr(errno, result["mode"]), result
        retried = result["mode"] == "EINTR" and result["call"] in RETRIED
        if retried or result["mode"] == "short write":
            assert (result["error"], result["holds"]) == (None, "new"), result


def test_nothing_is_left_behind(results: list[dict[str, Any]]) -> None:
    saves = [result for result in results if result["mode"] != "kill"]
    assert [result for result in saves if result["leftovers"]] == []
    assert len({result["handles"] for result in saves}) == 1


def test_what_a_killed_save_leaves_can_be_removed(results: list[dict[str, Any]]) -> None:
    kills = [result for result in results if result["mode"] == "kill"]
    assert any(result["leftovers"] for result in kills)
    assert all(result["left"] == [] for result in kills)


# --- without a compiler ----------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["write", "fsync", "replace", "close"])
def test_a_call_that_raises(
    call: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    real = getattr(os, call)
    error = type(error)(*error.args)  # one of its own, as its file's name is set

    def fail(*given: Any) -> Any:
        monkeypatch.setattr(os, call, real)
        if call == "close":
            real(*given)
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(error)) as caught:
        write_whole(path, b"new")
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(path)  # not the temporary one's
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_the_first_error_is_told_where_the_temporary_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError(errno.EIO, "broken")

    def refuse(*_: Any) -> Any:
        raise OSError(errno.EROFS, "read-only")

    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(OSError, match="broken"):
        write_whole(tmp_path / "file", b"new")


def test_a_write_that_never_gets_on_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "write", lambda *_: 0)
    with pytest.raises(OSError, match="wrote nothing"):
        write_whole(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A real refusal of the system: files may have no more than 1,000 bytes."""
    program = """
import resource, sys
from neurona.files import write_whole
write_whole("file", b"old" * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_whole("file", [b"new" * 200, b"new" * 200])
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")},
    )
    assert done.stdout.strip() == "File too large"
    assert (tmp_path / "file").read_bytes() == b"old" * 100
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
