"""From ``fit(verbose=…)`` to the display."""

from __future__ import annotations

from typing import Any

from neurona.callbacks.callback import Callback
from neurona.callbacks.progress.bar import ProgressBar
from neurona.callbacks.progress.lines import ProgressLines
from neurona.errors import ArgumentError


def display(verbose: Any) -> list[Callback]:
    """The callbacks that show a training run.

    Args:
        verbose: 0 for none; 1 or "auto" for a bar on a terminal or in a notebook and
            elsewhere a line a second at most; 2 for a line per epoch.

    Raises:
        ArgumentError: it is something else.

    >>> display(0), display("auto")
    ([], [<ProgressBar>])
    """
    if verbose in ("auto", 1):  # True is 1
        return [ProgressBar()]
    if verbose == 2:
        return [ProgressLines(interval=0.0)]
    if verbose == 0 and not isinstance(verbose, str):
        return []
    raise ArgumentError(
        'verbose must be 0 (silent), 1 or "auto" (a bar), or 2 (a line per epoch), '
        f"got {verbose!r}."
    )
