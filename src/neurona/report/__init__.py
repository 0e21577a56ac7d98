"""Reports: a run, or several side by side, as one page that opens anywhere.

A page holds all it needs: it opens without a network, runs no script, and reads on a
phone, on paper, on light and on dark screens. ``build`` makes it from a model and rows
that the model was not trained on, ``compare`` from several.
"""

from neurona.report.comparison import Comparison, Entry, compare
from neurona.report.contents import Origin, Report, build
from neurona.report.results import Measure, Results, judge

__all__ = [
    "Comparison",
    "Entry",
    "Measure",
    "Origin",
    "Report",
    "Results",
    "build",
    "compare",
    "judge",
]
