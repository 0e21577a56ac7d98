"""The compiled engine on every instruction set of this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.test_native_threads import environment, hashes
from neurona.engines import ENGINES

if not ENGINES["native"].installed():
    pytest.skip("the compiled engine is not installed", allow_module_level=True)
from neurona import _native

HERE = Path(__file__).parent


def pytest_with(isa: str, *arguments: str, **more: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        env=environment(NEURONA_ISA=isa, NEURONA_THREADS="8", **more),
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.parametrize("isa", _native.isas())
def test_networks_of_any_shape(isa: str) -> None:
    pytest_with(isa, str(HERE / "native_shapes.py"))


@pytest.mark.slow
@pytest.mark.parametrize("isa", _native.isas())
def test_many_networks_and_all_contracts(isa: str) -> None:
    pytest_with(isa, str(HERE / "native_shapes.py"), EXAMPLES="500")
    pytest_with(isa, str(HERE), "-m", "not slow", "-k", "native and not isas")


def test_each_gives_its_own_bits_for_any_threads() -> None:
    by_isa: dict[str, Any] = {
        isa: hashes(["narrow"], [1, 3], ["one call"], NEURONA_ISA=isa) for isa in _native.isas()
    }
    assert all(len(found["narrow"]) == 1 for found in by_isa.values())


def test_one_that_the_machine_lacks() -> None:
    code = "from neurona import _native; _native.isa()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(NEURONA_ISA="sse9"),
        capture_output=True,
        text=True,
    )
    assert "NEURONA_ISA=sse9 is not an instruction set of this machine" in done.stderr
    assert np.all([isa in done.stderr for isa in _native.isas()])
