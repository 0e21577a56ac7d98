"""What is in a report, and the page that shows it."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import neurona
from neurona import checks, fitting
from neurona.callbacks.history import History
from neurona.callbacks.progress.text import duration, number
from neurona.data.arrays import as_samples
from neurona.errors import ArgumentError
from neurona.explain.doctor import Finding, examine_history, examine_layers
from neurona.files import write_whole
from neurona.plots.health import LayerHealth, layer_health_data
from neurona.plots.statistics import LayerStatistics, Pulse, pulses
from neurona.report import health, markup, parts
from neurona.report.hardest import hardest_html
from neurona.report.results import Results, judge
from neurona.runs.identity import fingerprint

if TYPE_CHECKING:
    from neurona.model import Sequential

FEW_WIDTHS = 7  # that fit in a card
LOOKED_AT = 128  # rows, for the layers' health


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, as far as it is known.

    Attributes:
        data: the name of the data.
        test: in words, what the test rows are.
        rows: how many there were for training and validation.
        settings: of the training, by name.
        seconds: that the training took.
        command: the command line that does it again.
        program: Python that does it again.
        fingerprints: of the data: SHA-256 by name.
        notes: what else is to be said at the top.
    """

    data: str = ""
    test: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    command: str = ""
    program: str = ""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Report:
    """A model's report. A browser shows ``html``; :meth:`save` writes it.

    Attributes:
        model: the model.
        origin: where it comes from.
        history: what its epochs measured, or None.
        results: how it did on the test rows.
        layers: names of the layers that were looked at.
        pulses: their weights, gradients and outputs.
        looked_at: how many rows of which kind that was done with.
        findings: the doctor's.
        health: what was recorded of the layers during the training, or None.
    """

    model: Sequential
    origin: Origin
    history: History | None
    results: Results
    layers: tuple[str, ...]
    pulses: tuple[Pulse, ...]
    looked_at: tuple[int, str]
    findings: tuple[Finding, ...]
    health: LayerHealth | None = None

    @property
    def title(self) -> str:
        """What stands above all."""
        return f"{self.origin.data or self.model.name}: training report"

    @property
    def html(self) -> str:
        """The page: one file that needs no other, and no script."""
        model, results, origin = self.model, self.results, self.origin
        contents = {
            "Training": parts.settings_html(origin.settings.items())
            + markup.heading("Curves")
            + parts.curves_html(self.history),
            "Results": parts.results_html(results, self._test()),
            "Hardest rows": hardest_html(results, model.info.get("feature_names")),
            "The doctor's findings": parts.findings_html(self.findings),
            "Health of the layers": health.layers_html(self.layers, self.pulses, *self.looked_at)
            + health.over_time_html(self.health),
            "Network": parts.network_html(model),
            "Reproducing it": self._reproduction(),
        }
        sections = {
            title: markup.section(f"s{i}", title, content)
            for i, (title, content) in enumerate(contents.items(), 1)
        }
        foot = f"Made by neurona {neurona.__version__} on {datetime.now():%Y-%m-%d %H:%M}."
        return markup.page(self.title, self._lead(), sections, foot)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file ending in ``.html``, whole or not at all.

        Raises:
            ArgumentError: another ending.
            OSError: the file cannot be written.
        """
        return save_page(self.html, path)

    def _test(self) -> str:
        return self.origin.test or f"{len(self.results.losses):,} rows"

    def _lead(self) -> str:
        model, origin, results = self.model, self.origin, self.results
        rows = ", ".join(f"{count:,} for {name}" for name, count in origin.rows.items() if count)
        trained = f" Rows: {rows}, {len(results.losses):,} for the test." if rows else ""
        data = f" on {origin.data}" if origin.data else ""
        words = f"A network with {model.count_params():,} parameters, trained{data}.{trained}"
        facts = []
        for measure in reversed(results.measures[:3]):
            interval = parts.range_of(measure)
            more = f"95 %: {interval}" if interval else ""
            facts.append((f"test {measure.name}", number(measure.value), more))
        if self.history is not None and self.history.epoch:
            seconds = "" if origin.seconds is None else f"in {duration(origin.seconds)}"
            facts.append(("epochs", f"{len(self.history.epoch):,}", seconds))
        kinds = ", ".join(dict.fromkeys(found.kind for found in self.findings))
        facts.append(("the doctor's findings", str(len(self.findings)), kinds or "nothing wrong"))
        widths = _widths(model)
        if len(widths) <= FEW_WIDTHS:
            facts.append(("from layer to layer", " – ".join(map(str, widths)), "numbers a row"))
        notes = "".join(map(markup.paragraph, origin.notes))
        return markup.paragraph(words) + notes + markup.cards(facts)

    def _reproduction(self) -> str:
        model, origin = self.model, self.origin
        params = {} if self.history is None else self.history.params
        facts: dict[str, object] = {
            "seed": model.seed,
            "dtype": model.dtype,
            "engine": params.get("engine") or model.engine.split()[0],
            "threads": params.get("threads") or "the engine's choice",
            "neurona": neurona.__version__,
            "NumPy": np.__version__,
            "Python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            **{f"SHA-256 of {name}": digest for name, digest in origin.fingerprints.items()},
        }
        content = markup.pairs("What the numbers depend on", facts)
        content += markup.paragraph(
            "Versions, engine and system are those that this report was made with."
        )
        if origin.command:
            content += markup.heading("The command") + markup.program("Command", origin.command)
        if origin.program:
            content += markup.heading("The same in Python")
            content += markup.program("Python program", origin.program)
        return content


def build(
    model: Sequential,
    x: Any,
    y: Any,
    *,
    history: History | None = None,
    training: tuple[Any, Any] | None = None,
    origin: Origin | None = None,
    statistics: LayerStatistics | None = None,
    seed: int = 0,
) -> Report:
    """Examine a model and put together its report.

    Args:
        model: compiled with a loss, and trained.
        x, y: rows that it was not trained on.
        history: what ``fit`` returned; None takes ``model.history``.
        training: (x, y) of the training: the doctor looks at the layers with some of those
            rows. None takes the test rows.
        origin: what is known of the training beside that.
        statistics: the callback that recorded the layers' health during the training, if
            there was one. None takes what ``neurona train --report`` left in the model.
        seed: of the bootstrap.

    Raises:
        NotBuiltError: the model was not compiled with a loss.
        ShapeError, DataError: the rows do not fit the model.

    >>> from neurona import Sequential, datasets, layers
    >>> (x, y), (x_test, y_test) = datasets.iris.load_data()
    >>> model = Sequential([layers.Dense(8, "tanh"), layers.Dense(3, "softmax")], seed=1)
    >>> model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    >>> history = model.fit(x, y, epochs=2, verbose=0)
    >>> report = build(model, x_test, y_test, training=(x, y))
    >>> report.title, "<script" in report.html
    ('sequential: training report', False)
    """
    checks.integer("seed", seed, 0)
    history = model.history if history is None else history
    results = judge(model, x, y, seed)
    which = "test rows" if training is None else "training rows"
    samples = as_samples(*((x, y) if training is None else training))
    samples = fitting.aligned(samples.take(np.arange(min(len(samples), LOOKED_AT))), model.program)
    now = LayerStatistics(samples.x, samples.y)
    now.model = model
    now.on_train_begin({})
    return Report(
        model,
        origin or Origin(fingerprints=fingerprints(test=(x, y), training=training)),
        history,
        results,
        now.layers,
        pulses(model, samples),
        (len(samples), which),
        tuple(_findings(model, history, samples)),
        health.from_json(model.info) if statistics is None else layer_health_data(statistics),
    )


def _findings(model: Sequential, history: History | None, samples: Any) -> list[Finding]:
    told = [] if history is None else list(history.findings)
    if history is not None:
        told += examine_history(history.history)
    told += examine_layers(model.program, model.weights, samples)
    return list({(found.kind, found.where): found for found in reversed(told)}.values())[::-1]


def _widths(model: Sequential) -> list[int]:
    """How many numbers a row is at the input, and after each layer that learns."""
    learning = {key.split("/")[0] for key in model.network.trainable}
    nodes = (node for node in model.network.nodes if node.name in learning)
    shapes = [model.network.input_shape, *(node.output_shape for node in nodes)]
    return [math.prod(shape) for shape in shapes]


def fingerprints(**data: tuple[Any, Any] | None) -> dict[str, str]:
    """SHA-256 of each array of some pairs (x, y), by name.

    >>> list(fingerprints(test=(np.zeros(2), np.ones(2))))
    ['test x', 'test y']
    """
    found = {}
    for name, pair in data.items():
        for letter, array in zip("xy", pair or (), strict=False):
            digest: NDArray[Any] = np.asarray(array)
            found[f"{name} {letter}"] = str(fingerprint(digest)["sha256"])
    return found


def save_page(html: str, path: str | os.PathLike[str]) -> Path:
    """Write a page to a file ending in ``.html``, whole or not at all."""
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f"path must end in .html, got {str(path)!r}.")
    write_whole(target, html.encode())
    return target
