"""SIGKILL at random moments: the run that is resumed ends in the same bits.

    python tests/faults/kill.py --kills 200 --seed 1

A training in a process of its own is killed, started again, killed again …, with
another number of threads and another save frequency each time, until it comes to its
end. All of its result is compared with that of a run that nothing interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

TRAINEE = Path(__file__).parent / "trainee.py"
FREQUENCIES = ("1", "1", "2", "7", "epoch", "0.01s")
KILLS_PER_RUN = 12
LIMIT = 120.0  # seconds that one process may take


@dataclass
class Tally:
    """What came of the kills.

    Attributes:
        kills: processes killed.
        starting, saving: of these, how many before their training had begun, and how
            many while a checkpoint was being written.
        runs: runs that were brought to their end.
        faults: what was wrong, in words.
    """

    kills: int = 0
    starting: int = 0
    saving: int = 0
    runs: int = 0
    faults: list[str] = field(default_factory=list)


def start(engine: str, *arguments: str) -> subprocess.Popen[str]:
    """A trainee in a process group of its own; any warning is an error in it."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(TRAINEE), engine, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, str]:
    """The result of a trainee that is left alone."""
    out, problems = process.communicate(timeout=LIMIT)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {problems[-2000:]}")
    digests: dict[str, str] = json.loads(out.splitlines()[-1])
    return digests


def kill_after(process: subprocess.Popen[str], seconds: float, begun: bool) -> bool:
    """Kill it so long after its start, or after its training began; whether it was alive.

    Raises:
        RuntimeError: it failed by itself.
    """
    assert process.stdout is not None
    if begun:
        ready, _, _ = select.select([process.stdout], [], [], LIMIT)
        assert ready, "the trainee does not begin"
    time.sleep(seconds)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    _, problems = process.communicate()
    if process.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"exit code {process.returncode}: {problems[-2000:]}")
    return alive


def torture(engine: str, kills: int, seed: int, expected: dict[str, str]) -> Tally:
    """Runs that are killed so many times in all, each compared with ``expected``."""
    rng, tally = random.Random(seed), Tally()
    while tally.kills < kills:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for _ in range(min(KILLS_PER_RUN, kills - tally.kills)):
                frequency, threads = rng.choice(FREQUENCIES), str(rng.randint(1, 3))
                process = start(engine, name, frequency, threads)
                begun = rng.random() < 0.9
                try:
                    # In half of the cases soon, so that a run takes many kills.
                    alive = kill_after(process, rng.random() ** 2 * 0.4, begun)
                except RuntimeError as error:
                    tally.faults.append(f"{engine}, seed {seed}, kill {tally.kills}: {error}")
                    break
                tally.kills += alive
                tally.starting += alive and not begun
                tally.saving += alive and bool(list(folder.glob(".neurona-*.tmp")))
            tally.runs += 1
            _compare(tally, engine, seed, folder, expected)
    return tally


def _compare(tally: Tally, engine: str, seed: int, folder: Path, expected: dict[str, str]) -> None:
    where = f"{engine}, seed {seed}, after {tally.kills} kills"
    try:
        found = finish(start(engine, str(folder), "epoch", "2"))
    except RuntimeError as error:
        tally.faults.append(f"{where}: {error}")
        return
    wrong = [key for key in expected if found.get(key) != expected[key]]
    if wrong or found.keys() != expected.keys():
        tally.faults.append(f"{where}: these differ: {', '.join(wrong)}")
    lines = (folder / "history.jsonl").read_text().splitlines()
    if [json.loads(line)["epoch"] for line in lines] != list(range(len(lines))):
        tally.faults.append(f"{where}: history.jsonl has lines {lines}")
    rows = (folder / "history.csv").read_text().splitlines()[1:]
    if [int(row.split(",")[0]) for row in rows] != list(range(len(lines))):
        tally.faults.append(f"{where}: history.csv has rows {rows}")
    if list(folder.glob(".neurona-*.tmp")):
        tally.faults.append(f"{where}: a temporary file is left")


def main() -> int:
    sys.path.insert(0, str(TRAINEE.parents[2] / "src"))
    from neurona.engines import ENGINES

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="over all engines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", nargs="*", default=sorted(ENGINES))
    options = parser.parse_args()
    share = -(-options.kills // len(options.engines))
    failed = False
    for engine in options.engines:
        tally = torture(engine, share, options.seed, finish(start(engine)))
        print(
            f"{engine}: {tally.kills} kills ({tally.starting} while starting, {tally.saving} "
            f"while saving), {tally.runs} runs to their end, {len(tally.faults)} faults"
        )
        print(*tally.faults, sep="\n")
        failed = failed or bool(tally.faults)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
