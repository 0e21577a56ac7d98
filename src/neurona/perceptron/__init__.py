"""Single neurons: McCulloch–Pitts, Hebb, Rosenblatt, the delta rule and Adaline."""

from neurona.perceptron.adaline import Adaline
from neurona.perceptron.delta_rule import DeltaRule
from neurona.perceptron.hebb import Hebb
from neurona.perceptron.mcculloch_pitts import (
    Contradiction,
    McCullochPitts,
    all_inputs,
    contradiction,
)
from neurona.perceptron.neuron import Neuron, Update
from neurona.perceptron.rosenblatt import NovikoffBound, Perceptron

__all__ = [
    "Adaline",
    "Contradiction",
    "DeltaRule",
    "Hebb",
    "McCullochPitts",
    "Neuron",
    "NovikoffBound",
    "Perceptron",
    "Update",
    "all_inputs",
    "contradiction",
]
