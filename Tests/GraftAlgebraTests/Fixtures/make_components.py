"""Writes components.json: points, and what scikit-learn's PCA makes of them.

python make_components.py   (numpy 2.4, scikit-learn 1.9)

The sign of a component is that which makes its largest loading positive, scikit-learn's own rule.
"""
import json
import pathlib

import numpy as np
from sklearn.decomposition import PCA

here = pathlib.Path(__file__).parent


def case(name, rows, columns, rank, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, rank)) @ random.normal(size=(rank, columns))
    x = np.round(x * np.exp(random.normal(size=columns)) + random.normal(size=columns), 4)
    count = min(3, rank)
    model = PCA(n_components=count, svd_solver="full")
    scores = model.fit_transform(x)
    for k, loading in enumerate(model.components_):
        assert loading[np.abs(loading).argmax()] > 0, name
    return {
        "name": name, "points": x.tolist(), "scores": scores.T.tolist(),
        "shares": model.explained_variance_ratio_.tolist(),
    }


cases = [
    case("tall", 40, 6, 6, 1), case("wide", 7, 30, 6, 2), case("square", 9, 9, 8, 3),
    case("two features", 25, 2, 2, 4),
]
(here / "components.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
