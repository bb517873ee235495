"""Writes neighbors.json: class means by scikit-learn and votes of nearest neighbors by numpy.

python make_neighbors.py   (numpy 2.4, scikit-learn 1.9)
"""
import json
import pathlib

import numpy as np
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import normalize

K, TEMPERATURE, WIDTH, CLASSES = 20, 0.07, 64, 4
random = np.random.default_rng(5)
labels = np.concatenate([np.arange(CLASSES), random.integers(0, CLASSES, 86)])
centers = random.normal(size=(CLASSES, WIDTH))


def rounded(values):
    return values.astype(np.float32).astype(np.float64)


features = rounded(centers[labels] + 2 * random.normal(size=(len(labels), WIDTH)))
queries = rounded(centers[random.integers(0, CLASSES, 40)] + 2 * random.normal(size=(40, WIDTH)))
x, q = normalize(features), normalize(queries)

means = NearestCentroid().fit(x, labels).centroids_
cosines = q @ normalize(means).T

similarities = q @ x.T
probabilities = np.zeros((len(q), CLASSES))
for row, each in enumerate(similarities):
    for place in np.argsort(-each)[:K]:
        probabilities[row, labels[place]] += np.exp(each[place] / TEMPERATURE)
probabilities /= probabilities.sum(axis=1, keepdims=True)

result = {
    "k": K, "temperature": TEMPERATURE, "classes": CLASSES, "width": WIDTH,
    "features": features.ravel().tolist(), "labels": labels.tolist(), "queries": queries.ravel().tolist(),
    "means": means.ravel().tolist(), "cosines": cosines.ravel().tolist(),
    "probabilities": probabilities.ravel().tolist(),
}
path = pathlib.Path(__file__).parent / "neighbors.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
