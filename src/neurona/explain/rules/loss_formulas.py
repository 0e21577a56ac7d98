"""How the losses are written: templates over y, the output p, and the loss's own numbers.

Keyed by the functions that compute them, so that a class of a user's which
overrides one is not shown with a formula that is no longer its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neurona import losses
from neurona.explain.symbols import Written

# One entry's loss, and its derivative by p. {y} and {p} are put in, {m} is the loss's number.
POINTS: dict[Callable[..., Any], Written] = {
    losses.MeanSquaredError.point: Written("({p} − {y})²", r"\left({p} - {y}\right)^2"),
    losses.HalfSquaredError.point: Written("½({p} − {y})²", r"\tfrac12\left({p} - {y}\right)^2"),
    losses.MeanAbsoluteError.point: Written("|{p} − {y}|", r"\left|{p} - {y}\right|"),
    losses.MeanAbsolutePercentageError.point: Written(
        "100·|{p} − {y}|/|{y}|", r"100 \frac{{|{p} - {y}|}}{{|{y}|}}"
    ),
    losses.MeanSquaredLogarithmicError.point: Written(
        "(ln(1 + {p}) − ln(1 + {y}))²", r"\left(\ln(1 + {p}) - \ln(1 + {y})\right)^2"
    ),
    losses.Huber.point: Written("huber({p} − {y}; {m})", r"\mathrm{{huber}}_{{{m}}}({p} - {y})"),
    losses.LogCosh.point: Written("ln cosh({p} − {y})", r"\ln\cosh({p} - {y})"),
    losses.Poisson.point: Written("{p} − {y}·ln {p}", r"{p} - {y} \ln {p}"),
    losses.Perceptron.point: Written("max(0, −{y}·{p})", r"\max(0, -{y} \cdot {p})"),
    losses.Hinge.point: Written("max(0, {m} − {y}·{p})", r"\max(0, {m} - {y} \cdot {p})"),
    losses.SquaredHinge.point: Written("max(0, {m} − {y}·{p})²", r"\max(0, {m} - {y} \cdot {p})^2"),
    losses.Logistic.point: Written("ln(1 + exp(−{y}·{p}))", r"\ln(1 + e^{{-{y} \cdot {p}}})"),
    losses.ZeroOne.point: Written(
        "½({y} − sign {p})²", r"\tfrac12\left({y} - \mathrm{{sign}}\, {p}\right)^2"
    ),
    losses.BinaryCrossentropy.point: Written(
        "−({y}·ln {p} + (1 − {y})·ln(1 − {p}))",
        r"-\left({y} \ln {p} + (1 - {y}) \ln(1 - {p})\right)",
    ),
}
SLOPES: dict[Callable[..., Any], Written] = {
    losses.MeanSquaredError.slope: Written("2({p} − {y})", r"2\left({p} - {y}\right)"),
    losses.HalfSquaredError.slope: Written("({p} − {y})", r"\left({p} - {y}\right)"),
    losses.MeanAbsoluteError.slope: Written("sign({p} − {y})", r"\mathrm{{sign}}({p} - {y})"),
    losses.MeanAbsolutePercentageError.slope: Written(
        "100·sign({p} − {y})/|{y}|", r"100 \frac{{\mathrm{{sign}}({p} - {y})}}{{|{y}|}}"
    ),
    losses.MeanSquaredLogarithmicError.slope: Written(
        "2(ln(1 + {p}) − ln(1 + {y}))/(1 + {p})",
        r"2 \frac{{\ln(1 + {p}) - \ln(1 + {y})}}{{1 + {p}}}",
    ),
    losses.Huber.slope: Written(
        "clip({p} − {y}, −{m}, {m})", r"\mathrm{{clip}}({p} - {y}, -{m}, {m})"
    ),
    losses.LogCosh.slope: Written("tanh({p} − {y})", r"\tanh({p} - {y})"),
    losses.Poisson.slope: Written("(1 − {y}/{p})", r"\left(1 - \frac{{{y}}}{{{p}}}\right)"),
    losses.Perceptron.slope: Written("(−{y} if {y}·{p} ≤ 0)", r"-{y}\,[{y} \cdot {p} \le 0]"),
    losses.Hinge.slope: Written("(−{y} if {y}·{p} < {m})", r"-{y}\,[{y} \cdot {p} < {m}]"),
    losses.SquaredHinge.slope: Written(
        "(−2)·{y}·max(0, {m} − {y}·{p})", r"-2\, {y} \max(0, {m} - {y} \cdot {p})"
    ),
    losses.Logistic.slope: Written("(−{y}·σ(−{y}·{p}))", r"-{y}\,\sigma(-{y} \cdot {p})"),
    losses.ZeroOne.slope: Written("0", "0"),
    losses.BinaryCrossentropy.slope: Written(
        "({p} − {y})/({p}·(1 − {p}))", r"\frac{{{p} - {y}}}{{{p} (1 - {p})}}"
    ),
}
# Of a whole row: its loss, and the derivative by the output that is asked about.
ROWS: dict[Callable[..., Any], Written] = {
    losses.CategoricalCrossentropy.values: Written("−Σᵢ yᵢ·ln pᵢ", r"-\sum_i y_i \ln p_i"),
    losses.KLDivergence.values: Written("Σᵢ yᵢ·ln(yᵢ/pᵢ)", r"\sum_i y_i \ln\frac{y_i}{p_i}"),
    losses.CosineSimilarity.values: Written(
        "−⟨y, p⟩/(‖y‖·‖p‖)", r"-\frac{\langle y, p\rangle}{\lVert y\rVert \lVert p\rVert}"
    ),
    losses.CategoricalHinge.values: Written(
        "max(0, 1 + maxᵢ (1 − yᵢ)·pᵢ − Σᵢ yᵢ·pᵢ)",
        r"\max(0, 1 + \max_i (1 - y_i) p_i - \sum_i y_i p_i)",
    ),
    losses.MaxMargin.values: Written(
        "max(0, {m} + max_{{k≠c}} p_k − p_c)", r"\max(0, {m} + \max_{{k \ne c}} p_k - p_c)"
    ),
}
ROW_SLOPES: dict[Callable[..., Any], Written] = {
    losses.CategoricalCrossentropy.gradient: Written(
        "(Σᵢ yᵢ − yⱼ·Σᵢ pᵢ/pⱼ)/Σᵢ pᵢ",
        r"\frac{1}{\sum_i p_i} \left(\sum_i y_i - \frac{y_j \sum_i p_i}{p_j}\right)",
    ),
    losses.KLDivergence.gradient: Written("−yⱼ/pⱼ", r"-\frac{y_j}{p_j}"),
    losses.CosineSimilarity.gradient: Written(
        "−(ŷ − ⟨ŷ, p̂⟩·p̂)ⱼ/‖p‖",
        r"-\frac{(\hat y - \langle\hat y, \hat p\rangle \hat p)_j}{\lVert p\rVert}",
    ),
    losses.CategoricalHinge.gradient: Written(
        "1 − yⱼ at the largest (1 − yᵢ)·pᵢ, less yⱼ",
        r"(1 - y_j)\,[j = \arg\max_i (1 - y_i) p_i] - y_j",
    ),
    losses.MaxMargin.gradient: Written(
        "1 at the largest other pⱼ, −1 at the true class",
        r"[j = \arg\max_{k \ne c} p_k] - [j = c]",
    ),
}
ANY = Written("ℓ({y}, {p})", r"\ell({y}, {p})")
ANY_SLOPE = Written("∂ℓ({y}, {p})/∂p", r"\frac{{\partial \ell}}{{\partial p}}({y}, {p})")
ANY_ROW = Written("ℓ(y, p)", r"\ell(y, p)")
ANY_ROW_SLOPE = Written("∂ℓ(y, p)/∂pⱼ", r"\frac{\partial \ell(y, p)}{\partial p_j}")
# Losses whose labels are ±1: a label 0 counts as −1.
SIGNED = (losses.Perceptron, losses.Hinge, losses.Logistic, losses.ZeroOne)


def number_of(loss: losses.Loss) -> float:
    """The {m} of a loss: its margin or δ."""
    return float(getattr(loss, "margin", getattr(loss, "delta", 0.0)))


def slope_of(loss: losses.Elementwise) -> Written:
    """The derivative of one entry's loss."""
    if type(loss) is losses.BinaryCrossentropy and loss.from_logits:
        return Written("({p} − {y})", r"\left({p} - {y}\right)")
    return SLOPES.get(type(loss).slope, ANY_SLOPE)


def row_slope_of(loss: losses.Loss) -> Written:
    """The derivative of a row's loss by one output."""
    if getattr(loss, "from_logits", False):
        return Written("softmax(p)ⱼ·Σᵢ yᵢ − yⱼ", r"\mathrm{softmax}(p)_j \sum_i y_i - y_j")
    return ROW_SLOPES.get(type(loss).gradient, ANY_ROW_SLOPE)
