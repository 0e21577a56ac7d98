"""Models, by the name under which Keras has them; and many of them at once."""

from neurona.model import Sequential
from neurona.saving import load_model
from neurona.side_by_side import fit_together

__all__ = ["Sequential", "fit_together", "load_model"]
