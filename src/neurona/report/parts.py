"""The sections of a report, as HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from neurona.callbacks.history import History
from neurona.callbacks.progress.text import number
from neurona.cli.judging import interval, most_confused
from neurona.display.numbers import some
from neurona.errors import ArgumentError
from neurona.explain.doctor import Finding
from neurona.memory import human
from neurona.plots.confusion import MOST_WRITTEN, Confusion
from neurona.plots.diagram import plot_model
from neurona.plots.learning import LearningCurves, learning_curves_data
from neurona.report import markup
from neurona.report.charts import Series, line_chart
from neurona.report.results import Measure, Results
from neurona.summary import HEADINGS, layer_rows

if TYPE_CHECKING:
    from neurona.model import Sequential

EPOCHS = 20  # shown as numbers
CLASSES = 100
LONGEST = 160  # letters of a layer's settings
STRONGEST = 0.45  # of a cell's colour: letters on it stay dark enough to be read
RIGHT, WRONG = "0,114,178", "213,94,0"


def range_of(measure: Measure) -> str:
    """A measure's interval in words; "" if there is none."""
    if not math.isfinite(measure.low):
        return ""
    return f"{number(measure.low)} to {number(measure.high)}"


def shortened(words: str) -> str:
    """Words that are not too many for a table's cell.

    >>> shortened("Dense(3)")
    'Dense(3)'
    """
    return words if len(words) <= LONGEST else f"{words[:LONGEST]} …"


def network_html(model: Sequential) -> str:
    """The layers as a table and as a picture."""
    rows = [
        (*row, shortened(repr(node.layer)))
        for row, node in zip(layer_rows(model.network), model.network.nodes, strict=True)
    ]
    total, learned = model.network.count_params(), model.network.count_trainable()
    size = human(sum(w.nbytes for w in model.weights.values()))
    words = f"{total:,} parameters ({size}), of which {learned:,} are learned."
    shape = ", ".join(["n", *map(str, model.network.input_shape)])
    return (
        markup.paragraph(f"Input ({shape}). {words}")
        + markup.table("Layers, from the input on", [*HEADINGS, "Settings"], rows, (2,))
        + f"<figure>{markup.scrolling('Network diagram', plot_model(model).svg)}"
        "<figcaption>The network; n is the number of rows.</figcaption></figure>"
    )


def curves_html(history: History | None) -> str:
    """What the epochs measured, as curves and as numbers."""
    try:
        curves = learning_curves_data(history) if history else None
    except ArgumentError:
        curves = None
    if curves is None or history is None:
        return markup.paragraph("There is no record of the epochs: no history was kept.")
    drawn = [
        line_chart(name, [Series(curve.label, curve.epochs, curve.values) for curve in panel])
        for name, panel in curves.panels.items()
    ]
    notes = [
        f"Best {name} on the validation set: {number(value)}, in epoch {epoch:g}."
        for name, (epoch, value) in curves.best.items()
    ]
    running = any(c.label == "running mean" for panel in curves.panels.values() for c in panel)
    if running:
        notes.append(
            "A running mean is made over an epoch while the weights are changing; it is drawn in "
            "the middle of its epoch."
        )
    return (
        f'<div class="charts">{"".join(drawn)}</div>'
        + "".join(map(markup.paragraph, notes))
        + markup.folded("All of it as numbers", _epochs(history, curves))
    )


def _epochs(history: History, curves: LearningCurves) -> str:
    names = [curve.name for panel in curves.panels.values() for curve in panel]
    rows: list[list[str]] = []
    for place in some(len(history.epoch), EPOCHS):
        if place is None:
            rows.append(["…"] * (1 + len(names)))
            continue
        values = (history.history[name] for name in names)
        cells = [number(float(v[place])) if place < len(v) else "–" for v in values]
        rows.append([str(history.epoch[place] + 1), *cells])
    return markup.table("Measures by epoch", ["epoch", *names], rows, range(len(names) + 1))


