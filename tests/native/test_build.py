"""What the compiler made of the engine, where the objects of a build lie in build/."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OBJECTS = sorted(ROOT.glob("build/cp*/CMakeFiles/*.dir/**/*.o"))
# Registers that only some machines have, and who may use them.
WIDE = {"%zmm": {"avx512", "avx512_bf16"}, "%ymm": {"avx2", "avx512", "avx512_bf16"}}


def isa_of(path: Path) -> str | None:
    found = re.match(r"isa_(\w+)\.", path.name)
    return found and found[1]


def output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]}")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.name)
def test_instructions_of_one_machine_stay_in_their_file(path: Path) -> None:
    code = output("objdump", "-d", "--no-show-raw-insn", str(path))
    for register, owners in WIDE.items():
        assert register not in code or isa_of(path) in owners


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [p for p in OBJECTS if isa_of(p) in (None, "baseline")], ids=lambda path: path.name
)
def test_what_every_machine_runs_is_encoded_for_every_machine(path: Path) -> None:
    """Short vectors as AVX encodes them end a process on a machine without it, too."""
    code = output("objdump", "-d", "--no-show-raw-insn", str(path))
    assert not re.search(r"^\s+[0-9a-f]+:\s+v(?!err|erw)", code, re.MULTILINE)


@pytest.mark.slow
def test_without_a_compiler_it_is_installed_all_the_same(tmp_path: Path) -> None:
    source, site = tmp_path / "source", tmp_path / "site"
    for name in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines():
        if name.startswith(("src/", "native/", "CMakeLists", "pyproject", "README", "LICENSE")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    none = {"CC": "/bin/false", "CXX": "/bin/false"}
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--no-deps", "--no-cache-dir", "--target", str(site), str(source)],
        env={**os.environ, **none},
        capture_output=True,
        text=True,
    )
    if "No matching distribution" in done.stderr:
        pytest.skip("what builds it cannot be fetched")
    assert done.returncode == 0, done.stderr
    assert not [*site.glob("neurona/_native*")]
    code = """
import neurona as nn, numpy as np
model = nn.Sequential([nn.layers.Dense(2, "softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
model.fit(np.eye(4), np.arange(4) % 2, verbose=0)
print(nn.__file__, model.engine)
"""
    # Without site, or an editable installation would come first.
    python = [sys.executable, "-S", "-P"]
    paths = os.pathsep.join([str(site), sysconfig.get_path("purelib")])
    environment = {**os.environ, **none, "PYTHONPATH": paths}
    told = subprocess.check_output([*python, "-c", code], env=environment, text=True)
    assert told.startswith(str(site))
    assert "numpy (not native: its compiled module is not installed" in told
    doctor = subprocess.run(
        [*python, "-m", "neurona", "doctor"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert doctor.returncode == 0
    assert "neurona was installed without it" in doctor.stdout


@pytest.mark.parametrize("path", [*filter(isa_of, OBJECTS)], ids=lambda path: path.name)
def test_kernels_define_nothing_that_others_could_be_linked_to(path: Path) -> None:
    """An inline function of the standard library, compiled for AVX-512 here, may be the one
    that the linker takes for all: it would end a process on another machine."""
    names = output("nm", "-C", "--defined-only", str(path)).splitlines()
    shared = [line for line in names if re.search(r"^\S+ [WVu] ", line)]
    foreign = [line for line in shared if f"neurona::{isa_of(path)}::" not in line]
    assert not foreign
