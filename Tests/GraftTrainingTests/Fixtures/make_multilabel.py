"""Writes multilabel.json: scores of any number of labels from scikit-learn, temperatures from scipy.

python make_multilabel.py   (scikit-learn 1.9, scipy 1.17)
"""
import json
import pathlib

import numpy as np
from scipy import optimize, special
from sklearn import metrics as sk

random = np.random.default_rng(8)
samples, classes = 80, 5
truth = random.random((samples, classes)) < [0.5, 0.3, 0.15, 0.1, 0.05]
truth[3, 4] = True
logits = (random.normal(size=(samples, classes)) * 2 + 3 * truth - 2).round(1).astype(np.float32)
# Rounded, so that scores tie.
probabilities = special.expit(logits.astype(np.float64)).astype(np.float32)
p = probabilities.astype(np.float64)
thresholds = [0.5, 0.4, 0.3, 0.2, 0.1]
predictions = p >= thresholds


def best(c):
    """The best F1 of a class over all thresholds, and that of predicting from a score on."""
    precision, recall, scores = sk.precision_recall_curve(truth[:, c], p[:, c])
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    return float(f1[:-1].max()), float(scores[np.flatnonzero(f1[:-1] >= f1[:-1].max() - 1e-12)[-1]])


def calibration_error(values, hits):
    bins = np.minimum((values * 15).astype(int), 14)
    return sum(abs(values[bins == b].sum() - hits[bins == b].sum()) for b in range(15)) / len(values)


def temperature(nll):
    return float(1 / optimize.minimize_scalar(
        nll, bounds=(0.01, 20), method="bounded", options={"xatol": 1e-12}).x)


one = (random.normal(size=(60, 4)) * 3).astype(np.float32)
one_labels = random.integers(0, 4, size=60)
one[np.arange(60), one_labels] += 2
x, y = one.astype(np.float64), one_labels
z = logits.astype(np.float64)


def nll_one(b):
    return float((special.logsumexp(b * x, axis=1) - b * x[np.arange(60), y]).mean())


def nll_several(b):
    return float(np.logaddexp(0, np.where(truth, -b * z, b * z)).mean())


result = {
    "truth": truth.astype(int).tolist(),
    "logits": logits.tolist(),
    "probabilities": probabilities.tolist(),
    "thresholds": thresholds,
    "map": sk.average_precision_score(truth, p, average="macro"),
    "ap": sk.average_precision_score(truth, p, average=None).tolist(),
    "auc": sk.roc_auc_score(truth, p, average="macro"),
    "f1": sk.f1_score(truth, predictions, average="macro"),
    "microf1": sk.f1_score(truth, predictions, average="micro"),
    "exact": sk.accuracy_score(truth, predictions),
    "hamming": sk.hamming_loss(truth, predictions),
    "loss": float(np.mean([sk.log_loss(truth[:, c], p[:, c]) for c in range(classes)])),
    "brier": float(np.mean([sk.brier_score_loss(truth[:, c], p[:, c]) for c in range(classes)])),
    "calibration": calibration_error(p.ravel(), truth.ravel()),
    "best": [best(c) for c in range(classes)],
    "roc": [list(map(float, values)) for values in sk.roc_curve(
        truth[:, 0], p[:, 0], drop_intermediate=False)[:2]],
    "oneLogits": one.tolist(),
    "oneLabels": one_labels.tolist(),
    "oneTemperature": temperature(nll_one),
    "oneLoss": nll_one(1 / temperature(nll_one)),
    "temperature": temperature(nll_several),
    "temperedLoss": nll_several(1 / temperature(nll_several)),
}
path = pathlib.Path(__file__).parent / "multilabel.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