def results_html(results: Results, what: str) -> str:
    """Measures with their uncertainty, and what was taken for what."""
    n = len(results.losses)
    rows = [(m.name, number(m.value), range_of(m) or "–") for m in results.measures]
    parts = [
        markup.paragraph(f"Measured on {what}."),
        markup.table(
            "Results on the test rows", ("measure", "value", "95 % interval"), rows, (1, 2)
        ),
    ]
    if n > 1:
        parts.append(
            markup.paragraph(
                f"The intervals are those of {results.resamples:,} bootstrap samples of the {n:,} "
                f"rows: how far the results would vary with other such rows. Another training, "
                f"with another seed, varies them further."
            )
        )
    if results.confusion is not None:
        parts.append(_classes(results.confusion))
    return "".join(parts)


def _classes(confusion: Confusion) -> str:
    right, n = confusion.total - confusion.errors, confusion.total
    low, high = interval(right, n)
    parts = [
        markup.paragraph(
            f"{right:,} of {n:,} right ({right / n:.2%}). Wilson's interval, which holds for few "
            f"errors, too: {low:.2%} to {high:.2%}."
        ),
        markup.heading("Confusion matrix"),
    ]
    names = confusion.class_names
    if len(names) <= MOST_WRITTEN:
        parts.append(_matrix(confusion))
    else:
        parts.append(markup.paragraph(f"{len(names)} classes are too many to draw it."))
    pairs = most_confused(confusion.counts, names)
    if pairs:
        headings = ("true", "estimated", "rows")
        parts.append(markup.table("Most confused classes", headings, pairs, (2,)))
    if len(names) <= CLASSES:
        parts += [markup.heading("Class by class"), _by_class(confusion)]
    return "".join(parts)


def _matrix(confusion: Confusion) -> str:
    names, share = confusion.class_names, confusion.share
    head = "".join(f'<th scope="col">{markup.text(name)}</th>' for name in names)
    body = []
    for i, name in enumerate(names):
        cells = []
        for j, count in enumerate(confusion.counts[i].tolist()):
            colour = RIGHT if i == j else WRONG
            strength = STRONGEST * float(share[i, j]) ** 0.5
            shade = f' style="background:rgba({colour},{strength:.2f})"' if count else ""
            cells.append(f"<td{shade}>{f'{count:,}' if count else '·'}</td>")
        body.append(f'<tr><th scope="row">{markup.text(name)}</th>{"".join(cells)}</tr>')
    caption = "Rows: true class; columns: estimated class"
    return markup.scrolling(
        "Confusion matrix",
        f'<table class="matrix"><caption>{caption}</caption><thead><tr>'
        f'<th scope="col"><span>true</span></th>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>",
    )


def _by_class(confusion: Confusion) -> str:
    counts = confusion.counts
    rows = []
    for i, name in enumerate(confusion.class_names):
        right, true, said = counts[i, i], counts[i].sum(), counts[:, i].sum()
        shares = (f"{right / total:.1%}" if total else "–" for total in (true, said))
        rows.append((name, f"{true:,}", *shares))
    return markup.table(
        "Recall: of the class's rows, how many were found. Precision: of the rows said to be of "
        "the class, how many are",
        ("class", "rows", "recall", "precision"),
        rows,
        (1, 2, 3),
    )


def findings_html(findings: Sequence[Finding]) -> str:
    """What the doctor found."""
    if not findings:
        return (
            '<div class="finding good"><h3>Nothing found</h3>'
            + markup.paragraph(
                "The doctor looked for dead and saturated units, vanishing and exploding "
                "gradients, and a loss that rises, stands still or over-fits, and found none."
            )
            + "</div>"
        )
    return "".join(
        f'<div class="finding">{markup.heading(_first_up(found.kind))}'
        f"{markup.paragraph(_first_up(found.text))}</div>"
        for found in findings
    )


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]


def settings_html(settings: Iterable[tuple[str, Any]]) -> str:
    """How the training was set."""
    shown = {name: value for name, value in settings if value not in (None, "")}
    return markup.pairs("Settings", shown) if shown else ""
