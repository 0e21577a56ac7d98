"""Feeds files of all kinds, mangled in all ways, to everything that reads files.

``python tests/faults/fuzz_loaders.py --minutes 10`` goes on for that long and reports
how many inputs there were and what they found; with atheris installed the inputs are
guided by what code they reach, else Hypothesis makes them. A short run is in the tests.

What must hold for each input: a model, arrays, or one of the library's errors, soon; and
a model that loads is finite, and saves and loads again as the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import io
import json
import math
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

import numpy as np

from faults.files_tools import header_of, model_bytes, sealed, small_model
from neurona import Sequential, layers, load_model
from neurona.callbacks import BackupAndRestore, EarlyStopping
from neurona.cli.files import read_features, read_npz
from neurona.data.datasets import idx
from neurona.errors import NeuronaError, RecoveryWarning
from neurona.files import encode_tensors, read_tensors
from neurona.runs.checkpoint import Checkpoint
from resuming import Breaker, BrokenOffError

SECONDS = 2.0  # of processor time for one input
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, 2**31, 2**53, 2**63, 2**64, 10**30, "", "x",
    "../..", "relu", "Dense", "Adam", "layer", "float64", "\ud800", "\0", [], [[]], {}, [0], [-1],
    [1, 2], {"class_name": "Dense", "config": {}}, {"class_name": "Tanh", "config": {}},
    {"class_name": "Adam", "config": {}}, [1] * 40, "a" * 500,
]  # fmt: skip
BYTES = [
    b"\0",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\xff" * 8,
    b"\x80",
    b'"',
    b"{",
    b"[",
    b"1e999",
    b",",
]


class Finding(Exception):  # noqa: N818 - the field's word
    """Something that must not be."""


# --- what reads, and what it is given ------------------------------------------------


def check_model(path: Path) -> None:
    """A model that loads is whole."""
    model = load_model(path)
    content = model_bytes(model)
    for key, w in model.state.weights.items():
        if not np.isfinite(w).all():
            raise Finding(f"{key} is not finite")
    path.write_bytes(content)
    if model_bytes(load_model(path)) != content:
        raise Finding("it saves as something else")


def check_tensors(path: Path) -> None:
    """What can be read can be written and read again, the same."""
    tensors, config = read_tensors(path)
    path.write_bytes(b"".join(map(bytes, encode_tensors(tensors, config))))
    again, config_again = read_tensors(path)
    if config_again != config or set(again) != set(tensors):
        raise Finding("other names or another configuration")
    for name, values in tensors.items():
        if again[name].tobytes() != values.tobytes() or again[name].shape != values.shape:
            raise Finding(f"{name!r} has changed")


def check_checkpoint(path: Path) -> None:
    """A checkpoint that is read can be written and read again, the same."""
    found = Checkpoint.read(path)
    tensors, config = found.packed()
    path.write_bytes(b"".join(map(bytes, encode_tensors(tensors, config))))
    again, config_again = Checkpoint.read(path).packed()
    if config_again != config or set(again) != set(tensors):
        raise Finding("other names or another configuration")
    for key, w in found.state.weights.items():
        if not np.isfinite(w).all():
            raise Finding(f"{key} is not finite")


def check_own_run(path: Path) -> None:
    """A run takes it up, or refuses it, before its first step."""
    resume(path, allow_different=False)


def check_other_run(path: Path) -> None:
    """The same where it may be that of another run."""
    resume(path, allow_different=True)


def resume(path: Path, allow_different: bool) -> None:
    """Go on from a checkpoint, up to the first step."""
    run = path.parent / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir()
    shutil.copy(path, run / "checkpoint-00000001.safetensors")
    with suppress(BrokenOffError):
        train(run, Breaker("on_train_begin", 1), allow_different)


def train(folder: Path, breaker: Breaker, allow_different: bool = False) -> None:
    """Two epochs of two steps, unless broken off."""
    model = Sequential([layers.Input((2,)), layers.Dense(2, "tanh"), layers.Dense(1)], seed=1)
    model.compile("adam", "mse", ["mae"], engine="numpy")
    backup = BackupAndRestore(folder, 1, 4, allow_different, verbose=0)
    stopping = EarlyStopping("loss", patience=9, restore_best_weights=True)
    x = np.linspace(-1, 1, 8).reshape(4, 2)
    model.fit(x, x[:, 0], 2, 2, verbose=0, callbacks=[stopping, backup, breaker])


def checkpoint_bytes() -> bytes:
    """The third checkpoint of that run, in the midst of its second epoch."""
    with tempfile.TemporaryDirectory() as name:
        train(Path(name), Breaker("on_train_end", 2))
        return (Path(name) / "checkpoint-00000003.safetensors").read_bytes()


def check_idx(path: Path) -> None:
    """An IDX file gives an array of the size that it may have."""
    if idx.read(path, max_bytes=1 << 20).nbytes > 1 << 20:
        raise Finding("more than max_bytes")


def check_rows(path: Path) -> None:
    """Rows that are read are finite."""
    if not np.isfinite(read_features(path)).all():
        raise Finding("not finite")


def seeds() -> dict[str, bytes]:
    """A good file of each kind."""
    rng = np.random.default_rng(1)
    plain = Sequential([layers.Input((4,)), layers.Rescaling(0.5), layers.Dense(2, "relu")], seed=1)
    image = rng.integers(0, 255, (3, 4, 4)).astype(np.uint8)
    zipped, packed, single = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(zipped, x=rng.normal(size=(4, 3)), y=np.arange(4), class_names=np.array(["a", "b"]))
    np.savez_compressed(packed, x_train=image, y_train=np.arange(3), x_test=image, y_test=[1, 2, 3])
    np.save(single, rng.normal(size=(4, 3)))
    raw = idx.header(image) + image.tobytes()
    return {
        "model": model_bytes(small_model()),
        "plain model": model_bytes(plain),
        "idx": raw,
        "packed idx": gzip.compress(raw, mtime=0),
        "npz": zipped.getvalue(),
        "packed npz": packed.getvalue(),
        "npy": single.getvalue(),
        "csv": b"a,b,c\n1,2,3\n4,5.5,-6e3\n",
        "checkpoint": checkpoint_bytes(),
    }


READERS: dict[str, tuple[str, list[Callable[[Path], Any]]]] = {
    "model": ("m.safetensors", [check_tensors, check_model]),
    "plain model": ("m.safetensors", [check_tensors, check_model]),
    "idx": ("train-images", [check_idx]),
    "packed idx": ("train-images.gz", [check_idx]),
    "npz": ("d.npz", [read_npz, check_rows]),
    "packed npz": ("d.npz", [read_npz, check_rows]),
    "npy": ("d.npy", [check_rows]),
    "csv": ("d.csv", [check_rows]),
    "checkpoint": ("c.safetensors", [check_checkpoint, check_own_run, check_other_run]),
}
CONTAINERS = ("model", "checkpoint")  # how the names of such kinds end
GOOD = seeds()


def try_input(kind: str, content: bytes, folder: Path) -> str:
    """Give it to the readers of its kind.

    Returns:
        What came of it: "read", or the name of the library's error.

    Raises:
        Finding: something else.
    """
    name, readers = READERS[kind]
    path, outcome = folder / name, ""
    for reader in readers:
        path.write_bytes(content)
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                reader(path)
            outcome = "read"
        except RecoveryWarning as warning:  # set aside: begin anew
            outcome = type(warning).__name__
        except NeuronaError as error:
            outcome = type(error).__name__
            if not str(error) or len(str(error)) > 5000:
                raise Finding(f"a message of {len(str(error))} characters") from error
        if time.process_time() - start > SECONDS:
            raise Finding(f"{reader.__name__} took {time.process_time() - start:.1f} s")
    return outcome


# --- mangling --------------------------------------------------------------------------


def mangled(kind: str, rng: random.Random) -> bytes:
    """A good file of that kind, made worse."""
    content = GOOD[kind]
    if kind.endswith(CONTAINERS) and rng.random() < 0.9:
        return mangled_model(content, rng)
    if kind == "packed idx" and rng.random() < 0.6:
        return gzip.compress(mangled_bytes(GOOD["idx"], rng), mtime=0)
    if kind.endswith("npz") and rng.random() < 0.7:
        return mangled_zip(content, rng)
    return mangled_bytes(content, rng)


def mangled_bytes(content: bytes, rng: random.Random) -> bytes:
    """With bits turned, and pieces taken out, put in or repeated."""
    work = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 8])):
        place = rng.randrange(len(work) + 1)
        end = min(len(work), place + rng.choice([1, 1, 2, 4, 8, 64]))
        how = rng.randrange(6)
        if how == 0 and place < len(work):
            work[place] ^= 1 << rng.randrange(8)
        elif how == 1:
            del work[place:end]
        elif how == 2:
            work[place:place] = work[place:end]
        elif how == 3:
            del work[place:]
        else:
            odd = rng.choice(BYTES)
            work[place : place + len(odd) * (how == 4)] = odd
    return bytes(work)


def mangled_model(content: bytes, rng: random.Random) -> bytes:
    """With its header or configuration changed, and the checksums put right."""
    length = int.from_bytes(content[:8], "little")
    header, data = content[8 : 8 + length], content[8 + length :]
    table = json.loads(header)
    config = json.loads(table["__metadata__"]["neurona"])
    del table["__metadata__"]
    what = rng.randrange(5)
    if what == 0:
        return sealed(mangled_bytes(header, rng), data)
    if what == 1:
        text = mangled_bytes(json.dumps(config).encode(), rng).decode("latin-1")
        return sealed(header_of(table, text), data)
    if what == 2:
        for _ in range(rng.choice([1, 2, 5])):
            change(table, rng)
    elif what == 3:
        work = bytearray(data)
        for _ in range(rng.choice([1, 4])):
            work[rng.randrange(len(work))] ^= 1 << rng.randrange(8)
        return sealed(header_of(table, config), bytes(work))
    for _ in range(rng.choice([1, 1, 2, 5])):
        change(config, rng)
    return sealed(header_of(table, config), data)


def change(tree: Any, rng: random.Random) -> None:
    """Change one place of a JSON value: set it to something odd, remove it, swap, repeat."""
    inner: Any = tree
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            return
        key = rng.choice(keys)
        deeper = inner[key]
        if not isinstance(deeper, (dict, list)) or not deeper or rng.random() < 0.15:
            break
        inner = deeper
    how = rng.randrange(6)
    if how == 0:
        del inner[key]
    elif how == 1 and isinstance(inner, list):
        inner.insert(key, inner[key])
    elif how == 2 and isinstance(inner, dict):
        inner[str(rng.choice(ODD))] = inner[key]
    elif how == 3:
        inner[key] = inner[rng.choice(keys)]
    else:
        inner[key] = deepcopy(rng.choice(ODD))


def mangled_zip(content: bytes, rng: random.Random) -> bytes:
    """With its arrays' files mangled, or renamed, and its own checksums put right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            inner = old.read(name)
            if rng.random() < 0.5:
                head = rng.choice([len(inner), min(len(inner), 128)])  # mostly the description
                inner = mangled_bytes(inner[:head], rng) + inner[head:]
            if rng.random() < 0.1:
                name = rng.choice(["../../x.npy", "x", "x.npy", "X.npy", "/etc/passwd"])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # two of one name
                new.writestr(name, inner)
    return out.getvalue()


