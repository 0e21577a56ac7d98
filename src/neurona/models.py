"""Models, by the name under which Keras has them."""

from neurona.model import Sequential
from neurona.saving import load_model

__all__ = ["Sequential", "load_model"]
