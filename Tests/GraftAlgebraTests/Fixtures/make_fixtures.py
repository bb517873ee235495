"""Writes logistic.json: features, folds and what scikit-learn's LogisticRegression makes of them.

python make_fixtures.py   (numpy 2.4, scikit-learn 1.9)

The objective is that of Graft: the weighted mean of cross-entropies plus l2/2 · |W|², biases left out.
scikit-learn's C is 1 / (l2 · N) for it. Features are standardized over all images, as Graft does.
"""
import json
import pathlib
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

here = pathlib.Path(__file__).parent
GRID = [100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6]


def images(count, features, classes, seed, noise):
    """Correlated features, some of them constant or small, of classes of unequal size."""
    random = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    labels = np.concatenate([np.arange(classes), random.choice(classes, count - classes, p=shares)])
    centers = random.normal(size=(classes, features))
    mixing = random.normal(size=(features, features)) / np.sqrt(features)
    x = (centers[labels] + noise * random.normal(size=(count, features))) @ mixing
    x = x * np.exp(random.normal(size=features)) + random.normal(size=features)
    x[:, 0] = 0.5
    return x.astype(np.float32), labels


def standardized(x):
    x = x.astype(np.float64)
    deviation = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(deviation > 1e-7, deviation, 1) * (deviation > 1e-7)


def losses(model, x, y, classes):
    p = model.decision_function(x)
    if classes == 2:
        p = np.stack([-p / 2, p / 2], axis=1)
    top = p.max(axis=1, keepdims=True)
    return np.log(np.exp(p - top).sum(axis=1)) + top[:, 0] - p[np.arange(len(y)), y]


def fitted(x, y, weights, l2, classes):
    # With two classes there is one vector w for W = (-w/2, w/2), so that |W|² is |w|²/2.
    c = 1 / (l2 * weights.sum()) * (2 if classes == 2 else 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=c, solver="lbfgs", tol=1e-10, max_iter=200_000)
        model.fit(x, y, sample_weight=weights)
    size = (model.coef_**2).sum() / (2 if classes == 2 else 1)
    loss = (weights * losses(model, x, y, classes)).sum() / weights.sum()
    return model, loss + l2 / 2 * size


def case(name, count, features, classes, seed, noise, balanced):
    x, y = images(count, features, classes, seed, noise)
    folds = np.arange(count) % 5
    counts = np.bincount(y, minlength=classes)
    weights = (count / (classes * counts))[y] if balanced else np.ones(count)
    z = standardized(x)
    solutions = []
    for l2 in [1, 0.01, 1e-4]:
        model, objective = fitted(z, y, weights, l2, classes)
        solutions.append({"l2": l2, "objective": objective, "predictions": model.predict(z).tolist()})
    held_out = []
    for l2 in GRID:
        image_losses = np.zeros(count)
        for fold in range(5):
            inside = folds != fold
            model, _ = fitted(z[inside], y[inside], weights[inside], l2, classes)
            image_losses[~inside] = losses(model, z[~inside], y[~inside], classes)
        shares = weights / weights.sum()
        mean = (shares * image_losses).sum()
        held_out.append((mean, np.sqrt((shares**2 * (image_losses - mean) ** 2).sum())))
    best = min(held_out)
    chosen = next(l2 for l2, (mean, _) in zip(GRID, held_out) if mean <= best[0] + best[1])
    return {
        "name": name, "features": [[float(v) for v in row] for row in x], "labels": y.tolist(),
        "weights": weights.tolist(), "folds": folds.tolist(), "classes": classes,
        "solutions": solutions, "chosen": chosen,
        "heldOut": [{"l2": a, "loss": b, "error": c} for a, (b, c) in zip(GRID, held_out)],
    }


cases = [
    case("more images than features", 240, 12, 4, 1, 1.5, False),
    case("more features than images", 60, 90, 3, 2, 4.0, False),
    case("two classes", 120, 10, 2, 3, 2.0, False),
    case("weights of classes", 200, 16, 5, 4, 1.5, True),
]
text = json.dumps(cases, separators=(",", ":"))
(here / "logistic.json").write_text(text + "\n")
for each in cases:
    print(each["name"], each["chosen"], [round(s["loss"], 4) for s in each["heldOut"]])
