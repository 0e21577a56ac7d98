"""A short run of fuzz_loaders.py; that program itself makes long ones."""

from __future__ import annotations

import random
from pathlib import Path

from faults.fuzz_loaders import GOOD, Fuzz, mangled

TIMES = 200  # for each kind of file


def test_mangled_files_are_read_or_refused(tmp_path: Path) -> None:
    fuzz, rng = Fuzz(tmp_path), random.Random(4)
    for kind in sorted(GOOD):
        fuzz(kind, GOOD[kind])
        assert fuzz.outcomes[kind, "read"] == 1
        for _ in range(TIMES):
            fuzz(kind, mangled(kind, rng))
    assert fuzz.findings == {}, fuzz.report()
    refused = sum(count for (_, outcome), count in fuzz.outcomes.items() if outcome != "read")
    assert refused > TIMES * len(GOOD) // 2
