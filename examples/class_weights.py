"""Rare classes: weights by class make their mistakes count as much as the others'.

Run: python examples/class_weights.py
"""

import numpy as np

from neurona.datasets import gaussians
from neurona.layers import Dense
from neurona.metrics import Recall
from neurona.models import Sequential

# Two clouds that overlap; of the second one, only a tenth is kept.
x, y = gaussians(2000, noise=0.5, seed=1)
kept = (y == 0) | (np.arange(len(y)) % 10 == 0)
x, y = x[kept], y[kept]

# n / (k · n_c): what scikit-learn's compute_class_weight("balanced", …) gives.
counts = np.bincount(y)
weights = {c: len(y) / (len(counts) * n) for c, n in enumerate(counts)}
print(f"rows of each class: {counts.tolist()}")
print("balanced weights:  ", {c: round(float(w), 3) for c, w in weights.items()})


def train(class_weight: dict[int, float] | str | None) -> tuple[float, list[float]]:
    model = Sequential([Dense(1, activation="sigmoid", input_shape=(2,))], seed=1)
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy", Recall()])
    history = model.fit(x, y, epochs=50, class_weight=class_weight, verbose=0)
    _, accuracy, recall = model.evaluate(x, y, verbose=0)
    print(f"  accuracy {accuracy:.3f}, of the rare class found {recall:.3f}")
    return recall, history.history["loss"]


print("without weights:")
plain, _ = train(None)
print("with these weights:")
weighted, losses = train(weights)
print('with class_weight="balanced":')
_, balanced_losses = train("balanced")
assert weighted > plain
assert losses == balanced_losses
