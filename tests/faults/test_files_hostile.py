"""Files made to do harm: an error within a second and 100 MB, whatever they hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from neurona import errors

SECONDS = 1.0
MEGABYTES = 100
PROGRAM = Path(__file__).with_name("files_hostile.py")
EXPECTED = (errors.FileFormatError, errors.UnknownNameError, errors.TooLargeError, OSError)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def test_each_is_refused_in_bounds(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "."],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(source)},
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    names = {error.__name__ for error in EXPECTED}
    bad = [
        result
        for result in results
        if not names & set(result.get("bases", ()))
        or not 0 < result["length"] < 2000  # a message that a person can read
        or result["seconds"] > SECONDS
        or result["whole"] > MEGABYTES
    ]
    assert bad == []
    assert len(results) > 120
