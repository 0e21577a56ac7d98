"""``python -m benchmarks.run``: measure, save the numbers, write the page."""

from __future__ import annotations

import argparse
import datetime
import shlex
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import neurona
from benchmarks import data, machine, report, summary
from benchmarks.bench import Bench
from benchmarks.client import ROOT, cores


def main() -> None:
    """Run the suites one after the other; each is saved as soon as it is done."""
    options = _parser().parse_args()
    folder = ROOT / "build" / "bench" / ("quick" if options.quick else "")
    if not options.readme and not options.render:
        folder.mkdir(parents=True, exist_ok=True)
        _measure(options, folder)
    entries = report.saved(folder)
    if options.readme:
        print(summary.short(entries))
        return
    usual = folder / "benchmarks.md" if options.quick else ROOT / "docs" / "benchmarks.md"
    page = options.report or usual
    page.write_text(report.page(entries), encoding="utf-8")
    print(f"The page is {page}")


def _measure(options: argparse.Namespace, folder: Path) -> None:
    bench = Bench(options.threads, options.quick, options.engine, folder, goals=options.goals)
    bench.mnist = data.prepare(bench.data)
    try:
        _suites(bench, options.only or report.SUITES)
    finally:
        bench.dismiss()


def _suites(bench: Bench, names: Iterable[str]) -> None:
    for name in names:
        bench.say(name)
        bench.versions = {"neurona": neurona.__version__}
        began = time.perf_counter()
        result = report.SUITES[name].run(bench)
        bench.say(f"  {time.perf_counter() - began:.0f} s")
        entry = {
            "date": datetime.date.today().isoformat(),
            "command": shlex.join(["python", "-m", "benchmarks.run", *_arguments()]),
            "threads": bench.threads,
            "quick": bench.quick,
            "machine": machine.describe(bench.threads),
            "versions": bench.versions,
            "result": result,
        }
        report.save(bench.folder, name, entry)


def _arguments() -> list[str]:
    """Those of this process but for where the page goes."""
    kept = []
    given = iter(sys.argv[1:])
    for argument in given:
        if argument == "--report":
            next(given, None)
        elif not argument.startswith("--report="):
            kept.append(argument)
    return kept


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    add = parser.add_argument
    add("--quick", action="store_true", help="little work, few rounds: minutes")
    add("--goals", action="store_true", help="only the jobs that have a goal: a quarter of an hour")
    add("--only", action="append", choices=report.SUITES, help="this suite (may be repeated)")
    add("--threads", type=int, default=len(cores()), help="for every library")
    add("--engine", choices=["auto", "native", "numpy"], default="auto", help="neurona's")
    add("--report", type=Path, help="where the page goes (docs/benchmarks.md; quick: build/bench)")
    add("--render", action="store_true", help="measure nothing, write the page again")
    add("--readme", action="store_true", help="measure nothing, print the README's table")
    return parser


if __name__ == "__main__":
    main()
