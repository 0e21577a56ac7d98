"""The display of a training run: a bar on a terminal or in a notebook, lines elsewhere."""

from neurona.callbacks.progress.bar import ProgressBar
from neurona.callbacks.progress.lines import ProgressLines
from neurona.callbacks.progress.verbosity import display

__all__ = ["ProgressBar", "ProgressLines", "display"]
