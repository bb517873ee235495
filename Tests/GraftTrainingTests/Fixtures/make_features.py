"""Writes features.json: few-shot episodes and distances to nearest neighbors as numpy and scikit-learn have them.

python make_features.py   (numpy 2, scikit-learn 1.9)
"""
import json
import pathlib

import numpy as np
from sklearn.neighbors import NearestNeighbors

random = np.random.default_rng(12)
classes, each, width = 6, 12, 8
labels = np.repeat(np.arange(classes), each)
centers = random.normal(size=(classes, width))
features = (centers[labels] + 1.2 * random.normal(size=(classes * each, width))).astype(np.float32)
x = features.astype(np.float64)


def episode(ways, shots, queries):
    drawn = random.permutation(classes)[:ways]
    rows = [random.permutation(np.flatnonzero(labels == c))[: shots + queries] for c in drawn]
    return [r[:shots] for r in rows], [r[shots:] for r in rows]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def accuracy(support, queries, cosine):
    f = unit(x) if cosine else x
    prototypes = np.stack([f[rows].mean(0) for rows in support])
    hits = total = 0
    for own, rows in enumerate(queries):
        for row in rows:
            if cosine:
                nearest = np.argmax(unit(prototypes) @ f[row])
            else:
                nearest = np.argmin(((prototypes - f[row]) ** 2).sum(1))
            hits += nearest == own
            total += 1
    return hits / total


episodes = [episode(5, 3, 4) for _ in range(40)]
result = {
    "features": features.ravel().tolist(),
    "width": width,
    "support": [[rows.tolist() for rows in support] for support, _ in episodes],
    "queries": [[rows.tolist() for rows in queries] for _, queries in episodes],
    "cosine": [accuracy(*e, True) for e in episodes],
    "euclidean": [accuracy(*e, False) for e in episodes],
}
means = np.array(result["cosine"])
result["mean"] = float(means.mean())
result["margin"] = float(1.96 * means.std(ddof=1) / np.sqrt(len(means)))

many = random.normal(size=(240, width))
many[:3] *= -1
many = np.abs(many)
many[:3, 0] += 12  # three of another direction
many = many.astype(np.float32)
nearest = NearestNeighbors(n_neighbors=21, metric="cosine", algorithm="brute").fit(
    many.astype(np.float64))
distances = nearest.kneighbors(many.astype(np.float64))[0][:, 20]
spread = np.median(np.abs(distances - np.median(distances)))
result["many"] = many.ravel().tolist()
result["distances"] = distances.tolist()
result["threshold"] = float(np.median(distances) + 3 * 1.4826 * spread)
path = pathlib.Path(__file__).parent / "features.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
print(int((distances > result["threshold"]).sum()), np.argsort(-distances)[:5])
