"""Activations and losses as curves, each beside its derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurona import activations, checks, losses
from neurona.activations import Activation
from neurona.errors import ArgumentError
from neurona.losses import Loss
from neurona.plots.canvas import canvas
from neurona.random import Float64

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 601
EDGE = 0.01  # how near 0 and 1 a picture of cross-entropies goes


@dataclass(frozen=True, eq=False)
class Functions:
    """Some functions of one variable and their derivatives.

    Attributes:
        names: of the functions.
        x: (points,) where they are taken.
        values, slopes: (functions, points); NaN where a function is not defined.
        labels: what x, the values and the slopes are.
    """

    names: tuple[str, ...]
    x: Float64
    values: Float64
    slopes: Float64
    labels: tuple[str, str, str]

    def plot(self, ax: Axes | None = None, *, theme: str | None = None) -> list[Axes]:
        """Draw two panels: the functions, and their derivatives."""
        with canvas(ax, theme) as area:
            panels = area.many(1, 2, (8.0, 3.2))
            styles = ("-", "--", "-.", ":")
            x_label, *labels = self.labels
            for panel, curves, label in zip(
                panels, (self.values, self.slopes), labels, strict=True
            ):
                panel.axhline(0.0, color=area.theme.soft, linewidth=0.8)
                panel.axvline(0.0, color=area.theme.soft, linewidth=0.8)
                for i, (name, curve) in enumerate(zip(self.names, curves, strict=True)):
                    style, colour = styles[i % len(styles)], area.theme.colour(i)
                    panel.plot(self.x, curve, style, color=colour, label=name)
                panel.set(xlabel=x_label, title=label, xlim=(self.x[0], self.x[-1]))
            area.names(panels[0])
            return panels


def activation_functions_data(
    functions: Any = ("sigmoid", "tanh", "relu"), low: float = -4.0, high: float = 4.0
) -> Functions:
    """The values of activations and their derivatives.

    Args:
        functions: names or activations; or one of them.
        low, high: from which z to which.

    Raises:
        ArgumentError: one is not elementwise (as softmax is not), so that no single curve
            shows it; or ``high`` is not above ``low``.
        UnknownNameError: there is no such activation.

    >>> curves = activation_functions_data(["sigmoid"], -4, 4)
    >>> middle = len(curves.x) // 2
    >>> float(curves.values[0, middle]), float(curves.slopes[0, middle])
    (0.5, 0.25)
    """
    parts = [activations.get(name) for name in _listed("functions", functions)]
    z = _points(low, high)
    curves = [_activation(part, z) for part in parts]
    return Functions(
        _names(parts),
        z,
        np.array([h for h, _ in curves]),
        np.array([slope for _, slope in curves]),
        ("z", "g(z)", "g′(z)"),
    )


def activation_functions(
    functions: Any = ("sigmoid", "tanh", "relu"),
    low: float = -4.0,
    high: float = 4.0,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw activations, and beside them their derivatives.

    Args:
        functions, low, high: as in :func:`activation_functions_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> left, right = activation_functions(["sigmoid", "tanh"])
    >>> left.get_title(), right.get_title()
    ('g(z)', 'g′(z)')
    """
    return activation_functions_data(functions, low, high).plot(ax, theme=theme)


