"""How the optimizers move a weight: their update, and their memory's, as terms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from neurona import optimizers
from neurona.display.numbers import figure, latex_figure
from neurona.explain.symbols import Written
from neurona.explain.why import DIGITS, Factor, Term
from neurona.optimizers.optimizer import Optimizer


@dataclass(frozen=True)
class Entry:
    """One entry of a weight, as an optimizer sees it.

    Attributes:
        optimizer: the optimizer.
        rate: the learning rate η of the step.
        t: the step's number, counted from 1.
        g: its gradient, clipped if it is.
        old, new: its slots before and after the step, by name.
    """

    optimizer: Any
    rate: float
    t: int
    g: Factor
    old: dict[str, Factor]
    new: dict[str, Factor]


Terms = list[Term]
MINUS_ETA = ("−η", r"-\eta")


def constant(value: float, text: str, latex: str) -> Factor:
    """A number of the optimizer's own."""
    return Factor(value, text, latex)


def through(
    value: float, template: tuple[str, str], *inner: Factor, epsilon: float | None = None
) -> Factor:
    """A function of some factors; the template takes their symbols, or their figures."""
    eps = ("ε", r"\epsilon")
    small = (figure(epsilon), latex_figure(epsilon)) if epsilon is not None else eps
    text = template[0].format(*(f.text for f in inner), eps=eps[0])
    latex = template[1].format(*(f.latex for f in inner), eps=eps[1])
    figures = Written(
        template[0].format(*(figure(f, DIGITS) for f in inner), eps=small[0]),
        template[1].format(*(latex_figure(f, DIGITS) for f in inner), eps=small[1]),
    )
    return Factor(value, text, latex, [ask for f in inner for ask in f.sources], figures)


def over_root(v: Factor, epsilon: float, inside: bool) -> Factor:
    """``1/√(v + ε)``, or ``1/(√v + ε)``."""
    if inside:
        template = ("1/√({0} + {eps})", r"\frac{{1}}{{\sqrt{{{0} + {eps}}}}}")
        return through(1.0 / math.sqrt(v + epsilon), template, v, epsilon=epsilon)
    template = ("1/(√{0} + {eps})", r"\frac{{1}}{{\sqrt{{{0}}} + {eps}}}")
    return through(1.0 / (math.sqrt(v) + epsilon), template, v, epsilon=epsilon)


def averaged(old: Factor, new: list[Factor], beta: float, sign: tuple[str, str]) -> Terms:
    """``β · old + (1 − β) · new``."""
    keep = constant(beta, *sign)
    rest = constant(1.0 - beta, f"(1 − {sign[0]})", f"(1 - {sign[1]})")
    return [Term(keep, old), Term(rest, *new)]


class SGDRules:
    """``v ← μ v − η g``, ``w ← w + v``, or with Nesterov's ``w + μ v − η g``."""

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        descent = Term(constant(-e.rate, *MINUS_ETA), e.g)
        if not e.optimizer.momentum:
            return [descent]
        if e.optimizer.nesterov:
            return [Term(constant(e.optimizer.momentum, "μ", r"\mu"), e.new["velocity"]), descent]
        return [Term(e.new["velocity"])]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        mu = constant(e.optimizer.momentum, "μ", r"\mu")
        descent = Term(constant(-e.rate, *MINUS_ETA), e.g)
        return {"velocity": [Term(mu, e.old["velocity"]), descent]}


class AdamRules:
    """``m ← β₁ m + (1 − β₁) g``, ``v ← β₂ v + (1 − β₂) g²``, ``w ← w − α m/(√v + ε)``."""

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        o = e.optimizer
        alpha = e.rate * math.sqrt(1.0 - o.beta_2**e.t) / (1.0 - o.beta_1**e.t)
        v = e.new["v_max" if o.amsgrad else "v"]
        size = over_root(v, o.epsilon, inside=False)
        return [Term(constant(-alpha, "−α", r"-\alpha"), e.new["m"], size)]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        o = e.optimizer
        found = {
            "m": averaged(e.old["m"], [e.g], o.beta_1, ("β₁", r"\beta_1")),
            "v": averaged(e.old["v"], [e.g, e.g], o.beta_2, ("β₂", r"\beta_2")),
        }
        if o.amsgrad:
            largest = max(e.old["v_max"], e.new["v"])
            template = ("max({0}, {1})", r"\max({0}, {1})")
            found["v_max"] = [Term(through(largest, template, e.old["v_max"], e.new["v"]))]
        return found


