"""Softmax and its kin: an output, by all the z of its row."""

from __future__ import annotations

import math
from collections.abc import Sequence

from neurona.display.numbers import figure, latex_figure
from neurona.explain.symbols import Written
from neurona.explain.why import DIGITS, Ask, Factor, Sum, Term


def softmax(z: Factor, each: Written, row: Sequence[float], sources: Sequence[Ask]) -> Sum:
    """``exp(z − z_max) / Σ exp(z − z_max)``.

    Args:
        z: the output's own.
        each: how any of the row is written.
        row: all of the row, and where they come from.
    """
    top = max(row)
    total = math.fsum(math.exp(v - top) for v in row)
    power = Factor(
        math.exp(z - top),
        f"exp({z.text} − z_max)",
        rf"e^{{{z.latex} - z_{{\max}}}}",
        z.sources,
        Written(
            f"exp({figure(z, DIGITS)} − {figure(top, DIGITS)})",
            rf"e^{{{latex_figure(z, DIGITS)} - ({latex_figure(top, DIGITS)})}}",
        ),
    )
    share = Factor(
        1 / total,
        f"1/Σⱼ exp({each.text} − z_max)",
        rf"\frac{{1}}{{\sum_j e^{{{each.latex} - z_{{\max}}}}}}",
        sources,
        Written(f"1/{figure(total, DIGITS)}", rf"\frac{{1}}{{{latex_figure(total, DIGITS)}}}"),
    )
    return Sum([Term(power, share)], None, _cancels(top))


def log_softmax(z: Factor, each: Written, row: Sequence[float], sources: Sequence[Ask]) -> Sum:
    """``z − z_max − ln Σ exp(z − z_max)``; the arguments are those of :func:`softmax`."""
    top = max(row)
    logarithm = Factor(
        -math.log(math.fsum(math.exp(v - top) for v in row)),
        f"−ln Σⱼ exp({each.text} − z_max)",
        rf"-\ln \sum_j e^{{{each.latex} - z_{{\max}}}}",
        sources,
    )
    largest = Factor(-top, "−z_max", r"-z_{\max}", sources)
    return Sum([Term(z), Term(largest), Term(logarithm)], None, _cancels(top))


def sparsemax(z: Factor, each: Written, row: Sequence[float], sources: Sequence[Ask]) -> Sum:
    """``max(0, z − τ)``; the arguments are those of :func:`softmax`."""
    ordered = sorted(row, reverse=True)
    tau = max((math.fsum(ordered[:i]) - 1) / i for i in range(1, len(ordered) + 1))
    note = f"τ = {figure(tau, DIGITS)} makes the row's outputs max(0, z − τ) sum to 1"
    if z <= tau:
        zero = Factor(0.0, f"max(0, {z.text} − τ)", rf"\max(0, {z.latex} - \tau)", sources)
        return Sum([Term(zero)], None, note)
    return Sum([Term(z), Term(Factor(-tau, "−τ", r"-\tau", sources))], None, note)


def _cancels(top: float) -> str:
    return f"z_max = {figure(top, DIGITS)}, the row's largest z, is taken off: it cancels"
