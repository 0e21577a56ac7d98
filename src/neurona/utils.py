"""Small helpers around data and seeds."""

from neurona.random import set_random_seed

__all__ = ["set_random_seed"]
