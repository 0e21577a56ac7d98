"""``neurona doctor``: the engine and why, threads, versions, settings."""

from __future__ import annotations

from dataclasses import asdict

from neurona.cli import FAILURE, output
from neurona.environment import VARIABLES, Compiled, Cores, EngineState, Examination, examine


def doctor(as_json: bool) -> int:
    """What ``neurona doctor`` prints; its exit code."""
    found = examine()
    if as_json:
        output.write_json({"command": "doctor", **found.as_dict()})
    else:
        _show(found)
    return FAILURE if found.problems else 0


def _show(found: Examination) -> None:
    output.line(f"neurona {found.neurona}, {found.python}, {found.system}")
    output.line()
    output.line(f"engine: {found.chosen or 'none'} ({found.reason})")
    for state in found.engines:
        output.line(f"  {state.name}: {_engine(state)}")
    if found.compiled.isas:
        isas = ", ".join(found.compiled.isas)
        output.line(f"  instructions: {found.compiled.isa or '?'}, of {isas}")
        output.line(f"  threads: at most {found.compiled.threads or '?'}{_meeting(found.compiled)}")
    output.line(f"cores: {_cores(found.cores)}")
    blas = {name: value for name, value in asdict(found.blas).items() if value is not None}
    threads = f", {blas['threads']} threads" if "threads" in blas else ""
    output.line(f"BLAS: {blas['name']} {blas.get('version', '')}{threads}")
    output.line()
    versions = (f"{name} {found or '–'}" for name, found in found.packages.items())
    output.line(f"packages: {', '.join(versions)}")
    if not found.environment:
        output.line("environment: nothing set")
    for name, value in found.environment.items():
        meaning = VARIABLES.get(name)
        output.line(f"environment: {name}={value}" + (f" ({meaning})" if meaning else ""))
    output.line()
    for problem in found.problems:
        output.line(f"PROBLEM: {problem}")
    if not found.problems:
        output.line("No problems found.")


def _engine(state: EngineState) -> str:
    if not state.installed:
        return f"not installed: {state.remark}"
    return "works" if state.works else f"does not work: {state.remark}"


def _meeting(compiled: Compiled) -> str:
    return f"; two meet in {compiled.meeting * 1e6:.2f} µs" if compiled.meeting else ""


def _cores(cores: Cores) -> str:
    quota = f", processor time of {cores.cgroup:g} (cgroup)" if cores.cgroup else ""
    return f"{cores.machine} in the machine, {cores.affinity} for this process{quota}"
