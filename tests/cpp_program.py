"""Programs of one C++ file of ``native/`` beside this one, over the engine's headers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HEADERS = HERE.parent / "native"


def printed(source: str, folder: Path) -> list[list[str]]:
    """The words of each line that the program prints, compiled in that folder."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    program = folder / "program"
    command = [compiler, "-std=c++20", "-O1", f"-I{HEADERS}", str(HERE / "native" / source)]
    subprocess.run([*command, "-o", str(program)], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return [line.split() for line in lines.splitlines()]
