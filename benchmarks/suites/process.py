"""Whole processes, from the shell's point of view: start, import, train, test, end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import data
from benchmarks.bench import Bench
from benchmarks.client import ROOT, WorkerError, environment, pinned
from benchmarks.peers import KERAS, NEURONA, SKLEARN, TORCH
from benchmarks.rounds import interleave, ratio, spread
from benchmarks.tables import join, median_and_range, skipped, table, times

TITLE = "Whole processes"
DATASETS = ("iris", "digits")
SCRIPTS = {SKLEARN.label: "sklearn", TORCH.label: "torch", KERAS.label: "keras"}


def run(bench: Bench) -> dict[str, Any]:
    result = {}
    for name in DATASETS[:1] if bench.quick else DATASETS:
        bench.say(f"  {name}")
        commands = _commands(bench, name)
        # The first runs fill caches and say how accurate the trained networks are.
        telling = {NEURONA: [*commands[NEURONA], "--json"]}
        first, failed = interleave(
            {label: _task(bench, command) for label, command in (commands | telling).items()}, 1, 0
        )
        tasks = {label: _task(bench, commands[label]) for label in first}
        found, later = interleave(tasks, 1 if bench.quick else bench.rounds, 60.0)
        result[name] = {
            "results": {
                label: {
                    "seconds": spread([seconds for seconds, _ in turns]),
                    "accuracy": _accuracy(first[label][0][1]),
                }
                for label, turns in found.items()
            },
            "skipped": failed | later,
        }
    return result


def _commands(bench: Bench, name: str) -> dict[str, list[str]]:
    """neurona's command with its usual settings, and scripts with the same."""
    from neurona.cli.recipes import RECIPES

    recipe = RECIPES[name]
    x, _ = data.load(bench.data, name, "train")
    settings = {
        "--learning-rate": recipe.learning_rate,
        "--batch-size": recipe.batch_size,
        "--epochs": recipe.epochs,
        "--rows": round(len(x) * (1 - recipe.validation)),
    }
    options = [str(bench.data / f"{name}.npz"), "--layers", *map(str, recipe.layers)]
    for option, value in settings.items():
        options += [option, str(value)]
    scripts = ROOT / "benchmarks" / "scripts"
    out = str(bench.data / f"{name}.safetensors")
    ours = [sys.executable, "-m", "neurona", "train", name, "--out", out, "--engine", bench.engine]
    theirs = {
        label: [sys.executable, str(scripts / f"train_{script}.py"), *options]
        for label, script in SCRIPTS.items()
    }
    return {NEURONA: ours, **theirs}


def _task(bench: Bench, command: list[str]) -> Callable[[], tuple[float, str]]:
    """A function that runs it and returns its seconds and what it printed."""

    def whole() -> tuple[float, str]:
        began = time.perf_counter()
        with pinned(bench.threads):
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment(bench.threads), check=False
            )
        seconds = time.perf_counter() - began
        if done.returncode:
            last = next(reversed(done.stderr.splitlines()), "")
            raise WorkerError(f"ended with code {done.returncode}: {last}")
        return seconds, done.stdout

    return whole


def _accuracy(printed: str) -> float:
    found = json.loads(printed)
    return float(found.get("test", found)["accuracy"])


def render(result: dict[str, Any]) -> str:
    parts = [
        "Seconds from the start of the process to its end (least–greatest), how many times "
        "neurona's of the same round that is, and test accuracy. `neurona train` reads the set, "
        "divides and scales it, trains, validates each epoch, tests, and saves the model and its "
        "history. The scripts in benchmarks/scripts do less: they read rows that are divided and "
        "scaled already, train on as many of them, with the same network, Adam, learning rate, "
        "batch size and epochs, and test."
    ]
    for name, one in result.items():
        results = one["results"]
        ours = results.get(NEURONA)
        rows = [
            [
                f"`neurona train {name}`" if label == NEURONA else label,
                median_and_range(each["seconds"]),
                times(ratio(each["seconds"], ours["seconds"])["median"]) if ours else "–",
                f"{each['accuracy']:.1%}",
            ]
            for label, each in results.items()
        ]
        header = ["program", "seconds", "times neurona's", "accuracy"]
        parts += [f"### {name}", table(header, rows), skipped(one["skipped"])]
    return join(*parts)
