"""The words and numbers of the display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neurona.callbacks.monitor import is_number

GAP = "  "  # between two parts of a line


def measure_parts(logs: Mapping[str, Any], meanings: Mapping[str, str]) -> list[str]:
    """Each measure with its value; a running mean is called one. Matrices are left out.

    >>> measure_parts({"loss": 0.25, "val_loss": 0.5}, {"loss": "running mean over …"})
    ['running loss 0.2500', 'val_loss 0.5000']
    """
    return [
        f"{'running ' * _is_running(name, meanings)}{name} {number(float(value))}"
        for name, value in logs.items()
        if is_number(value)
    ]


def _is_running(name: str, meanings: Mapping[str, str]) -> bool:
    return meanings.get(name, "").startswith("running mean")


def number(value: float) -> str:
    """Four decimals, or an exponent where those would show too little.

    >>> number(0.31239), number(0.0), number(0.00001234), number(123456.7)
    ('0.3124', '0.0000', '1.234e-05', '1.235e+05')
    """
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3e}"


def duration(seconds: float) -> str:
    """A time as one says it.

    >>> duration(0.000034), duration(0.0034), duration(2.345), duration(125), duration(7500)
    ('0.034 ms', '3.4 ms', '2.3 s', '2 min 05 s', '2 h 05 min')
    """
    if 0.0 < seconds < 0.00095:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 0.9995:
        return f"{1000 * seconds:.{0 if seconds > 0.00995 else 1}f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def remaining(seconds: float) -> str:
    """An estimated time still to go, in whole seconds.

    >>> remaining(14.7), remaining(0.2)
    ('15 s left', 'under 1 s left')
    """
    if seconds < 1.0:
        return "under 1 s left"
    return f"{round(seconds)} s left" if seconds < 59.5 else f"{duration(seconds)} left"


def wrapped(parts: Sequence[str], width: int) -> str:
    """The parts in lines of at most ``width``, none of them broken up; later lines indented.

    >>> print(wrapped(["epoch 1/9", "loss 0.5", "accuracy 0.9"], width=20))
    epoch 1/9  loss 0.5
      accuracy 0.9
    """
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(GAP) + len(part) <= width:
            lines[-1] += GAP + part
        else:
            lines.append(GAP * bool(lines) + part)
    return "\n".join(lines)
