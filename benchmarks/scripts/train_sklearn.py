"""A whole training in scikit-learn: Adam, ReLU, softmax; prints the test accuracy."""

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from task import parse, report

settings, data = parse()
warnings.simplefilter("ignore", ConvergenceWarning)
model = MLPClassifier(
    settings.layers,
    alpha=0.0,
    batch_size=settings.batch_size,
    learning_rate_init=settings.learning_rate,
    max_iter=settings.epochs,
    n_iter_no_change=settings.epochs,
    epsilon=1e-7,
    random_state=1,
)
model.fit(data["x_train"], data["y_train"])
report(model.score(data["x_test"], data["y_test"]))
