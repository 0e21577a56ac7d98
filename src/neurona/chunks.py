"""How many steps to ask an engine for at once."""

from __future__ import annotations

import time

UPDATES_PER_SECOND = 10.0  # how often an engine comes back for progress and Ctrl-C


class Chunks:
    """Chooses how many steps to ask for, from how long the last ones took.

    To be entered while they run.

    Args:
        first: the steps of the first chunk, at most.
    """

    def __init__(self, first: int = 1) -> None:
        self._wanted, self._steps, self._began = first, 1, 0.0

    @property
    def wanted(self) -> int:
        """The steps of the next chunk, where nothing limits it."""
        return self._wanted

    def next(self, *limits: int | None) -> int:
        """The steps of the next chunk, no more than any of ``limits``."""
        given = [limit for limit in limits if limit is not None]
        self._steps = max(1, min(self._wanted, *given))
        return self._steps

    def next_epochs(self, steps: int, most: int) -> int:
        """The next chunk in epochs of so many steps; less than 1 if not even one fits in."""
        epochs = min(self._wanted // steps, most)
        self._steps = max(1, epochs * steps)
        return epochs

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(self, *failure: object) -> None:
        taken = max(time.perf_counter() - self._began, 1e-6)
        # Grow by no more than ten times, so that one quick step does not mislead; those
        # that were left at an epoch's end are not held against it.
        wanted = self._steps / (taken * UPDATES_PER_SECOND)
        self._wanted = max(1, int(min(wanted, max(self._wanted, 10 * self._steps))))
