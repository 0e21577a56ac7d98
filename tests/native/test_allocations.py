"""Memory is planned before the first step: a step allocates nothing."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("neurona._native")

HERE = Path(__file__).parent
NETS = {
    "tiny": "layers.Input((4,)), layers.Dense(12, 'tanh'), layers.Dense(3, 'softmax')",
    "narrow": "layers.Input((784,)), layers.Dense(16, 'relu'), layers.Dense(3, 'softmax')",
    "large": "layers.Input((363,)), layers.Dense(363, 'relu'), layers.Dense(3, 'softmax')",
    "between": (
        "layers.Input((4,)), layers.GaussianNoise(0.1), layers.Dense(8, 'relu'), "
        "layers.BatchNormalization(), layers.Dropout(0.2), layers.LayerNormalization(), "
        "layers.Dense(3, 'softmax')"
    ),
}
PROGRAM = """
import ctypes, json, sys
import numpy as np
import neurona as nn
from neurona import layers
from neurona.engines.native_engine import NativeEngine

allocations = ctypes.CDLL(None).allocations
allocations.restype = ctypes.c_long
assert allocations() > 0
runs = []

def run_steps(self, steps):
    runner, *arguments = self._call(steps)
    before = allocations()
    result = runner.run_steps(*arguments)
    runs.append((steps.last - steps.first, allocations() - before))
    return self._report(steps, arguments, result)

NativeEngine.run_steps = run_steps
model = nn.Sequential([NET], seed=1)
model.compile(OPTIMIZER, "sparse_categorical_crossentropy", engine="native", threads=THREADS)
x = np.random.default_rng(1).random((8, model.network.input_shape[0]), np.float32)
model.fit(x, np.arange(8) % 3, batch_size=2, epochs=5000, verbose=0)
print(json.dumps(max(runs)))
"""


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None or platform.libc_ver()[0] != "glibc":
        pytest.skip("needs a C++ compiler and glibc")
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("a sanitizer counts allocations itself")
    library = tmp_path_factory.mktemp("allocations") / "allocations.so"
    command = [compiler, "-std=c++20", "-O1", "-shared", "-fPIC", str(HERE / "allocations.cpp")]
    subprocess.run([*command, "-o", str(library)], check=True)
    return library


@pytest.mark.parametrize(
    ("net", "threads"),
    # A step of the large one takes so long that slices, which do allocate, have few of them.
    [(net, threads) for net in NETS for threads in (1, 2) if (net, threads) != ("large", 2)],
)
def test_a_step_allocates_nothing(net: str, threads: int, counter: Path) -> None:
    program = PROGRAM.replace("NET", NETS[net]).replace("THREADS", str(threads))
    optimizer = "nn.optimizers.Adam(clipnorm=1.0)" if net == "between" else "'adam'"
    done = subprocess.run(
        [sys.executable, "-c", program.replace("OPTIMIZER", optimizer)],
        env={**os.environ, "LD_PRELOAD": str(counter)},
        capture_output=True,
        text=True,
        check=True,
    )
    steps, allocated = json.loads(done.stdout)
    assert steps >= 100
    # Some for each slice of some milliseconds; one a step would be as many as there are steps.
    assert allocated < steps / 4
