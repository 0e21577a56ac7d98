"""A first model: three inputs, five sigmoid units, a softmax over two classes.

Run: python examples/first_model.py
"""

import numpy as np

from neurona import layers
from neurona.models import Sequential
from neurona.utils import set_random_seed

set_random_seed(1)

model = Sequential(
    [
        layers.Input(shape=(3,), name="input"),
        layers.Dense(units=5, activation="sigmoid", name="hidden"),
        layers.Dense(units=2, activation="softmax", name="output"),
    ]
)
model.summary()  # 3·5 + 5 = 20 and 5·2 + 2 = 12 parameters

x = np.array([[0.0, 0.5, 1.0], [1.0, 0.0, -1.0]])
for row, probabilities in zip(x, model.predict(x, verbose=0), strict=True):
    print(f"{row} -> {probabilities.round(3)}, sum {probabilities.sum():.3f}")
