"""What statistics of layers cost: MNIST 784-64-64-64-10, recorded after every second epoch.

Epochs with and without a record lie next to each other in time and share the machine's
moods: finer than whole fits side by side. What is printed are medians of the epochs and of
the ratios of neighbours.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np

import neurona as nn
from benchmarks.checkpoint_cost import BATCH, WARM_UP, model
from neurona.callbacks import Callback


class Clock(Callback):
    """When each epoch ended; it comes after the statistics."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.times.append(time.perf_counter())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100, help="of epochs, one with a record")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--optimizer", default="sgd")
    options = parser.parse_args()
    (x, y), _ = nn.datasets.mnist.load_data()
    x, y = x.reshape(-1, 784), y.astype(np.int64)
    clock, recorded = Clock(), nn.plots.LayerStatistics(x, y, every=2)
    callbacks: list[Any] = [recorded, clock]
    epochs = WARM_UP + 2 * options.pairs
    net = model(options.engine, options.optimizer)
    net.fit(x, y, batch_size=BATCH, epochs=epochs, callbacks=callbacks, verbose=0)
    took = np.diff(clock.times)[WARM_UP - 1 :]  # the first of each pair has no record
    plain, told = took[0::2], took[1::2]
    assert len(recorded.epochs) == 1 + epochs // 2
    middle = statistics.median(told) / statistics.median(plain)
    print(
        f"{net.engine.split()[0]}, {options.optimizer}: {1e3 * statistics.median(plain):.1f} ms an "
        f"epoch, with a record {100 * (middle - 1):+.1f} % by medians, "
        f"{100 * (statistics.median(told / plain) - 1):+.1f} % by the median of {len(told)} pairs"
    )


if __name__ == "__main__":
    main()
