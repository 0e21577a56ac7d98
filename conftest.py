"""For all tests: pictures are drawn into memory, and none stays open."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
# As the Makefile does, so that a plain pytest skips nothing that `make test` runs.
_DATA = Path(__file__).parents[1] / "shared" / "data"
if _DATA.is_dir():
    os.environ.setdefault("NEURONA_DATA", str(_DATA))
# In the background of a shell Ctrl-C is ignored, and would be in the programs that are tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Without matplotlib, the examples of the pictures' docstrings cannot run.
collect_ignore = [] if importlib.util.find_spec("matplotlib") else ["src/neurona/plots"]


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
