"""Writes confident.json: images that cleanlab finds mislabeled, for the same probabilities.

python make_confident.py   (cleanlab 2.9, numpy 2.4)
"""
import functools
import json
import pathlib
import warnings

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues

# Of equal numbers the later one changes when counts are rounded; numpy's usual sort leaves that open.
np.argsort = functools.partial(np.argsort, kind="stable")
warnings.filterwarnings("ignore")  # of classes with a single image, which are meant


def case(seed, images, classes, noise, skew, spread):
    """Labels of which a share is drawn anew, and probabilities that lean to the actual class."""
    random = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1, dtype=float) ** skew
    actual = random.choice(classes, size=images, p=shares / shares.sum())
    labels = np.where(random.random(images) < noise, random.integers(0, classes, images), actual)
    logits = spread * random.normal(size=(images, classes))
    logits[np.arange(images), actual] += 2.5
    powers = np.exp(logits)
    probabilities = np.round(powers / powers.sum(axis=1, keepdims=True), 9)
    lists = {
        rule: find_label_issues(
            labels, probabilities, filter_by=name, return_indices_ranked_by="normalized_margin",
            n_jobs=1).tolist()
        for rule, name in {"confident": "confident_learning", "pruned": "both"}.items()
    }
    return {
        "classes": classes, "labels": labels.tolist(), "probabilities": probabilities.ravel().tolist(),
        "thresholds": get_confident_thresholds(labels, probabilities).tolist(),
        "joint": compute_confident_joint(labels, probabilities).tolist(), **lists,
    }


cases = [
    case(1, 150, 4, 0.15, 0, 1.0), case(2, 120, 2, 0.1, 0, 1.2), case(3, 200, 10, 0.2, 1, 1.0),
    case(4, 40, 12, 0.3, 2, 1.5), case(5, 60, 3, 0.0, 0, 0.3),
]
path = pathlib.Path(__file__).parent / "confident.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
for each in cases:
    print(np.bincount(each["labels"], minlength=each["classes"]), len(each["confident"]), len(each["pruned"]))
