"""How much memory there is, and whether a network fits."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurona.errors import TooLargeError

if TYPE_CHECKING:
    from neurona.network import Network

TYPICAL_BATCH = 32
COPIES = 3  # a weight, its gradient, and the least that an optimizer keeps


def available() -> int:
    """Bytes that this process may still take: the machine's, or its group's limit."""
    found = [_meminfo(), _cgroup()]
    known = [size for size in found if size is not None]
    if known:
        return min(known)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 2**63 - 1  # unknown: refuse nothing


def check_network(network: Network, dtype: Any) -> None:
    """Refuse a network that cannot fit, before anything is allocated.

    Raises:
        TooLargeError: naming the largest layer and what it would take.
    """
    needs = [
        (
            node.count_params() * COPIES
            + TYPICAL_BATCH * (math.prod(node.output_shape) + math.prod(node.input_shape))
        )
        * int(dtype.itemsize)
        for node in network.nodes
    ]
    total, free = sum(needs), available()
    if total > free:
        node = network.nodes[needs.index(max(needs))]
        raise TooLargeError(
            f"Training this network would take about {human(total)}, but {human(free)} are free. "
            f"Most of it is layer {node.name!r}: {node.count_params():,} parameters for inputs of "
            f"shape {node.input_shape} and outputs of shape {node.output_shape}. Use fewer units."
        )


def human(size: float) -> str:
    """A number of bytes for a person.

    >>> human(3_500_000)
    '3.5 MB'
    """
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} PB"


def _meminfo() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _cgroup() -> int | None:
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        try:
            return max(0, int(Path(limit).read_text()) - int(Path(used).read_text()))
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return None
