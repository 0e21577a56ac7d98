"""Engines: each runs a whole program, many steps at a time."""

from neurona.engines.engine import Engine, Report, Steps
from neurona.engines.select import ENGINES, installed, select

__all__ = ["ENGINES", "Engine", "Report", "Steps", "installed", "select"]
