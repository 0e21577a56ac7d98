"""Memory while training: the data as they are, and little besides."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from neurona.engines import ENGINES

CODE = """
import resource, sys
import numpy as np
import neurona as nn

ROWS, FEATURES = 250_000, 784
layers = [nn.layers.Rescaling(1 / 255), nn.layers.Dense(16, "relu"), nn.layers.Dense(10, "softmax")]
model = nn.Sequential([nn.layers.Input(shape=(FEATURES,)), *layers], seed=0)
model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"], engine=sys.argv[1])
model.fit(np.zeros((100, FEATURES), np.uint8), np.arange(100) % 10, verbose=0)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before = peak()
x = np.full((ROWS, FEATURES), 7, np.uint8)
y = np.arange(ROWS) % 10
model.fit(x, y, batch_size=1000, validation_split=0.1, validation_strategy="random", verbose=0)
print((peak() - before) / x.nbytes)
"""


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_images_of_bytes_stay_bytes(engine: str) -> None:
    """Peak memory above the start is at most 1.5 times the data set's, validation included."""
    pytest.importorskip("resource", reason="no way to measure the peak on this system")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE, engine],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert float(done.stdout) < 1.5
