"""The network diagram, as SVG written here: no drawing library is needed."""

from neurona.plots.diagram.columns import Column
from neurona.plots.diagram.model_diagram import ModelDiagram, plot_model

__all__ = ["Column", "ModelDiagram", "plot_model"]
