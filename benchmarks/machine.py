"""The machine and the software, described without naming either's owner."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe(threads: int) -> dict[str, str]:
    """What a reader needs to compare with another machine."""
    lines = {
        "processor": _first("/proc/cpuinfo", "model name") or platform.machine(),
        "instruction sets": ", ".join(_instruction_sets()) or "–",
        "cores": str(os.cpu_count()),
        "caches": _caches() or "–",
        "memory": _memory() or "–",
        "system": f"{platform.system()}, Python {platform.python_version()}",
        "threads used": str(threads),
    }
    return {key: value for key, value in lines.items() if value != "–"}


def private(text: str) -> list[str]:
    """Folders in the text that belong to this machine alone."""
    folders = {str(folder) for folder in (Path.home(), Path.cwd(), Path(__file__).parents[1])}
    return sorted(folder for folder in folders if folder != "/" and folder in text)


def _first(path: str, key: str) -> str | None:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), None)


def _instruction_sets() -> list[str]:
    """Those that matter to matrix products."""
    flags = (_first("/proc/cpuinfo", "flags") or "").split()
    names = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX-512 BF16"}
    names |= {"amx_bf16": "AMX BF16", "asimd": "NEON"}
    return [name for flag, name in names.items() if flag in flags]


def _caches() -> str:
    """Each level's size as the first core sees it."""
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (
            (index / part).read_text().strip() for part in ("level", "type", "size")
        )
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return ", ".join(found)


def _memory() -> str | None:
    total = _first("/proc/meminfo", "MemTotal")
    return f"{int(total.split()[0]) / 2**20:.0f} GiB" if total else None