class NadamRules:
    """Adam with a momentum that warms up and looks ahead."""

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        o = e.optimizer
        mu, ahead = (o.beta_1 * (1.0 - 0.5 * 0.96**i) for i in (e.t, e.t + 1))
        product = float(e.new["mu_product"])
        bias = math.sqrt(1.0 - o.beta_2**e.t)
        v = e.new["v"]
        template = (
            "1/(√{0}/√(1 − β₂ᵗ) + {eps})",
            r"\frac{{1}}{{\sqrt{{{0}}} / \sqrt{{1 - \beta_2^t}} + {eps}}}",
        )
        size = through(1.0 / (math.sqrt(v) / bias + o.epsilon), template, v, epsilon=o.epsilon)
        first = constant(
            -e.rate * ahead / (1.0 - product * ahead),
            "−η·μₜ₊₁/(1 − Π·μₜ₊₁)",
            r"-\frac{\eta \mu_{t+1}}{1 - \Pi \mu_{t+1}}",
        )
        second = constant(
            -e.rate * (1.0 - mu) / (1.0 - product),
            "−η·(1 − μₜ)/(1 − Π)",
            r"-\frac{\eta (1 - \mu_t)}{1 - \Pi}",
        )
        return [Term(first, e.new["m"], size), Term(second, e.g, size)]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        o = e.optimizer
        mu = constant(o.beta_1 * (1.0 - 0.5 * 0.96**e.t), "μₜ", r"\mu_t")
        return {
            "m": averaged(e.old["m"], [e.g], o.beta_1, ("β₁", r"\beta_1")),
            "v": averaged(e.old["v"], [e.g, e.g], o.beta_2, ("β₂", r"\beta_2")),
            "mu_product": [Term(e.old["mu_product"], mu)],
        }


class RMSpropRules:
    """``s ← ρ s + (1 − ρ) g²``, ``v ← μ v + η g/√(s + ε)``, ``w ← w − v``."""

    @staticmethod
    def _descent(e: Entry, rate: Factor) -> Term:
        o, s = e.optimizer, e.new["mean_square"]
        if not o.centered:
            return Term(rate, e.g, over_root(s, o.epsilon, inside=True))
        mean = e.new["mean"]
        value = 1.0 / math.sqrt(max(s - mean * mean, 0.0) + o.epsilon)
        template = (
            "1/√({0} − ({1})² + {eps})",
            r"\frac{{1}}{{\sqrt{{{0} - \left({1}\right)^2 + {eps}}}}}",
        )
        return Term(rate, e.g, through(value, template, s, mean, epsilon=o.epsilon))

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        if e.optimizer.momentum:
            return [Term(constant(-1.0, "−1", "-1"), e.new["velocity"])]
        return [RMSpropRules._descent(e, constant(-e.rate, *MINUS_ETA))]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        o, rho = e.optimizer, ("ρ", r"\rho")
        found = {"mean_square": averaged(e.old["mean_square"], [e.g, e.g], o.rho, rho)}
        if o.centered:
            found["mean"] = averaged(e.old["mean"], [e.g], o.rho, rho)
        if o.momentum:
            kept = Term(constant(o.momentum, "μ", r"\mu"), e.old["velocity"])
            found["velocity"] = [
                kept,
                RMSpropRules._descent(e, constant(e.rate, "η", r"\eta")),
            ]
        return found


