"""neurona's NumPy engine against a hand-written NumPy loop doing the same work.

784-64-64-64-10 with ReLU and softmax, SGD 0.01 with momentum 0.9, uint8 images
scaled to 0 … 1 batch by batch, loss and accuracy tracked. Epochs are interleaved;
medians of their times and the ratio are printed. ``--rows`` limits the set.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

import neurona as nn

SIZES = (784, 64, 64, 64, 10)
RATE, MOMENTUM = 0.01, 0.9


class HandWritten:
    """What one writes after reading a chapter on back-propagation."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        self.W, self.b = weights[0::2], weights[1::2]
        self.vW = [np.zeros_like(w) for w in self.W]
        self.vb = [np.zeros_like(b) for b in self.b]

    def epoch(self, x: np.ndarray, y: np.ndarray, order: np.ndarray, size: int) -> tuple:
        loss = correct = 0.0
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            h = [x[rows].astype(np.float32) * np.float32(1 / 255)]
            labels = y[rows]
            n = len(rows)
            for W, b in zip(self.W[:-1], self.b[:-1], strict=True):
                h.append(np.maximum(h[-1] @ W + b, 0))
            z = h[-1] @ self.W[-1] + self.b[-1]
            z -= z.max(axis=1, keepdims=True)
            p = np.exp(z)
            p /= p.sum(axis=1, keepdims=True)
            loss -= np.log(p[np.arange(n), labels] + 1e-7).sum()
            correct += (p.argmax(axis=1) == labels).sum()
            dz = p
            dz[np.arange(n), labels] -= 1
            dz /= n
            for i in reversed(range(len(self.W))):
                dW, db = h[i].T @ dz, dz.sum(axis=0)
                if i:
                    dz = (dz @ self.W[i].T) * (h[i] > 0)
                self.vW[i] = MOMENTUM * self.vW[i] - RATE * dW
                self.vb[i] = MOMENTUM * self.vb[i] - RATE * db
                self.W[i] += self.vW[i]
                self.b[i] += self.vb[i]
        return loss / len(order), correct / len(order)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--engine", default="numpy")
    options = parser.parse_args()

    (x, y), _ = nn.datasets.mnist.load_data()
    x, y = x.reshape(-1, 784)[: options.rows], y[: options.rows].astype(np.int64)
    hidden = [nn.layers.Dense(units, activation="relu") for units in SIZES[1:-1]]
    model = nn.Sequential(
        [
            nn.layers.Input(shape=(784,)),
            nn.layers.Rescaling(1 / 255),
            *hidden,
            nn.layers.Dense(10, activation="softmax"),
        ],
        seed=1,
    )
    model.compile(
        optimizer=nn.optimizers.SGD(RATE, momentum=MOMENTUM),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        engine=options.engine,
    )
    by_hand = HandWritten(model.get_weights())
    stream = np.random.default_rng(0)
    times: dict[str, list[float]] = {"neurona": [], "by hand": []}
    for epoch in range(options.epochs):
        began = time.perf_counter()
        history = model.fit(x, y, batch_size=options.batch_size, epochs=1, verbose=0)
        times["neurona"].append(time.perf_counter() - began)
        began = time.perf_counter()
        loss, accuracy = by_hand.epoch(x, y, stream.permutation(len(x)), options.batch_size)
        times["by hand"].append(time.perf_counter() - began)
        ours = history.history
        print(
            f"epoch {epoch + 1}: neurona {times['neurona'][-1]:.3f} s "
            f"(loss {ours['loss'][0]:.4f}, accuracy {ours['accuracy'][0]:.4f}), "
            f"by hand {times['by hand'][-1]:.3f} s (loss {loss:.4f}, accuracy {accuracy:.4f})"
        )
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    ratio = medians["neurona"] / medians["by hand"]
    print(f"medians: {medians['neurona']:.3f} s and {medians['by hand']:.3f} s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
