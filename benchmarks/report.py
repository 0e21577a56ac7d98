"""From results to docs/benchmarks.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import machine, summary
from benchmarks.suites import (
    accuracy,
    cores,
    epochs,
    inside,
    iris,
    latency,
    load,
    memory,
    process,
    scaling,
    together,
)
from benchmarks.tables import join, table
from neurona.display.numbers import counted

SUITES: dict[str, Any] = {
    "epochs": epochs,
    "iris": iris,
    "process": process,
    "latency": latency,
    "scaling": scaling,
    "together": together,
    "memory": memory,
    "cores": cores,
    "load": load,
    "inside": inside,
    "accuracy": accuracy,
}

INTRO = """\
# Benchmarks

neurona beside its peers, written by `make bench` on one machine; each section names its day and its
command. Everybody does the same work: the same network, rows, batch size, optimizer, float32
precision and number of threads, a new order of rows each epoch, starting from Glorot-uniform
weights. Each library has a process of its own, which waits while it is not its turn. Turns are
taken in rounds (A B C, A B C, …), so that a slow minute of the machine meets everybody; the first
round is not counted, because libraries compile in it. A turn of training is as many calls as fill
half a second, since every library starts its turn with cold caches and sleeping cores. The host of
a virtual machine moves its cores about, and where two do not share a cache, all that threads pass
on takes five times as long: before a turn two threads wake each other until they meet as fast as in
a machine of one's own (0.05 µs), for a few seconds at most; how fast they met is noted. Numbers are
medians of the rounds with the least and the greatest; how many times neurona's time another's is,
is the median of the ratios of each round. Peers are used at their best where that costs their users
nothing: PyTorch without a DataLoader and with fused optimizers, JAX with a whole epoch compiled as
one scan."""

QUICK = "**A quick run: little work, few rounds. It shows that the suite works, not who is fast.**"


def save(folder: Path, name: str, entry: dict[str, Any]) -> None:
    """Write a suite's result with how it was had."""
    (folder / f"{name}.json").write_text(json.dumps(entry, indent=1) + "\n")


def saved(folder: Path) -> dict[str, dict[str, Any]]:
    """All results there are, in the order of the page."""
    files = {name: folder / f"{name}.json" for name in SUITES}
    return {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}


def page(entries: dict[str, dict[str, Any]]) -> str:
    """The whole page.

    Raises:
        ValueError: it would name a folder of this machine.
    """
    latest = max(entries.values(), key=lambda entry: entry["date"])
    about = table(["", ""], [[key, value] for key, value in latest["machine"].items()])
    versions = {k: v for entry in entries.values() for k, v in entry["versions"].items()}
    text = join(
        INTRO,
        QUICK if any(entry["quick"] for entry in entries.values()) else "",
        "## In short",
        summary.full(entries),
        "## Machine and versions",
        about,
        ", ".join(f"{name} {version}" for name, version in versions.items()),
        *(_section(name, entry) for name, entry in entries.items()),
    )
    named = machine.private(text)
    if named:
        raise ValueError(f"The page would name folders of this machine: {', '.join(named)}")
    return text + "\n"


def _section(name: str, entry: dict[str, Any]) -> str:
    how = f"{entry['date']}, {counted(entry['threads'], 'thread')}: `{entry['command']}`"
    return join(f"## {SUITES[name].TITLE}", how, SUITES[name].render(entry["result"]))
