"""XOR with two hidden units: linear ones cannot, units with a bend can.

A stack of linear layers is one linear layer, whatever is said elsewhere. With sign units the
weights are set by hand, for their derivative is 0 and nothing can be learned through it; with
tanh and ReLU units the network finds weights of its own. Two ReLU units are few: from many
starts, such as seed 1, one of them dies, and the network gets stuck in a local minimum.

Run: python examples/linear_xor.py
"""

import numpy as np

from neurona.layers import Dense
from neurona.models import Sequential
from neurona.optimizers import Adam

POINTS = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=float)
LABELS = np.array([[-1], [1], [1], [-1]], dtype=float)


def network(hidden: str, output: str, seed: int) -> Sequential:
    model = Sequential(seed=seed)
    model.add(Dense(2, activation=hidden, input_shape=(2,)))
    model.add(Dense(1, activation=output))
    return model


def show(name: str, model: Sequential) -> None:
    f = model.predict(POINTS, verbose=0).ravel()
    right = int((np.sign(f.round(3)) == LABELS.ravel()).sum())
    print(f"{name:14} {'  '.join(f'{value + 0.0:+5.2f}' for value in f.round(2))}   {right} of 4")


print(f"{'wanted':14} {'  '.join(f'{value:+5.2f}' for value in LABELS.ravel())}")

# h1 = sign(x1 + x2 + 1) is "or", h2 = sign(x1 + x2 - 1) is "and", f = sign(h1 - h2 - 1).
by_hand = network("sign", "sign", seed=1)
by_hand.set_weights([[[1, 1], [1, 1]], [1, -1], [[1], [-1]], [-1]])
show("sign, set", by_hand)

for hidden, seed in (("linear", 1), ("tanh", 1), ("relu", 0), ("relu", 1)):
    model = network(hidden, "linear", seed)
    model.compile(loss="mse", optimizer=Adam(0.03))
    model.fit(POINTS, LABELS, batch_size="all", epochs=1000, verbose=0)
    show(f"{hidden}, seed {seed}", model)

# The linear network in one layer: W1 W2 and b1 W2 + b2. It gives up, and says 0 everywhere.
linear = network("linear", "linear", seed=1)
W1, b1, W2, b2 = linear.get_weights()
single = POINTS @ (W1 @ W2) + (b1 @ W2 + b2)
assert np.allclose(linear.predict(POINTS, verbose=0), single, atol=1e-6)
print("two linear layers are one: yes")
