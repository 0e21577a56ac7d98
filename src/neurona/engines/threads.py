"""What Python threads share: the making of engines."""

from __future__ import annotations

import os
import threading

# Engines, and what they run on, are made one at a time: two threads that first use a
# model at once must get the same one.
MAKING = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=MAKING._at_fork_reinit)  # type: ignore[attr-defined]
