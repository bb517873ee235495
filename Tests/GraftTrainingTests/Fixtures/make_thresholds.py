"""Writes thresholds.json: the best thresholds of two classes as scikit-learn's curves and scores have them.

python make_thresholds.py   (scikit-learn 1.9)
"""
import json
import pathlib

import numpy as np
from scipy import special
from sklearn import metrics as sk

random = np.random.default_rng(21)
samples = 150
truth = (random.random(samples) < 0.3).astype(int)
# Rounded, so that scores tie; shifted, so that one half is not the best threshold.
logits = np.stack([random.normal(size=samples), random.normal(size=samples) + 2 * truth - 1.5], 1)
logits = logits.round(1).astype(np.float32)
p = special.softmax(logits.astype(np.float64), axis=1).astype(np.float32).astype(np.float64)


def best(place, goal):
    """The best score, and the highest probability from which on the class is predicted to reach it."""
    own, scores = (truth == place).astype(int), p[:, place]
    if goal == "f1":
        precision, recall, cuts = sk.precision_recall_curve(own, scores)
        values = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
        values = values[:-1]
    elif goal == "balanced":
        false, true, cuts = sk.roc_curve(own, scores, drop_intermediate=False)
        values = (true - false + 1) / 2
    else:
        cuts = np.unique(scores)
        values = np.array([sk.accuracy_score(own, scores >= cut) for cut in cuts])
    cut = cuts[np.isfinite(cuts) & (values >= values[np.isfinite(cuts)].max() - 1e-12)].max()
    found = scores >= cut
    return {
        "place": place, "goal": goal, "cut": float(cut), "f1": sk.f1_score(own, found),
        "precision": sk.precision_score(own, found), "recall": sk.recall_score(own, found),
        "balanced": sk.balanced_accuracy_score(own, found),
        "accuracy": sk.accuracy_score(own, found), "best": float(values[np.isfinite(cuts)].max()),
    }


half = p[:, 1] > 0.5
result = {
    "logits": logits.tolist(),
    "labels": truth.tolist(),
    "best": [best(place, goal) for place in (0, 1) for goal in ("f1", "balanced", "accuracy")],
    "halfF1": sk.f1_score(truth, half),
    "halfBalanced": sk.balanced_accuracy_score(truth, half),
}
path = pathlib.Path(__file__).parent / "thresholds.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
