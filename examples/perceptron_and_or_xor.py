"""Rosenblatt's perceptron learns AND and OR, and cannot learn XOR.

Run: python examples/perceptron_and_or_xor.py
"""

import warnings

from neurona.errors import ConvergenceWarning
from neurona.perceptron import Perceptron, contradiction

POINTS = [[-1, -1], [1, -1], [-1, 1], [1, 1]]
GATES = {"AND": [-1, -1, -1, 1], "OR": [-1, 1, 1, 1], "XOR": [-1, 1, 1, -1]}


def main() -> None:
    for name, labels in GATES.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            neuron = Perceptron(max_epochs=20).fit(POINTS, labels)
        w1, w2 = neuron.weights_
        print(f"{name}: z = {neuron.bias:+g} {w1:+g} x1 {w2:+g} x2")
        print(f"  wanted    {labels}")
        print(f"  predicted {neuron.predict(POINTS).tolist()}")
        print(f"  mistakes in each epoch: {neuron.mistakes_per_epoch}")
        if neuron.converged:
            bound = neuron.novikoff_bound(POINTS, labels).mistakes
            print(f"  {neuron.updates_run} mistakes; Novikoff allows {bound:.0f}")
        for warning in caught:
            print(f"  {warning.message}")
    print(f"Why no neuron is XOR: {contradiction([0, 1, 1, 0])}")


if __name__ == "__main__":
    main()
