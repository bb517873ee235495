"""Writes features.json: few-shot episodes and distances to nearest neighbors as numpy and scikit-learn have them.

python make_features.py   (numpy 2, scikit-learn 1.9)
"""
import json
import pathlib

import numpy as np
from sklearn.linear_model import LogisticRegression
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


def logistic(support, queries, cosine, l2):
    """scikit-learn's C for a mean cross-entropy plus l2/2 · |W|²; its default C=1 where l2 is None."""
    f = unit(x) if cosine else x
    rows, own = np.concatenate(support), np.repeat(np.arange(len(support)), len(support[0]))
    c = 1.0 if l2 is None else 1 / (l2 * len(rows))
    model = LogisticRegression(C=c, tol=1e-10, max_iter=10_000).fit(f[rows], own)
    others = np.repeat(np.arange(len(queries)), len(queries[0]))
    return float((model.predict(f[np.concatenate(queries)]) == others).mean())


result["logistic"] = [
    {"distance": "cosine" if cosine else "euclidean", "l2": l2,
     "accuracies": [logistic(*e, cosine, l2) for e in episodes]}
    for cosine, l2 in ((True, None), (False, None), (True, 0.01))
]
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

# Copies, changed a little, of some rows; one row has five, too many to stand out.
twins = np.abs(random.normal(size=(60, width)))
origins = np.array([0, 4, 9, 9, 17, 30, 30, 30, 30, 30])
twins = np.concatenate([twins, twins[origins] + 0.02 * random.normal(size=(10, width))])
twins = twins.astype(np.float32)
t = twins.astype(np.float64)
away, others = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(
    t).kneighbors(t)
pairs = []
for image in range(len(t)):
    found = [
        (away[image, rank] / min(away[image, 5], away[other, 5]), int(other), away[image, rank])
        for rank, other in enumerate(others[image]) if other < image]
    if found and min(found)[0] < 0.45:
        ratio, other, distance = min(found)
        pairs.append([image, other, float(distance), float(ratio)])
result["twins"] = twins.ravel().tolist()
result["twinPairs"] = sorted(pairs, key=lambda p: p[3])
path = pathlib.Path(__file__).parent / "features.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
print(int((distances > result["threshold"]).sum()), np.argsort(-distances)[:5])