# --- running ---------------------------------------------------------------------------


class Fuzz:
    """Counts the inputs and their outcomes, and keeps those that found something."""

    def __init__(self, folder: Path, keep: Path | None = None) -> None:
        self.folder, self.keep = folder, keep
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.findings: dict[str, str] = {}

    def __call__(self, kind: str, content: bytes) -> None:
        """Try one input; a finding is told once for each place in the code."""
        try:
            outcome = try_input(kind, content, self.folder)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{kind}: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
            if place not in self.findings:
                self.findings[place] = traceback.format_exc()
                if self.keep is not None:
                    number = len(self.findings)
                    (self.keep / f"{number}-{kind.replace(' ', '-')}").write_bytes(content)
            outcome = "FINDING"
        self.outcomes[kind, outcome] += 1

    def report(self) -> str:
        """What there was, in lines."""
        total = sum(self.outcomes.values())
        lines = [f"{total:,} inputs, {len(self.findings)} findings"]
        for (kind, outcome), count in sorted(self.outcomes.items()):
            lines.append(f"  {kind:<12} {outcome:<18} {count:>10,}")
        return "\n".join([*lines, *self.findings.values()])


def run_hypothesis(fuzz: Fuzz, seconds: float, seed: int) -> None:
    """Inputs of Hypothesis until the time is over."""
    import hypothesis
    from hypothesis import strategies as st

    end, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < end:

        @hypothesis.seed(seed + rounds)
        @hypothesis.settings(
            max_examples=100,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(st.sampled_from(sorted(GOOD)), st.randoms(use_true_random=True))
        def one(kind: str, rng: random.Random) -> None:
            for _ in range(20):  # one would be less work than Hypothesis makes of it
                if time.monotonic() < end:
                    fuzz(kind, mangled(kind, rng))

        one()
        rounds += 1


def run_atheris(fuzz: Fuzz, seconds: float, seed: int) -> None:
    """Inputs of atheris until the time is over; it never returns."""
    import atheris

    kinds, end = sorted(GOOD), math.inf
    models = [kind for kind in kinds if kind.endswith(CONTAINERS)]

    def one(data: bytes) -> None:
        nonlocal end
        end = min(end, time.monotonic() + seconds)  # from the first on: instrumenting takes long
        if time.monotonic() > end:
            print(fuzz.report(), flush=True)
            shutil.rmtree(fuzz.folder, ignore_errors=True)
            os._exit(1 if fuzz.findings else 0)
        how, rest = data[0] if data else 0, data[1:]
        if how < 100:
            fuzz(kinds[how % len(kinds)], rest)
        elif how < 200:
            size = int.from_bytes(rest[:2], "little")
            fuzz(models[how % len(models)], sealed(rest[2 : 2 + size], rest[2 + size :]))
        else:
            kind = kinds[how % len(kinds)]
            fuzz(kind, mangled(kind, random.Random(rest)))

    corpus = fuzz.folder / "corpus"
    corpus.mkdir()
    for number, kind in enumerate(kinds):
        (corpus / kind).write_bytes(bytes([number]) + GOOD[kind])
    for number, kind in enumerate(models):  # their checksums are put right
        length = GOOD[kind][:2]
        (corpus / f"sealed {kind}").write_bytes(bytes([100 + number]) + length + GOOD[kind][8:])
    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-seed={seed}", "-max_len=20000", str(corpus)], one)
    atheris.Fuzz()


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--keep", type=Path, help="a folder for the inputs that find something")
    parser.add_argument("--hypothesis", action="store_true", help="also where there is atheris")
    given = parser.parse_args()
    if given.keep is not None:
        given.keep.mkdir(parents=True, exist_ok=True)
    memory = "/dev/shm"  # no disk is worn out there
    folder = Path(tempfile.mkdtemp(dir=memory if os.path.isdir(memory) else None))
    fuzz = Fuzz(folder, given.keep)
    guided = importlib.util.find_spec("atheris") is not None and not given.hypothesis
    print(f"seed {given.seed}, {'atheris' if guided else 'Hypothesis'}", flush=True)
    try:
        (run_atheris if guided else run_hypothesis)(fuzz, 60 * given.minutes, given.seed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(fuzz.report())
    return 1 if fuzz.findings else 0


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
