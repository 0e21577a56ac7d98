"""What checkpoints cost: MNIST 784-64-64-64-10, saved after every epoch, and not at all.

Runs with and without ``BackupAndRestore`` take turns, each in both orders; what is
printed are medians of whole ``fit`` calls, the fingerprint of the data included, the
fastest of each (on a machine with other work the better measure), and the time of one
write to this disk. Then every second epoch of one long run is saved: what lies next to
each other in time shares the machine's moods, so that this is the finest measure of the
checkpoint itself. Last: what the hooks cost where nothing is saved.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import neurona as nn
from neurona.callbacks import BackupAndRestore, Callback
from neurona.files import write_whole
from neurona.runs.identity import fingerprint

BATCH = 100
WARM_UP = 4  # epochs


def model(engine: str, optimizer: str) -> nn.Sequential:
    hidden = [nn.layers.Dense(64, activation="relu") for _ in range(3)]
    first = [nn.layers.Input(shape=(784,)), nn.layers.Rescaling(1 / 255)]
    net = nn.Sequential([*first, *hidden, nn.layers.Dense(10, activation="softmax")], seed=1)
    loss = "sparse_categorical_crossentropy"
    net.compile(optimizer, loss, metrics=["accuracy"], engine=engine)
    return net


class Asked(Callback):
    """Counts how often training asks whether to save, and answers no."""

    def __init__(self) -> None:
        self.calls = 0

    def on_position(self, position: Any) -> None:
        self.calls += 1


def seconds(net: nn.Sequential, x: Any, y: Any, epochs: int, callbacks: list[Callback]) -> float:
    began = time.perf_counter()
    net.fit(x, y, batch_size=BATCH, epochs=epochs, callbacks=callbacks, verbose=0)
    return time.perf_counter() - began


def compare(options: argparse.Namespace, x: Any, y: Any) -> None:
    taken: dict[str, list[float]] = {"without": [], "with": []}
    weights: dict[str, Any] = {}
    for turn in range(options.turns):
        names = ["without", "with"] if turn % 2 else ["with", "without"]
        for name in names:
            with tempfile.TemporaryDirectory(dir=options.folder) as folder:
                net = model(options.engine, options.optimizer)
                saving: list[Callback] = [BackupAndRestore(folder)] if name == "with" else []
                taken[name].append(seconds(net, x, y, options.epochs, saving))
            weights[name] = net.get_weights()
    same = all(map(np.array_equal, weights["with"], weights["without"]))
    without, saved = (statistics.median(taken[name]) for name in ("without", "with"))
    pairs = zip(taken["with"], taken["without"], strict=True)
    ratios = sorted(a / b for a, b in pairs)
    print(
        f"{net.engine.split()[0]}, {options.optimizer}, {options.epochs} epochs: "
        f"{without:.3f} s without, {saved:.3f} s with a checkpoint an epoch: "
        f"{100 * (saved / without - 1):+.1f} % (ratios of pairs: median "
        f"{statistics.median(ratios):.3f}, {ratios[0]:.3f} to {ratios[-1]:.3f}); fastest "
        f"{min(taken['without']):.3f} s and {min(taken['with']):.3f} s: "
        f"{100 * (min(taken['with']) / min(taken['without']) - 1):+.1f} %; "
        f"weights {'the same' if same else 'DIFFERENT'}"
    )


class EverySecond(BackupAndRestore):
    """Saves every second epoch, and notes how long each one took from its save on."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.took: dict[bool, list[float]] = {True: [], False: []}
        self.began, self.saved = 0.0, False

    def on_position(self, position: Any) -> None:
        if position.step == 0:
            now = time.perf_counter()
            if position.epoch > WARM_UP:
                self.took[self.saved].append(now - self.began)
            self.began, self.saved = now, position.epoch % 2 == 0
        super().on_position(position)

    def _due(self, position: Any) -> bool:
        return bool(position.step == 0 and position.epoch % 2 == 0)


def by_epoch(options: argparse.Namespace, x: Any, y: Any) -> None:
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        backup = EverySecond(folder)
        net = model(options.engine, options.optimizer)
        seconds(net, x, y, WARM_UP + 2 * options.pairs, [backup])
    began = time.perf_counter()
    fingerprint(x)
    once = time.perf_counter() - began
    saved, plain = (sorted(backup.took[kind]) for kind in (True, False))
    middle = statistics.median(saved) / statistics.median(plain)
    quarter = saved[len(saved) // 4] / plain[len(plain) // 4]
    print(
        f"epochs by turns: {1e3 * statistics.median(plain):.1f} ms without, with a checkpoint "
        f"{100 * (middle - 1):+.1f} % (first quartiles {100 * (quarter - 1):+.1f} %), of "
        f"{len(plain)} pairs; the data's fingerprint, once: {1e3 * once:.1f} ms"
    )


def when_off(options: argparse.Namespace, x: Any, y: Any) -> None:
    asked = Asked()
    whole = seconds(model(options.engine, options.optimizer), x, y, options.epochs, [asked])
    began = time.perf_counter()
    for _ in range(100_000):
        Callback.on_position(asked, None)  # type: ignore[arg-type]
    each = (time.perf_counter() - began) / 100_000
    print(
        f"off: training asks {asked.calls} times in {whole:.3f} s, {1e9 * each:.0f} ns each: "
        f"{100 * asked.calls * each / whole:.5f} % of the time"
    )


def disk(folder: Path | None) -> None:
    content = bytes(500_000)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        taken = []
        for _ in range(30):
            began = time.perf_counter()
            write_whole(Path(name) / "file", content)
            taken.append(1000 * (time.perf_counter() - began))
    print(f"one file of 0.5 MB to this disk: median {statistics.median(taken):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=100, help="of epochs, one of them saved")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--optimizer", default="sgd")
    parser.add_argument("--folder", type=Path, help="where to write; by default the temporary one")
    options = parser.parse_args()
    (x, y), _ = nn.datasets.mnist.load_data()
    x, y = x.reshape(-1, 784), y.astype(np.int64)
    disk(options.folder)
    compare(options, x, y)
    by_epoch(options, x, y)
    when_off(options, x, y)


if __name__ == "__main__":
    main()
