"""What the compiler made of the engine, where the objects of a build lie in build/."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OBJECTS = sorted(ROOT.glob("build/cp*/CMakeFiles/*.dir/**/*.o"))
# Registers that only some machines have, and who may use them.
WIDE = {"%zmm": {"avx512"}, "%ymm": {"avx2", "avx512"}}


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


@pytest.mark.parametrize("path", [*filter(isa_of, OBJECTS)], ids=lambda path: path.name)
def test_kernels_define_nothing_that_others_could_be_linked_to(path: Path) -> None:
    """An inline function of the standard library, compiled for AVX-512 here, may be the one
    that the linker takes for all: it would end a process on another machine."""
    names = output("nm", "-C", "--defined-only", str(path)).splitlines()
    shared = [line for line in names if re.search(r"^\S+ [WVu] ", line)]
    foreign = [line for line in shared if f"neurona::{isa_of(path)}::" not in line]
    assert not foreign
