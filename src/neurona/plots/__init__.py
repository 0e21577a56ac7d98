"""Pictures. Every one is data first, figure second.

``plots.roc_curve(y, p)`` draws and returns matplotlib axes; ``plots.roc_curve_data(y, p)``
returns the numbers, without matplotlib, as an object whose ``plot`` draws them, as often
as wanted. All take ``ax=``, to draw into axes of yours, and ``theme="light"`` or ``"dark"``.
Pictures of several panels return a list of axes. Nothing is shown: call
``matplotlib.pyplot.show()``, or ``axes.figure.savefig(…)``.

They need matplotlib (and :func:`animate` pillow): ``pip install 'neurona[plots]'``; films
as MP4 need PyAV, too: ``pip install 'neurona[video]'``.
:func:`plot_model` needs neither.
"""

from neurona.plots.animation import Recorder, animate
from neurona.plots.boundary import DecisionBoundary, decision_boundary, decision_boundary_data
from neurona.plots.confusion import Confusion, confusion_matrix, confusion_matrix_data
from neurona.plots.diagram import ModelDiagram, plot_model
from neurona.plots.flow import ActivationFlow, activation_flow, activation_flow_data
from neurona.plots.functions import (
    Functions,
    activation_functions,
    activation_functions_data,
    loss_functions,
    loss_functions_data,
)
from neurona.plots.gradient_descent import Descent, descent, descent_data
from neurona.plots.health import LayerHealth, layer_health, layer_health_data
from neurona.plots.hidden import HiddenNeurons, hidden_neurons, hidden_neurons_data
from neurona.plots.landscape import LossLandscape, loss_landscape, loss_landscape_data
from neurona.plots.learning import LearningCurves, learning_curves, learning_curves_data
from neurona.plots.mistakes import Misclassified, misclassified, misclassified_data
from neurona.plots.optimizing import OptimizerPaths, optimizer_paths, optimizer_paths_data
from neurona.plots.perceptrons import PerceptronPath, perceptron_path, perceptron_path_data
from neurona.plots.ranking import (
    PrecisionRecall,
    RocCurve,
    precision_recall_curve,
    precision_recall_curve_data,
    roc_curve,
    roc_curve_data,
)
from neurona.plots.rates import LearningRates, learning_rates, learning_rates_data
from neurona.plots.regression import RegressionFit, regression_fit, regression_fit_data
from neurona.plots.reliability import Reliability, reliability_diagram, reliability_diagram_data
from neurona.plots.residual import Residuals, residuals, residuals_data
from neurona.plots.scatter import ScatterMatrix, scatter_matrix, scatter_matrix_data
from neurona.plots.search import SearchResults, search_results, search_results_data
from neurona.plots.statistics import LayerStatistics, Pulse
from neurona.plots.surfaces import SURFACES, Surface
from neurona.plots.weight_images import NeuronWeights, neuron_weights, neuron_weights_data
from neurona.plots.weight_path import WeightPath

__all__ = [
    "SURFACES",
    "ActivationFlow",
    "Confusion",
    "DecisionBoundary",
    "Descent",
    "Functions",
    "HiddenNeurons",
    "LayerHealth",
    "LayerStatistics",
    "LearningCurves",
    "LearningRates",
    "LossLandscape",
    "Misclassified",
    "ModelDiagram",
    "NeuronWeights",
    "OptimizerPaths",
    "PerceptronPath",
    "PrecisionRecall",
    "Pulse",
    "Recorder",
    "RegressionFit",
    "Reliability",
    "Residuals",
    "RocCurve",
    "ScatterMatrix",
    "SearchResults",
    "Surface",
    "WeightPath",
    "activation_flow",
    "activation_flow_data",
    "activation_functions",
    "activation_functions_data",
    "animate",
    "confusion_matrix",
    "confusion_matrix_data",
    "decision_boundary",
    "decision_boundary_data",
    "descent",
    "descent_data",
    "hidden_neurons",
    "hidden_neurons_data",
    "layer_health",
    "layer_health_data",
    "learning_curves",
    "learning_curves_data",
    "learning_rates",
    "learning_rates_data",
    "loss_functions",
    "loss_functions_data",
    "loss_landscape",
    "loss_landscape_data",
    "misclassified",
    "misclassified_data",
    "neuron_weights",
    "neuron_weights_data",
    "optimizer_paths",
    "optimizer_paths_data",
    "perceptron_path",
    "perceptron_path_data",
    "plot_model",
    "precision_recall_curve",
    "precision_recall_curve_data",
    "regression_fit",
    "regression_fit_data",
    "reliability_diagram",
    "reliability_diagram_data",
    "residuals",
    "residuals_data",
    "roc_curve",
    "roc_curve_data",
    "scatter_matrix",
    "scatter_matrix_data",
    "search_results",
    "search_results_data",
]
