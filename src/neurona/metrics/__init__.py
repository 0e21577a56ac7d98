"""Metrics: what is measured while a network learns and when it is judged."""

from neurona.metrics.metric import Metric, registry

__all__ = ["Metric", "registry"]
