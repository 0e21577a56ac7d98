"""One neuron, one weight, one step: Δw = α x (y_t − y_p) σ(z)(1 − σ(z)), twice.

Once by the formula, once by the library, for y_p = σ(w x) and E = ½ (y_t − y_p)².

Run: python examples/one_neuron.py
"""

import math

from neurona.layers import Dense
from neurona.losses import HalfSquaredError
from neurona.models import Sequential
from neurona.optimizers import SGD

x, target, w, alpha = 1.5, 1.0, 0.2, 0.5

# By the formula.
predicted = 1 / (1 + math.exp(-w * x))
change = alpha * x * (target - predicted) * predicted * (1 - predicted)

# By the library.
model = Sequential(dtype="float64")
model.add(Dense(1, activation="sigmoid", use_bias=False, input_shape=(1,)))
model.set_weights([[[w]]])
model.compile(loss=HalfSquaredError(), optimizer=SGD(learning_rate=alpha))
model.train_on_batch([[x]], [[target]])
learned = float(model.get_weights()[0].item())

print(f"predicted {predicted:.6f}, wanted {target}")
print(f"by the formula: w = {w} + {change:.12f} = {w + change:.12f}")
print(f"by the library: w = {learned:.12f}")
assert math.isclose(learned, w + change, rel_tol=1e-14)
