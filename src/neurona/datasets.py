"""Data sets, by the name under which Keras has them; see ``neurona.data.datasets``."""

from neurona.data.datasets import *  # noqa: F403
from neurona.data.datasets import __all__ as __all__