def loss_functions_data(
    functions: Any = ("hinge", "perceptron", "logistic"),
    y: float = 1.0,
    low: float | None = None,
    high: float | None = None,
) -> Functions:
    """The loss of one sample, and its derivative, as the prediction p goes along a line.

    Of a loss that compares classes, p is the true class's output. There are two
    classes: the other one's output is 1 − p where outputs are probabilities, and
    0 where they are scores.

    Args:
        functions: names or losses; or one of them.
        y: the target.
        low, high: from which p to which; by default −3 to 3, or 0.01 to 0.99 for
            probabilities.

    Raises:
        ArgumentError: losses of probabilities and of scores in one picture.
        UnknownNameError: there is no such loss.

    >>> curves = loss_functions_data("binary_crossentropy")
    >>> float(curves.values[0, 300].round(3))  # −log ½
    0.693
    """
    parts = [losses.get(name) for name in _listed("functions", functions)]
    kinds = {_of_probabilities(part) for part in parts}
    if len(kinds) > 1:
        shown = ", ".join(
            f"{name}: {'probabilities' if _of_probabilities(part) else 'any value'}"
            for name, part in zip(_names(parts), parts, strict=True)
        )
        raise ArgumentError(f"These losses take different predictions ({shown}). Draw them apart.")
    (probabilities,) = kinds
    default = (EDGE, 1.0 - EDGE) if probabilities else (-3.0, 3.0)
    target = checks.real("y", y)
    p = _points(default[0] if low is None else low, default[1] if high is None else high)
    curves = [_loss(part, target, p) for part in parts]
    return Functions(
        _names(parts),
        p,
        np.array([values for values, _ in curves]),
        np.array([slopes for _, slopes in curves]),
        (f"prediction p, for the target y = {target:g}", "loss ℓ", "dℓ/dp"),
    )


def loss_functions(
    functions: Any = ("hinge", "perceptron", "logistic"),
    y: float = 1.0,
    low: float | None = None,
    high: float | None = None,
    ax: Axes | None = None,
    *,
    theme: str | None = None,
) -> list[Axes]:
    """Draw losses of one sample, and beside them their derivatives.

    Args:
        functions, y, low, high: as in :func:`loss_functions_data`.
        ax: where to draw; None for a new figure.
        theme: "light" or "dark"; None takes the one that suits the background.

    >>> left, right = loss_functions(["mse", "mae", "huber"], y=0)
    >>> [line.get_label() for line in left.get_lines()[2:]]
    ['MeanSquaredError', 'MeanAbsoluteError', 'Huber']
    """
    return loss_functions_data(functions, y, low, high).plot(ax, theme=theme)


def _activation(part: Activation, z: Float64) -> tuple[Float64, Float64]:
    h = part(z)
    try:
        return h, np.asarray(part.derivative(z, h))
    except NotImplementedError:
        raise ArgumentError(
            f"{type(part).__name__} is not elementwise: each output depends on all of a row's z, "
            f"so that no single curve shows it."
        ) from None


def _loss(part: Loss, y: float, p: Float64) -> tuple[Float64, Float64]:
    """The loss and its derivative along the line, for every p."""
    target, outputs = np.full((len(p), 1), y), p[:, None]
    if part.classes:
        other: Callable[[Float64], Float64] = (
            (lambda a: 1.0 - a) if _of_probabilities(part) else np.zeros_like
        )
        target, outputs = np.hstack([target, 1.0 - target]), np.hstack([outputs, other(outputs)])
    elif part.takes == "distribution":
        target, outputs = (np.hstack([a, 1.0 - a]) for a in (target, outputs))
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN: not defined there
        values = np.asarray(part.values(target, outputs)).reshape(len(p))
        gradient = np.asarray(part.gradient(target, outputs))
        slope = gradient[:, 0]
        if outputs.shape[1] > 1 and _of_probabilities(part):
            slope = slope - gradient[:, 1]  # the other probability falls as p rises
        return values, slope


def _of_probabilities(part: Loss) -> bool:
    return part.takes != "values" and not getattr(part, "from_logits", False)


def _listed(name: str, given: Any) -> list[Any]:
    several = isinstance(given, Iterable) and not isinstance(given, (str, dict))
    found = list(given) if several else [given]
    if not found:
        raise ArgumentError(f"{name} is empty: name at least one.")
    return found


def _names(parts: Iterable[Any]) -> tuple[str, ...]:
    return tuple(repr(part).removesuffix("()") for part in parts)


def _points(low: float, high: float) -> Float64:
    low, high = checks.real("low", low), checks.real("high", high)
    if not low < high:
        raise ArgumentError(f"high must be above low, got low={low:g} and high={high:g}.")
    return np.linspace(low, high, POINTS)
