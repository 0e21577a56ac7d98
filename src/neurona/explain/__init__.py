"""Seeing inside: why a step failed, whether a gradient is right."""
