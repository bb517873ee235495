"""Writes schedules.json, optimizers.json, registered.json and metrics.json from torch, timm and scikit-learn.

python make_fixtures.py   (torch 2.13, scikit-learn 1.9, timm 1.0.31)
"""
import json
import pathlib

import numpy as np
import torch
from sklearn import metrics as sk
from timm.optim import Lamb, Lion

here = pathlib.Path(__file__).parent


def write(name, value):
    (here / name).write_text(json.dumps(value, indent=None, separators=(",", ":")) + "\n")


def rates(make, steps):
    """Multiplier and momentum of a torch scheduler at each of `steps` updates, peak rate 1."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0, momentum=0.9)
    scheduler = make(optimizer)
    result = []
    for _ in range(steps):
        group = optimizer.param_groups[0]
        result.append([group["lr"], group["momentum"]])
        optimizer.step()
        scheduler.step()
    return result


def schedules():
    lr = torch.optim.lr_scheduler
    n = 40

    def one_cycle(rise):
        # torch counts progress over total_steps - 1, Graft over the planned updates.
        return lambda o: lr.OneCycleLR(
            o, max_lr=1.0, total_steps=n + 1, pct_start=(rise * n + 1) / (n + 1), div_factor=25,
            final_div_factor=4000, base_momentum=0.85, max_momentum=0.95)

    return {
        "constant": rates(lambda o: lr.ConstantLR(o, factor=1.0), n),
        "linear": rates(lambda o: lr.LinearLR(o, 1.0, 0.0 + 1e-300, total_iters=n), n),
        "cosine": rates(lambda o: lr.CosineAnnealingLR(o, T_max=n), n),
        "polynomial": rates(lambda o: lr.PolynomialLR(o, total_iters=n, power=2.0), n),
        "step": rates(lambda o: lr.StepLR(o, step_size=n // 4, gamma=0.1), n),
        "exponential": rates(lambda o: lr.ExponentialLR(o, gamma=0.01 ** (1 / n)), n),
        "one-cycle": rates(one_cycle(0.25), n),
        "one-cycle(rise=0.3)": rates(one_cycle(0.3), n),
        "flat-cosine": flat_cosine(n),
    }


def flat_cosine(steps, flat=0.75):
    """fastai's `combine_scheds([flat, 1 - flat], [SchedNo(1, 1), SchedCos(1, 0)])`."""
    places = [step / steps for step in range(steps)]
    return [
        [1.0 if p < flat else (1 + np.cos(np.pi * (p - flat) / (1 - flat))) / 2, 0.9]
        for p in places
    ]


def optimizers():
    generator = torch.Generator().manual_seed(7)
    count, steps = 37, 10
    start = torch.randn(count, generator=generator)
    gradients = [torch.randn(count, generator=generator) for _ in range(steps)]

    def run(make, clip=None):
        weight = torch.nn.Parameter(start.clone())
        optimizer = make([weight])
        for gradient in gradients:
            weight.grad = gradient.clone()
            if clip:
                torch.nn.utils.clip_grad_norm_([weight], clip)
            optimizer.step()
        return weight.detach().tolist()

    o = torch.optim
    return {
        "start": start.tolist(),
        "gradients": [g.tolist() for g in gradients],
        "norms": [g.double().norm().item() for g in gradients],
        "results": {
            "plain sgd": run(lambda p: o.SGD(p, lr=0.05)),
            "sgd": run(lambda p: o.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01)),
            "nesterov": run(
                lambda p: o.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True)),
            "adamw": run(
                lambda p: o.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-5, weight_decay=0.01)),
            "adamw clipped": run(
                lambda p: o.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-5, weight_decay=0.01),
                clip=1.0),
            "adadelta": run(lambda p: o.Adadelta(p, lr=1.0, weight_decay=0.01)),
            "adadelta, rho .95": run(lambda p: o.Adadelta(p, lr=0.5, rho=0.95)),
        },
    }


