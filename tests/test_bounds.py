"""What does not grow: memory over many fits and epochs, and over data larger than memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurona.engines import ENGINES

pytest.importorskip("resource", reason="no way to measure memory on this system")

GROWTH = """
import gc, os, sys
import numpy as np
import neurona as nn

def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

x = np.random.default_rng(0).normal(size=(64, 20)).astype(np.float32)
y = (x[:, 0] > 0).astype(int)
net = [nn.layers.Input(shape=(20,)), nn.layers.Dense(64, "relu"), nn.layers.Dense(1, "sigmoid")]
model = nn.Sequential(net, seed=0)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"], engine=sys.argv[1])
fit = lambda epochs: model.fit(x, y, epochs=epochs, validation_split=0.2, verbose=0)
for _ in range(100):
    fit(1)
fit(200)
before = resident()
for _ in range(1000):
    fit(1)
fits = resident()
fit(1000)
print(fits - before, resident() - fits)
"""

LARGER = """
import resource, sys
import numpy as np
import neurona as nn

path, rows, engine = sys.argv[1], int(sys.argv[2]), sys.argv[3]
x = np.load(path, mmap_mode="r")
y = np.zeros(rows, dtype=np.int64)
y[::2] = 1
net = [nn.layers.Input(shape=(1000,)), nn.layers.Rescaling(1 / 255)]
model = nn.Sequential([*net, nn.layers.Dense(4, "relu"), nn.layers.Dense(1, "sigmoid")], seed=0)
model.compile("sgd", "binary_crossentropy", engine=engine)
# A whole batch: the matrix product's library takes its own memory at the first large one.
model.fit(np.zeros((500, 1000), np.uint8), y[:500], batch_size=500, verbose=0)
# Anonymous memory may grow by far less than the file's size.
data = lambda: int(next(l for l in open("/proc/self/status") if l.startswith("VmData")).split()[1])
resource.setrlimit(resource.RLIMIT_DATA, (data() * 1024 + x.nbytes // 4,) * 2)
history = model.fit(x, y, batch_size=500, verbose=0)
print(history.history["loss"][0])
"""


def run(code: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc on this system")
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_memory_is_flat_over_a_thousand_fits_and_epochs(engine: str) -> None:
    over_fits, over_epochs = map(int, run(GROWTH, engine).split())
    assert over_fits < 2_000_000
    assert over_epochs < 2_000_000


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this system")
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_mapped_file_larger_than_the_memory_allowed(engine: str, tmp_path: Path) -> None:
    rows = 200_000
    path = tmp_path / "x.npy"
    array = np.lib.format.open_memmap(path, "w+", np.uint8, (rows, 1000))
    array[:] = np.arange(1000, dtype=np.uint8) % 200
    array.flush()
    del array
    assert 0 < float(run(LARGER, path, rows, engine)) < 1
    path.unlink()
