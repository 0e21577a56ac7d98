"""Checkpoints of every released version are read, and their runs go on."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from neurona.runs import checkpoint
from neurona.runs.checkpoint import Checkpoint

FILES = Path(__file__).parent / "files"
sys.path.insert(0, str(FILES))

from make_checkpoint_1 import fit, model  # noqa: E402


@pytest.mark.parametrize("number", range(1, checkpoint.FORMAT + 1))
def test_a_run_of_every_format_goes_on(number: int, tmp_path: Path) -> None:
    kept = FILES / f"checkpoint-{number}.safetensors"
    found = Checkpoint.read(kept)
    assert (found.epoch, found.step, found.rows, found.state.iteration) == (1, 2, 8, 7)
    shutil.copy(kept, tmp_path / "checkpoint-00000008.safetensors")
    resumed, unbroken = model(), model()
    fit(resumed, tmp_path)
    fit(unbroken, tmp_path / "other")
    assert resumed.state.iteration == unbroken.state.iteration == 15
    for ours, theirs in zip(resumed.get_weights(), unbroken.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)  # another machine made it
    assert resumed.history is not None
    assert unbroken.history is not None
    assert resumed.history.epoch == [0, 1, 2]
    for name, values in unbroken.history.history.items():
        assert resumed.history.history[name] == pytest.approx(values, rel=1e-4)
