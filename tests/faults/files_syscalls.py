"""Saves over an old model again and again, another system call failing each time.

Run by test_files_syscalls.py with files_shim loaded before the C library:
``python files_syscalls.py FOLDER SHIM`` prints one JSON line for each save.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from faults.files_tools import leftovers, model_bytes, small_model
from neurona import load_model
from neurona.files import remove_leftovers

MODES = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EINTR": errno.EINTR, "short write": -1}
KILL = -2
MOST = 200  # calls; a save makes some forty


class Trial:
    """The old model in a folder, and the new one to be saved over it."""

    def __init__(self, folder: Path, shim: str) -> None:
        self.folder, self.path = folder, folder / "model.safetensors"
        self.shim = ctypes.CDLL(shim)
        self.shim.call_name.restype = ctypes.c_char_p
        self.saved = small_model(2)
        self.old, self.new = model_bytes(small_model(1)), model_bytes(self.saved)

    def save(self, number: int, mode: int) -> dict[str, Any]:
        """Save the new model, the call of that number failing."""
        error: BaseException | None = None
        self.shim.arm(number, mode)
        try:
            self.saved.save(self.path)
        except BaseException as raised:
            error = raised
        self.shim.disarm()
        calls = self.shim.called()
        return {
            "call": self.shim.call_name(number).decode() if number < calls else None,
            "error": None if error is None else type(error).__name__,
            "errno": getattr(error, "errno", None),
        }

    def outcome(self) -> dict[str, Any]:
        """What is there after that."""
        content = self.path.read_bytes()
        load_model(self.path)
        return {
            "holds": {self.old: "old", self.new: "new"}.get(content, "neither"),
            "leftovers": leftovers(self.folder),
            "handles": len(os.listdir("/proc/self/fd")),
        }

    def failures(self) -> Iterator[dict[str, Any]]:
        """Each call of a save with each failure, and after these a save without any."""
        for name, mode in MODES.items():
            for number in range(MOST):
                self.path.write_bytes(self.old)
                result = self.save(number, mode)
                yield {"mode": name, **result, **self.outcome()}
                if result["call"] is None:
                    break

    def kills(self) -> Iterator[dict[str, Any]]:
        """A process of its own killed at each of its calls."""
        for number in range(MOST):
            self.path.write_bytes(self.old)
            child = os.fork()
            if not child:
                self.save(number, KILL)
                os._exit(0)
            _, status = os.waitpid(child, 0)
            killed = os.WIFSIGNALED(status)
            after = self.outcome()
            remove_leftovers(self.folder)
            yield {"mode": "kill", "call": "any", **after, "left": leftovers(self.folder)}
            if not killed:
                yield {"mode": "kill", "call": None, **after, "left": []}
                break


if __name__ == "__main__":
    trial = Trial(Path(sys.argv[1]), sys.argv[2])
    for result in (*trial.failures(), *trial.kills()):
        print(json.dumps(result))
