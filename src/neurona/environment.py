"""What neurona finds on this machine: engines and why, threads, versions, settings."""

from __future__ import annotations

import math
import os
import platform
import shutil
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import neurona
from neurona.engines import ENGINES, select
from neurona.errors import NeuronaError, suggestion
from neurona.native_module import MISSING, native

VARIABLES = {
    "NEURONA_DATA": "folder of the data sets",
    "NEURONA_ISA": "instruction set of the compiled engine",
    "NEURONA_THREADS": "most threads of the compiled engine",
}
BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PACKAGES = ("numpy", "threadpoolctl", "safetensors", "narwhals", "typer", "rich", "matplotlib")
COMPILERS = ("c++", "g++", "clang++")
AGREEMENT = 1e-9  # of two engines, in float64


@dataclass(frozen=True)
class EngineState:
    """One engine.

    Attributes:
        works: None where it is not installed; else whether it trained a small
            network as the NumPy engine does.
        remark: why it is not there, or what went wrong.
    """

    name: str
    installed: bool
    works: bool | None
    remark: str | None


@dataclass(frozen=True)
class Compiled:
    """The compiled engine's settings; None where they cannot be had.

    Attributes:
        meeting: seconds that two threads take to meet at a barrier, as they do several
            times a step: 0.05 µs where their cores share a cache, five times that where not.
    """

    isa: str | None = None
    isas: list[str] = field(default_factory=list)
    threads: int | None = None
    meeting: float | None = None


@dataclass(frozen=True)
class Cores:
    """Logical processors of the machine, those this process may run on, and the
    processor time that a cgroup (a container) grants, in cores."""

    machine: int
    affinity: int
    cgroup: float | None


@dataclass(frozen=True)
class Blas:
    """NumPy's library for matrix products, which the NumPy engine runs on."""

    name: str
    version: str | None
    threads: int | None


@dataclass(frozen=True)
class Examination:
    """All that was found.

    Attributes:
        chosen, reason: what ``engine="auto"`` takes for a dense network, and why.
        problems: what to mend, each with how.
    """

    neurona: str
    python: str
    system: str
    chosen: str | None
    reason: str
    engines: list[EngineState]
    compiled: Compiled
    cores: Cores
    blas: Blas
    packages: dict[str, str | None]
    environment: dict[str, str]
    problems: list[str]

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON-ready values."""
        return asdict(self)


def examine() -> Examination:
    """Look at everything that decides how neurona runs here.

    >>> found = examine()
    >>> found.chosen in ("native", "numpy"), found.problems
    (True, [])
    """
    states = [_engine_state(name) for name in ENGINES]
    compiled, complaints = _compiled()
    problems = [*complaints, *_unknown_variables()]
    if not complaints:  # else that is why
        problems += [f"The {s.name} engine: {s.remark}" for s in states if s.works is False]
    chosen, reason = _choice()
    return Examination(
        neurona=neurona.__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        chosen=chosen,
        reason=reason,
        engines=states,
        compiled=compiled,
        cores=_cores(),
        blas=_blas(),
        packages={name: _version_of(name) for name in PACKAGES},
        environment={
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith("NEURONA_") or name in BLAS_VARIABLES
        },
        problems=problems,
    )


# --- engines -----------------------------------------------------------------------------


def _model(engine: str) -> neurona.Sequential:
    layers = neurona.layers
    net = [layers.Input(shape=(5,)), layers.Dense(7, "tanh"), layers.Dense(3, "softmax")]
    model = neurona.Sequential(net, seed=1, dtype="float64")
    model.compile("adam", "sparse_categorical_crossentropy", engine=engine)
    return model


def _choice() -> tuple[str | None, str]:
    try:
        kind, reason = select("auto", _model("auto").program)
    except NeuronaError as error:
        return None, str(error)
    return kind.name, reason


def _engine_state(name: str) -> EngineState:
    if not ENGINES[name].installed():
        return EngineState(name, False, None, why_not_compiled())
    try:
        distance = _distance(_trained(name), _trained("numpy"))
    except Exception as error:  # whatever it is, the user is to read it
        return EngineState(name, True, False, f"it fails: {error}")
    if not distance <= AGREEMENT:
        return EngineState(name, True, False, f"its weights are {distance:.2g} off NumPy's.")
    return EngineState(name, True, True, None)


def _trained(engine: str) -> list[Any]:
    model = _model(engine)
    x = np.random.default_rng(1).normal(size=(48, 5))
    model.fit(x, np.arange(48) % 3, batch_size=10, epochs=2, verbose=0)
    return model.get_weights()


def _distance(first: list[Any], second: list[Any]) -> float:
    return max(
        (float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True)), default=math.nan
    )


def why_not_compiled() -> str:
    """Why there is no compiled engine, and what to do about it."""
    built = sorted(path.name for path in Path(neurona.__file__).parent.glob("_native.*"))
    built = [name for name in built if name.endswith((".so", ".pyd"))]
    if built:
        return (
            f"its compiled module ({', '.join(built)}) does not load here: {MISSING}. It may be "
            f"built for another Python or machine. Install neurona again."
        )
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX", ""), *COMPILERS))), None)
    if compiler is None:
        cause = (
            "there is no C++ compiler. Get one that knows C++20 (GCC 11, Clang 14 or newer); then"
        )
    else:
        cause = f"its build failed, or there was no compiler then. Now there is {compiler}:"
    return (
        f"neurona was installed without it: {cause} run "
        f"pip install --force-reinstall --no-deps --no-cache-dir -v PACKAGE, with what you "
        f"installed neurona from as PACKAGE; -v shows the compiler's messages. ({MISSING})"
    )


def _compiled() -> tuple[Compiled, list[str]]:
    """The settings, and what is wrong with the variables that ask for others."""
    if native is None:
        return Compiled(), []
    found: dict[str, Any] = {"isas": list(native.isas())}
    problems = []
    for name, ask in {"isa": native.isa, "threads": native.usable_cores}.items():
        try:
            found[name] = ask()
        except ValueError as error:
            problems.append(str(error))
    if not problems:
        found["meeting"] = native.meeting_seconds() or None
    return Compiled(**found), problems


# --- the machine -------------------------------------------------------------------------


def _cores() -> Cores:
    machine = os.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else machine
    quota = native.cgroup_quota() if native is not None else 0.0
    return Cores(machine, affinity, quota or None)


def _blas() -> Blas:
    from threadpoolctl import threadpool_info

    for library in threadpool_info():
        if library["user_api"] == "blas":
            return Blas(library["internal_api"], library["version"], library["num_threads"])
    built: Any = np.show_config(mode="dicts")
    about = built["Build Dependencies"]["blas"]
    return Blas(str(about["name"]), str(about["version"]), None)


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _unknown_variables() -> list[str]:
    unknown = [name for name in os.environ if name.startswith("NEURONA_") and name not in VARIABLES]
    return [f"neurona knows no variable {name}.{suggestion(name, VARIABLES)}" for name in unknown]
