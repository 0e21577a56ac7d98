"""How training slows down when other programs want the cores as well.

``python -m benchmarks.competing_load [--seconds 2] [--rounds 5]`` trains two networks by turns on
a quiet machine and beside processes that do nothing but compute, one and then as many as there
are cores. With n threads on n cores beside h such hogs, an even scheduler leaves training
n / (n + h) of the machine; a step also waits for its slowest thread. "Collapse" would be a
speed far below that share.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

import neurona as nn

NETWORKS = {"784-64-64-64-10": (64, 64, 64), "784-512-512-10": (512, 512)}
ROWS, BATCH = 6000, 100


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """So many processes that only compute."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    time.sleep(0.2 if count else 0)
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def network(hidden: tuple[int, ...]) -> nn.Sequential:
    """Dense layers, trained by SGD with momentum."""
    layers = [nn.layers.Input(shape=(784,))]
    layers += [nn.layers.Dense(units, "relu") for units in hidden]
    model = nn.Sequential([*layers, nn.layers.Dense(10, "softmax")], seed=1)
    model.compile(nn.optimizers.SGD(0.01, momentum=0.9), "sparse_categorical_crossentropy")
    return model


def speed(model: nn.Sequential, seconds: float) -> float:
    """Steps a second over at least so many seconds."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (ROWS, 784), dtype=np.uint8) / np.float32(255)
    y = np.arange(ROWS) % 10
    steps, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < seconds:
        model.fit(x, y, batch_size=BATCH, epochs=5, verbose=0)
        steps += 5 * ROWS // BATCH
    return steps / taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    counts = sorted({0, 1, cores or 1})
    print(f"{cores} cores, load before: {os.getloadavg()[0]:.1f}")
    print("network            hogs  steps/s  (spread)           of quiet  even share")
    for name, hidden in NETWORKS.items():
        model = network(hidden)
        speed(model, 0.5)  # warm
        found: dict[int, list[float]] = {count: [] for count in counts}
        for _ in range(asked.rounds):
            for count in counts:
                with hogs(count):
                    found[count].append(speed(model, asked.seconds))
        quiet = statistics.median(found[0])
        for count, speeds in found.items():
            middle, share = statistics.median(speeds), (cores or 1) / ((cores or 1) + count)
            spread = f"({min(speeds):.0f} to {max(speeds):.0f})"
            row = f"{name:18} {count:4}  {middle:7.0f}  {spread:18}"
            print(f"{row} {middle / quiet:8.2f} {share:11.2f}")


if __name__ == "__main__":
    main()