def registered():
    """50 steps of every registered optimizer with its defaults, two tensors, decay 0.01.

    Gradients are those of `curvature * (w - target)` plus noise that is given; `clipped` has them shortened
    together to norm 1 before AdamW's step, `momentum` AdamW and others with another one.
    """
    generator = torch.Generator().manual_seed(9)
    sizes, steps = (19, 8), 50
    start = [torch.randn(n, generator=generator) for n in sizes]
    noise = [[torch.randn(n, generator=generator) for n in sizes] for _ in range(steps)]
    o = torch.optim

    def run(make, clip=None):
        weights = [torch.nn.Parameter(w.clone()) for w in start]
        optimizer = make(weights)
        for gradients in noise:
            for weight, gradient in zip(weights, gradients):
                weight.grad = weight.detach() * 0.5 + gradient
            if clip:
                torch.nn.utils.clip_grad_norm_(weights, clip)
            optimizer.step()
        return [w.detach().tolist() for w in weights]

    def case(rate, make, **options):
        return {"rate": rate, "weights": run(make, **options)}

    def adamw(p):
        return o.AdamW(p, lr=0.01, betas=(0.9, 0.99), eps=1e-5, weight_decay=0.01)

    decay = 0.01
    return {
        "start": [w.tolist() for w in start],
        "noise": [[g.tolist() for g in gradients] for gradients in noise],
        "results": {
            "adamw": case(0.01, adamw),
            "sgd": case(0.02, lambda p: o.SGD(p, lr=0.02, momentum=0.9, weight_decay=decay)),
            "nesterov": case(0.02, lambda p: o.SGD(
                p, lr=0.02, momentum=0.9, weight_decay=decay, nesterov=True)),
            "adadelta": case(1, lambda p: o.Adadelta(p, lr=1.0, weight_decay=decay)),
            "adam": case(0.01, lambda p: o.Adam(p, lr=0.01, weight_decay=decay)),
            "rmsprop": case(0.01, lambda p: o.RMSprop(p, lr=0.01, weight_decay=decay)),
            "lion": case(0.003, lambda p: Lion(p, lr=0.003, weight_decay=decay)),
            "lamb": case(0.02, lambda p: Lamb(
                p, lr=0.02, weight_decay=decay, max_grad_norm=None)),
            "adagrad": case(0.1, lambda p: o.Adagrad(p, lr=0.1, weight_decay=decay)),
        },
        "momentum": {
            "rmsprop": case(0.01, lambda p: o.RMSprop(
                p, lr=0.01, momentum=0.8, weight_decay=decay)),
            "adam": case(0.01, lambda p: o.Adam(
                p, lr=0.01, betas=(0.8, 0.999), weight_decay=decay)),
            "nesterov": case(0.02, lambda p: o.SGD(
                p, lr=0.02, momentum=0.8, weight_decay=decay, nesterov=True)),
        },
        "clipped": case(0.01, adamw, clip=1.0),
        # timm shortens to norm 1 itself.
        "clippedLamb": case(0.02, lambda p: Lamb(p, lr=0.02, weight_decay=decay)),
    }


def metrics():
    random = np.random.default_rng(5)
    samples, classes = 60, 4
    logits = random.normal(size=(samples, classes)) * 1.5
    labels = random.integers(0, classes - 1, size=samples)  # the last class never appears
    logits[np.arange(samples), labels] += 1.2
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    probabilities = probabilities.astype(np.float32)
    predictions = probabilities.argmax(1)
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        labels, predictions, labels=range(classes), zero_division=0)
    confidence = probabilities.max(1).astype(np.float64)
    bins = np.minimum((confidence * 15).astype(int), 14)
    ece = sum(
        abs((predictions[bins == b] == labels[bins == b]).mean() - confidence[bins == b].mean())
        * (bins == b).mean()
        for b in range(15) if (bins == b).any())
    return {
        "probabilities": probabilities.tolist(),
        "labels": labels.tolist(),
        "accuracy": sk.accuracy_score(labels, predictions),
        "top2": sk.top_k_accuracy_score(labels, probabilities, k=2, labels=range(classes)),
        "loss": sk.log_loss(labels, probabilities.astype(np.float64), labels=range(classes)),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "f1": f1.tolist(),
        "support": support.tolist(),
        "confusion": sk.confusion_matrix(labels, predictions, labels=range(classes)).tolist(),
        "macroF1": sk.f1_score(
            labels, predictions, labels=sorted(set(labels)), average="macro", zero_division=0),
        "balancedAccuracy": sk.balanced_accuracy_score(labels, predictions),
        "calibrationError": float(ece),
        "kappa": sk.cohen_kappa_score(labels, predictions),
        # The class that never appears has no curve.
        "map": float(np.mean([
            sk.average_precision_score(labels == c, probabilities[:, c]) for c in set(labels)])),
        "auc": float(np.mean([
            sk.roc_auc_score(labels == c, probabilities[:, c]) for c in set(labels)])),
        "brier": sk.brier_score_loss(
            labels, probabilities.astype(np.float64), labels=range(classes), scale_by_half=False),
    }


write("schedules.json", schedules())
write("optimizers.json", optimizers())
write("registered.json", registered())
write("metrics.json", metrics())
