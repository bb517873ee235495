"""Writes tsne.json: points, and what scipy and scikit-learn make of their neighborhoods.

python make_tsne.py   (numpy 2.4, scipy 1.17, scikit-learn 1.9)

The conditional probabilities of a few points are computed in float64, the precision of each Gaussian by
scipy's brentq; scikit-learn's own, whose entropies are within 1e-5, must agree with them. The trustworthiness
and the divergence are those of scikit-learn's exact t-SNE.
"""
import json
import pathlib

import numpy as np
from scipy.optimize import brentq
from scipy.spatial.distance import cdist, squareform
from sklearn.datasets import load_digits
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities

here = pathlib.Path(__file__).parent
count, perplexity = 240, 30.0
x = load_digits().data[:count]
distances = cdist(x, x, "sqeuclidean")


def conditional(row):
    d = np.delete(distances[row], row)
    d = d - d.min()

    def excess(precision):
        w = np.exp(-precision * d)
        return np.log(w.sum()) + precision * (w * d).sum() / w.sum() - np.log(perplexity)

    w = np.exp(-brentq(excess, 1e-9, 10, xtol=1e-16, rtol=1e-14) * d)
    return np.insert(w / w.sum(), row, 0)


p = np.array([conditional(row) for row in range(count)])
joint = (p + p.T) / (2 * count)
assert np.abs(squareform(_joint_probabilities(distances, perplexity, False)) - joint).max() < 1e-7

model = TSNE(perplexity=perplexity, init="pca", method="exact", random_state=0)
y = model.fit_transform(x)
(here / "tsne.json").write_text(
    json.dumps({
        "points": x.astype(int).tolist(), "perplexity": perplexity,
        "probabilities": [[round(v, 12) for v in p[row]] for row in range(3)],
        "trustworthiness": trustworthiness(x, y, n_neighbors=10),
        "divergence": float(model.kl_divergence_),
    }, separators=(",", ":")) + "\n")
