"""The machine's peak: the best rate of a large float32 matrix product.

``python -m benchmarks.sgemm numpy`` (or ``torch``) prints it in GF/s.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.client import environment, pinned

LIBRARIES = ("numpy", "torch")


def peak(bench: Bench) -> dict[str, float]:
    """GF/s by library; those that are not there are left out."""
    size, count = ("1024", "10") if bench.quick else ("3072", "20")
    rates = {}
    for library in LIBRARIES:
        with pinned(bench.threads):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.sgemm", library, size, count],
                capture_output=True,
                text=True,
                env=environment(bench.threads),
                check=False,
            )
        if done.returncode == 0:
            rates[library] = float(done.stdout)
    return rates


def measure(library: str, size: int, count: int) -> float:
    """The best of so many products of square matrices, in GF/s."""
    a: Any = np.random.default_rng(1).random((size, size), np.float32)
    out: Any = np.empty_like(a)
    multiply: Any = np.matmul
    if library == "torch":
        import torch

        a, out, multiply = torch.from_numpy(a), torch.from_numpy(out), torch.matmul
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        multiply(a, a, out=out)
        taken.append(time.perf_counter() - began)
    return 2 * size**3 / min(taken) / 1e9


if __name__ == "__main__":
    print(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
