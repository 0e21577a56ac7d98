"""Writes metrics.json: what Keras 3 and scikit-learn say of some predictions.

Run by hand where both are installed: ``KERAS_BACKEND=jax python make_metrics.py``.
"""

import json
from pathlib import Path

import keras
import numpy as np
import sklearn.metrics as sk

N, K = 40, 4


def predictions(rng):
    """Labels, predictions and weights of each kind of model."""
    classes = rng.integers(0, K, N)
    scores = rng.normal(size=(N, K)) + 1.5 * np.eye(K)[classes]
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    yes = rng.integers(0, 2, N)
    binary = 1 / (1 + np.exp(-rng.normal(size=N) - 1.5 * yes + 0.7))
    labels = rng.integers(0, 2, (N, K))
    several = 1 / (1 + np.exp(-rng.normal(size=(N, K)) - labels + 0.5))
    target = rng.normal(3.0, 2.0, (N, 2))
    kinds = {
        "classes": (np.eye(K)[classes], softmax.round(6)),
        "binary": (yes[:, None], binary[:, None].round(2)),  # rounded: there are ties
        "labels": (labels, several.round(6)),
        "numbers": (target.round(6), (target + rng.normal(size=(N, 2))).round(6)),
    }
    return kinds, rng.integers(0, 4, N)


# class, arguments, kinds of data
KERAS = [
    ("BinaryAccuracy", {}, ["binary", "labels"]),
    ("BinaryAccuracy", {"threshold": 0.3}, ["binary", "labels"]),
    ("CategoricalAccuracy", {}, ["classes"]),
    ("TopKCategoricalAccuracy", {"k": 2}, ["classes"]),
    ("Precision", {}, ["binary", "labels", "classes"]),
    ("Precision", {"thresholds": [0.2, 0.7]}, ["binary", "labels"]),
    ("Precision", {"class_id": 2}, ["labels", "classes"]),
    ("Recall", {}, ["binary", "labels", "classes"]),
    ("Recall", {"thresholds": 0.3}, ["binary", "labels"]),
    ("F1Score", {"average": None}, ["classes"]),
    ("F1Score", {"average": "macro"}, ["classes"]),
    ("F1Score", {"average": "micro"}, ["classes"]),
    ("F1Score", {"average": "weighted"}, ["classes"]),
    ("F1Score", {"average": "macro", "threshold": 0.4}, ["labels"]),
    ("FBetaScore", {"average": "macro", "beta": 2.0}, ["classes"]),
    ("AUC", {}, ["binary", "labels", "classes"]),
    ("AUC", {"curve": "PR"}, ["binary", "labels", "classes"]),
    ("AUC", {"num_thresholds": 20, "multi_label": True}, ["labels"]),
    ("AUC", {"num_thresholds": 20, "multi_label": True, "curve": "PR"}, ["labels"]),
    ("MeanSquaredError", {}, ["numbers"]),
    ("RootMeanSquaredError", {}, ["numbers"]),
    ("MeanAbsoluteError", {}, ["numbers"]),
    ("MeanAbsolutePercentageError", {}, ["numbers"]),
    ("R2Score", {}, ["numbers"]),
    ("R2Score", {"class_aggregation": None}, ["numbers"]),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, ["numbers"]),
    ("BinaryCrossentropy", {}, ["binary", "labels"]),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, ["binary"]),
    ("CategoricalCrossentropy", {}, ["classes"]),
]


def keras_values(kinds, weight):
    """Each metric over two batches, without and with sample weights."""
    found = []
    for name, arguments, of in KERAS:
        for kind in of:
            y, p = kinds[kind]
            for weighted in (False, True):
                metric = getattr(keras.metrics, name)(**arguments)
                for rows in (slice(0, 15), slice(15, N)):
                    w = weight[rows].astype("float32") if weighted else None
                    metric.update_state(y[rows].astype("float32"), p[rows], sample_weight=w)
                found.append([name, arguments, kind, weighted, _plain(metric.result())])
    return found


def sklearn_values(kinds, weight):
    """The measures that Keras lacks, or defines for fewer cases."""
    y, p = (a.argmax(axis=1) for a in kinds["classes"])
    yes, binary = (a[:, 0] for a in kinds["binary"])
    found = []
    for weighted in (False, True):
        w = {"sample_weight": weight if weighted else None}
        for average in ("micro", "macro", "weighted"):
            by = {"average": average}
            for name, f in (
                ("Precision", sk.precision_score),
                ("Recall", sk.recall_score),
                ("F1Score", sk.f1_score),
            ):
                found.append([name, by, "classes", weighted, _plain(f(y, p, **by, **w))])
        exact = {"num_thresholds": None}
        pr = {**exact, "curve": "PR"}
        found += [
            ["ConfusionMatrix", {}, "classes", weighted, _plain(sk.confusion_matrix(y, p, **w))],
            ["AUC", exact, "binary", weighted, sk.roc_auc_score(yes, binary, **w)],
            ["AUC", pr, "binary", weighted, sk.average_precision_score(yes, binary, **w)],
            ["R2Score", {}, "numbers", weighted, sk.r2_score(*kinds["numbers"], **w)],
            ["F1Score", {}, "binary", weighted, sk.f1_score(yes, binary > 0.5, **w)],
        ]
    return found


def _plain(value):
    return np.asarray(value).tolist()


def main():
    kinds, weight = predictions(np.random.default_rng(0))
    values = {
        "data": {name: [a.tolist() for a in arrays] for name, arrays in kinds.items()},
        "sample_weight": weight.tolist(),
        "keras": keras_values(kinds, weight),
        "sklearn": sklearn_values(kinds, weight),
    }
    path = Path(__file__).with_name("metrics.json")
    path.write_text(json.dumps(values, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
