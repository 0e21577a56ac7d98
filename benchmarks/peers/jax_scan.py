"""JAX by hand: all steps of an epoch in one compiled ``lax.scan``, its best on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.peer import Array, Peer
from benchmarks.work import ADAM, SGD, Work, first_weights

Tree = Any


def logits(weights: list[Any], x: Any) -> Any:
    for W, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = jax.nn.relu(x @ W + b)
    return x @ weights[-2] + weights[-1]


def loss_and_hits(weights: list[Any], x: Any, y: Any) -> tuple[Any, Any]:
    """The batch's mean cross-entropy, and how many rows are classified rightly."""
    z = logits(weights, x)
    if z.shape[1] == 1:
        z = z[:, 0]
        return jnp.mean(jnp.logaddexp(0, z) - y * z), jnp.sum((z > 0) == y)
    log_p = jax.nn.log_softmax(z)
    chosen = jnp.take_along_axis(log_p, y[:, None], axis=1)
    return -jnp.mean(chosen), jnp.sum(jnp.argmax(z, axis=1) == y)


def sgd(weights: Tree, state: Tree, grads: Tree) -> tuple[Tree, Tree]:
    rate, momentum = SGD["learning_rate"], SGD["momentum"]
    state = jax.tree.map(lambda v, g: momentum * v - rate * g, state, grads)
    return jax.tree.map(jnp.add, weights, state), state


def adam(weights: Tree, state: Tree, grads: Tree) -> tuple[Tree, Tree]:
    m, v, t = state
    a, b, t = ADAM["beta_1"], ADAM["beta_2"], t + 1
    m = jax.tree.map(lambda m, g: a * m + (1 - a) * g, m, grads)
    v = jax.tree.map(lambda v, g: b * v + (1 - b) * g * g, v, grads)
    rate = ADAM["learning_rate"] * jnp.sqrt(1 - b**t) / (1 - a**t)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + ADAM["epsilon"]), weights, m, v
    )
    return weights, (m, v, t)


class Library(Peer):
    packages = ("jax",)

    def __init__(self, threads: int) -> None:
        self.stream = np.random.default_rng(1)  # threads: by the process's cores and XLA_FLAGS

    def build(self, work: Work) -> None:
        self.weights = [jnp.asarray(w) for w in first_weights(work)]
        zeros = [jnp.zeros_like(w) for w in self.weights]
        more = [jnp.zeros_like(w) for w in self.weights]
        self.state = zeros if work.optimizer == "sgd" else (zeros, more, jnp.zeros(()))
        self.run = _compiled(work.batch_size, sgd if work.optimizer == "sgd" else adam)

    def load(self, x: Array, y: Array) -> None:
        self.x, self.y = jnp.asarray(x), jnp.asarray(y, dtype=jnp.int32)

    def train(self, epochs: int) -> float:
        orders = np.stack([self.stream.permutation(len(self.x)) for _ in range(epochs)])
        self.weights, self.state, loss, _ = self.run(
            self.weights, self.state, orders.astype(np.int32), self.x, self.y
        )
        return float(loss)  # waits until it is there

    def predict(self, x: Array) -> Array:
        z = logits(self.weights, x)
        return np.asarray(jax.nn.sigmoid(z) if z.shape[1] == 1 else jax.nn.softmax(z))

    def predictor(self) -> Callable[[Array], Any]:
        forward = jax.jit(lambda x: jax.nn.softmax(logits(self.weights, x)))
        return lambda row: np.asarray(forward(row))


def _compiled(size: int, update: Callable[[Tree, Tree, Tree], tuple[Tree, Tree]]) -> Any:
    gradient = jax.value_and_grad(loss_and_hits, has_aux=True)

    def epoch(carry: Tree, order: Any, x: Any, y: Any) -> Tree:
        def step(carry: Tree, rows: Any) -> tuple[Tree, None]:
            weights, state, total, correct = carry
            batch = [a.at[rows].get(mode="promise_in_bounds") for a in (x, y)]
            (loss, hits), grads = gradient(weights, *batch)
            weights, state = update(weights, state, grads)
            return (weights, state, total + loss * len(rows), correct + hits), None

        weights, state = carry
        whole = len(order) // size * size
        carry = (weights, state, jnp.zeros(()), jnp.zeros((), jnp.int32))
        carry, _ = jax.lax.scan(step, carry, order[:whole].reshape(-1, size))
        if whole < len(order):
            carry, _ = step(carry, order[whole:])
        weights, state, total, correct = carry
        return (weights, state), (total / len(order), correct / len(order))

    def run(weights: Tree, state: Tree, orders: Any, x: Any, y: Any) -> Tree:
        (weights, state), (losses, accuracies) = jax.lax.scan(
            lambda carry, order: epoch(carry, order, x, y), (weights, state), orders
        )
        return weights, state, losses[-1], accuracies[-1]

    return jax.jit(run, donate_argnums=(0, 1))
