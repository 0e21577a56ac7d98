"""The layers' health, as HTML: as it is at the end, and how it came to be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neurona.display.numbers import figure
from neurona.plots.health import LayerHealth, layer_health_data
from neurona.plots.statistics import LayerStatistics, Pulse
from neurona.random import Float64
from neurona.report import markup
from neurona.report.charts import Series, line_chart

INFO = "layer_health"  # the name in model.info
MOST_LAYERS = 8  # in one chart: of more, as many are drawn, evenly spread
MOST_RECORDS = 100  # kept with a model: of more, as many, evenly spread
DIGITS = 4
CHARTS = {
    "gradients": "Gradients: typical entry",
    "weights": "Weights: standard deviation",
    "activations": "Outputs: standard deviation",
    "dead": "Dead neurons, share",
    "saturated": "Saturated outputs, share",
}


def layers_html(names: Sequence[str], pulses: Sequence[Pulse], rows: int, which: str) -> str:
    """Each layer's weights, gradients and outputs."""

    def share(value: float) -> str:
        return f"{value:.0%}" if math.isfinite(value) else "–"

    def plain(value: float) -> str:
        return figure(value, 3) if math.isfinite(value) else "–"

    cells = [
        (
            name,
            plain(p.weight_std),
            plain(p.gradient_rms),
            plain(p.activation_mean),
            plain(p.activation_std),
            share(p.dead),
            share(p.saturated),
        )
        for name, p in zip(names, pulses, strict=True)
    ]
    headings = ("layer", "weights ±", "gradient", "outputs", "outputs ±", "dead", "saturated")
    return (
        markup.paragraph(f"One pass forward and back with {rows:,} {which} and the final weights.")
        + markup.table("Health of the layers", headings, cells, range(1, 7))
        + markup.paragraph(
            "±: standard deviation. Gradient: root mean square over the layer's weights; powers of "
            "ten between the first and the last layer mean that it vanishes or explodes. Dead: "
            "neurons whose slope is 0 for every row. Saturated: outputs near a bound of sigmoid or "
            "tanh; in the last layer these are confident answers."
        )
    )


def over_time_html(health: LayerHealth | None) -> str:
    """How they changed through the training, or what to do that it is recorded."""
    if health is None or len(health.epochs) < 2:
        return markup.paragraph(
            "How they changed through the training was not recorded. `neurona train … --report` "
            "records it; in Python, give a plots.LayerStatistics(x, y) to fit as a callback, and "
            "to report.build as statistics."
        )
    chosen = spread(len(health.layers), MOST_LAYERS)
    charts = []
    for name, title in CHARTS.items():
        values: Float64 = getattr(health, name)
        if (np.isfinite(values) & (values != 0.0)).any():  # else there is nothing to see
            lines = [Series(health.layers[i], health.epochs, values[:, i]) for i in chosen]
            charts.append(line_chart(title, [s for s in lines if np.isfinite(s.y).any()]))
    words = "On some rows of the training, before it and after its epochs."
    if len(chosen) < len(health.layers):
        words += f" {len(chosen)} of the {len(health.layers)} layers are drawn."
    told = [f"At the end, {finding}." for finding in health.findings]
    paragraphs = "".join(map(markup.paragraph, [words, *told]))
    curves = f'<div class="charts">{"".join(charts)}</div>'
    return markup.heading("Through the training") + paragraphs + curves


def as_json(statistics: LayerStatistics) -> dict[str, Any]:
    """What was recorded, few records of few digits, to be kept with a model.

    >>> from neurona import Sequential, datasets, layers
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")], seed=1)
    >>> model.compile("adam", "binary_crossentropy")
    >>> x, y = datasets.xor(200, seed=1)
    >>> statistics = LayerStatistics(x, y)
    >>> history = model.fit(x, y, epochs=2, callbacks=[statistics], verbose=0)
    >>> kept = as_json(statistics)
    >>> kept["layers"], kept["epochs"]
    (['dense', 'dense_1'], [0.0, 1.0, 2.0])
    >>> from_json({"layer_health": kept}).layers
    ('dense', 'dense_1')
    """
    health = layer_health_data(statistics)
    rows = spread(len(health.epochs), MOST_RECORDS)

    def rounded(values: Float64) -> list[Any]:
        return [
            [float(f"{v:.{DIGITS}g}") if math.isfinite(v) else None for v in row]
            for row in values[rows].tolist()
        ]

    return {
        "layers": list(health.layers),
        "epochs": health.epochs[rows].tolist(),
        "findings": list(health.findings),
        **{name: rounded(getattr(health, name)) for name in CHARTS},
    }


def from_json(info: Mapping[str, Any]) -> LayerHealth | None:
    """What :func:`as_json` kept in a model's info; None if there is nothing, or something else."""
    kept = info.get(INFO)
    if not isinstance(kept, Mapping):
        return None
    try:
        layers, findings = tuple(map(str, kept["layers"])), tuple(map(str, kept["findings"]))
        epochs = np.array(kept["epochs"], dtype=np.float64)
        arrays = {name: np.array(kept[name], dtype=np.float64) for name in CHARTS}
    except (KeyError, TypeError, ValueError):
        return None
    if epochs.ndim != 1 or any(a.shape != (len(epochs), len(layers)) for a in arrays.values()):
        return None
    return LayerHealth(layers=layers, epochs=epochs, findings=findings, **arrays)


def spread(count: int, most: int) -> list[int]:
    """Up to ``most`` of ``count`` places, the first and the last among them.

    >>> spread(3, 8), spread(9, 3)
    ([0, 1, 2], [0, 4, 8])
    """
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, most))})
