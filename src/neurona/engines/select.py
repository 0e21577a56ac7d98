"""Chooses the engine for a program, and can say why."""

from __future__ import annotations

from neurona import checks
from neurona.engines.engine import Engine
from neurona.engines.native_engine import NativeEngine
from neurona.engines.numpy_engine import NumpyEngine
from neurona.errors import EngineError
from neurona.network import Program

# Fastest first: "auto" takes the first that can run the program.
ENGINES: dict[str, type[Engine]] = {"native": NativeEngine, "numpy": NumpyEngine}


def installed(name: str) -> str:
    """The engine of that name, or "auto" where it is not installed."""
    checks.choice("engine", name, "auto", *ENGINES)
    return name if name == "auto" or ENGINES[name].installed() else "auto"


def select(name: str, program: Program) -> tuple[type[Engine], str]:
    """The engine to run a program on, and the reason for the choice.

    Args:
        name: "auto" or an engine's name.

    Raises:
        EngineError: the named engine cannot run the program; says which layer.
    """
    checks.choice("engine", name, "auto", *ENGINES)
    if name != "auto":
        reason = ENGINES[name].why_not(program)
        if reason:
            raise EngineError(
                f"The {name} engine cannot run this model: {reason} "
                f'Use engine="auto", which picks one that can.'
            )
        return ENGINES[name], "asked for by name"
    passed_over: list[str] = []
    for candidate in ENGINES.values():
        reason = candidate.why_not(program)
        if reason is None:
            return candidate, "; ".join(passed_over) or "the fastest that is installed"
        passed_over.append(f"not {candidate.name}: {reason}")
    raise EngineError("No engine can run this model: " + "; ".join(passed_over))