class AdagradRules:
    """``s ← s + g²``, ``w ← w − η g/√(s + ε)``."""

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        size = over_root(e.new["accumulator"], e.optimizer.epsilon, inside=True)
        return [Term(constant(-e.rate, *MINUS_ETA), e.g, size)]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        return {"accumulator": [Term(e.old["accumulator"]), Term(e.g, e.g)]}


class AdadeltaRules:
    """``s ← ρ s + (1 − ρ) g²``, ``Δ = g √(u + ε)/√(s + ε)``, ``w ← w − η Δ``."""

    @staticmethod
    def _change(e: Entry) -> list[Factor]:
        u, epsilon = e.old["mean_square_step"], e.optimizer.epsilon
        template = ("√({0} + {eps})", r"\sqrt{{{0} + {eps}}}")
        above = through(math.sqrt(u + epsilon), template, u, epsilon=epsilon)
        return [e.g, above, over_root(e.new["mean_square"], epsilon, inside=True)]

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        return [Term(constant(-e.rate, *MINUS_ETA), *AdadeltaRules._change(e))]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        rho, change = ("ρ", r"\rho"), AdadeltaRules._change(e)
        old, beta = e.old, e.optimizer.rho
        return {
            "mean_square": averaged(old["mean_square"], [e.g, e.g], beta, rho),
            "mean_square_step": averaged(old["mean_square_step"], [*change, *change], beta, rho),
        }


class AdamaxRules:
    """``m ← β₁ m + (1 − β₁) g``, ``u ← max(β₂ u, |g|)``, ``w ← w − α m/(u + ε)``."""

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        o, u = e.optimizer, e.new["u"]
        alpha = constant(-e.rate / (1.0 - o.beta_1**e.t), "−α", r"-\alpha")
        template = ("1/({0} + {eps})", r"\frac{{1}}{{{0} + {eps}}}")
        size = through(1.0 / (u + o.epsilon), template, u, epsilon=o.epsilon)
        return [Term(alpha, e.new["m"], size)]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        o = e.optimizer
        template = (f"max({figure(o.beta_2)}·{{0}}, |{{1}}|)", r"\max(\beta_2 {0}, |{1}|)")
        largest = max(o.beta_2 * e.old["u"], abs(e.g))
        return {
            "m": averaged(e.old["m"], [e.g], o.beta_1, ("β₁", r"\beta_1")),
            "u": [Term(through(largest, template, e.old["u"], e.g))],
        }


class LionRules:
    """``w ← w − η sign(β₁ m + (1 − β₁) g)``, ``m ← β₂ m + (1 − β₂) g``."""

    @staticmethod
    def step(e: Entry) -> Terms:
        """What is added to the weight."""
        m, beta = e.old["m"], e.optimizer.beta_1
        blend = m + (1.0 - beta) * (e.g - m)
        template = (
            "sign(β₁·{0} + (1 − β₁)·{1})",
            r"\mathrm{{sign}}(\beta_1 {0} + (1 - \beta_1) {1})",
        )
        sign = through(float((blend > 0) - (blend < 0)), template, m, e.g)
        return [Term(constant(-e.rate, *MINUS_ETA), sign)]

    @staticmethod
    def slots(e: Entry) -> dict[str, Terms]:
        """The slots' new values."""
        return {"m": averaged(e.old["m"], [e.g], e.optimizer.beta_2, ("β₂", r"\beta_2"))}


_RULES: dict[Callable[..., Any], Any] = {
    optimizers.SGD.update: SGDRules,
    optimizers.Adam.update: AdamRules,
    optimizers.Nadam.update: NadamRules,
    optimizers.RMSprop.update: RMSpropRules,
    optimizers.Adagrad.update: AdagradRules,
    optimizers.Adadelta.update: AdadeltaRules,
    optimizers.Adamax.update: AdamaxRules,
    optimizers.Lion.update: LionRules,
}


def optimizer_rules(optimizer: Optimizer) -> Any:
    """The rules of an optimizer, or None for a class of a user's with an update of its own."""
    return _RULES.get(type(optimizer).update)
