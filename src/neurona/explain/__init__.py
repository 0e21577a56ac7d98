"""Seeing inside: a step with all its numbers, why a step failed, whether a gradient is right.

Its parts are imported when they are first used, so that training does not wait for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurona.explain.check import CheckReport
    from neurona.explain.passes import Pass, explain_pass
    from neurona.explain.records import LayerStep, LossStep, WeightStep
    from neurona.explain.step import Step
    from neurona.explain.why import Why

__all__ = [
    "CheckReport",
    "LayerStep",
    "LossStep",
    "Pass",
    "Step",
    "WeightStep",
    "Why",
    "explain_pass",
]

_WHERE = {
    "CheckReport": "check",
    "LayerStep": "records",
    "LossStep": "records",
    "Pass": "passes",
    "Step": "step",
    "WeightStep": "records",
    "Why": "why",
    "explain_pass": "passes",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"neurona.explain.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'neurona.explain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
