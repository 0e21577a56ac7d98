"""Callbacks: what happens beside training, at its turning points."""

from neurona.callbacks.callback import Callback, CallbackList
from neurona.callbacks.history import History

__all__ = ["Callback", "CallbackList", "History"]
