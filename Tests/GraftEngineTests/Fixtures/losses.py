"""Writes losses.json: every registered loss as PyTorch has it, values and gradients.

    python losses.py      (torch 2.13)

By task and name: logits and labels, one loss an image, and the gradient of the losses' sum. Labels are
soft for images, any number of ones for those of several, and class numbers, 255 for nothing known, for pixels.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(11)


def drawn(*shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


logits = drawn(6, 5).float().double() * 2
labels = F.softmax(drawn(6, 5), 1).float().double()
labels[1] = F.one_hot(torch.tensor(3), 5)


def each(loss):
    """Losses of each class as if it alone were right, weighed by the labels."""
    return lambda x, t: sum(
        t[:, k] * loss(x, torch.full((len(x),), k)) for k in range(x.shape[1]))


def svm(x, k):
    return F.multi_margin_loss(x, k, reduction="none") * x.shape[1]


def focal(x, k):
    p = F.softmax(x, 1).gather(1, k[:, None])[:, 0]
    return -((1 - p) ** 2) * p.log()


def generalized(x, k, q=0.7):
    """(1 - p^q) / q (Zhang and Sabuncu, 2018)."""
    p = F.softmax(x, 1).gather(1, k[:, None])[:, 0]
    return (1 - p**q) / q


def consistency(x, t):
    """AugMix's (its authors' code): all copies of an image carry its loss."""
    third = len(x) // 3
    p = [F.softmax(part, 1) for part in x.split(third)]
    mixture = (sum(p) / 3).clamp(1e-7, 1).log()
    divergence = sum(F.kl_div(mixture, q, reduction="none").sum(1) for q in p) / 3
    loss = F.cross_entropy(x[:third], t[:third], reduction="none") + 12 * divergence
    return loss.repeat(3)


images = {
    "ce": lambda x, t: F.cross_entropy(x, t, reduction="none"),
    "hinge": each(lambda x, k: F.multi_margin_loss(x, k, reduction="none")),
    "svm": each(svm),
    "bce": lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="none").mean(1),
    "focal": each(focal),
    "jsd": consistency,
    "gce": each(generalized),
}

maps = drawn(2, 3, 4, 5).float().double()
known = torch.randint(0, 3, (2, 4, 5), generator=generator)
known[0, 1, 2] = 255

several = (drawn(6, 5) > 0).double()
several[0] = 0
several[1] = torch.tensor([0.3, 0.7, 0.95, 0.05, 0.5])  # mixed and smoothed


def binary(weights=None):
    return lambda x, t: F.binary_cross_entropy_with_logits(
        x, t, reduction="none", pos_weight=weights).mean(1)


def cross_entropy(x, t):
    return F.cross_entropy(x, t, ignore_index=255)


def dice(x, t):
    is_known = (t != 255)[:, None]
    p = F.softmax(x, 1) * is_known
    truth = F.one_hot(t.where(t != 255, torch.tensor(0)), x.shape[1]).permute(0, 3, 1, 2) * is_known
    shared, both = (p * truth).sum((0, 2, 3)), (p + truth).sum((0, 2, 3))
    return 1 - ((2 * shared + 1) / (both + 1)).mean()


pixels = {
    "ce": cross_entropy,
    "dice": dice,
    "ce+dice": lambda x, t: cross_entropy(x, t) + dice(x, t),
}


def numbers(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


def case(x, t, losses, layout=lambda values: values):
    """`losses` of each image, and of x in the engine's layout the gradient."""
    x = x.clone().requires_grad_()
    result = losses(x, t)
    result.sum().backward()
    return {
        "shape": list(layout(x).shape), "logits": numbers(layout(x)), "labels": numbers(t),
        "losses": numbers(result), "gradient": numbers(layout(x.grad)),
    }


def of_pixels(loss):
    return lambda x, t: torch.stack([loss(x[i : i + 1], t[i : i + 1]) for i in range(len(x))])


result = {
    "classification": {name: case(logits, labels, loss) for name, loss in images.items()},
    "multiLabel": {"bce": case(logits, several.float().double(), binary())},
    "multiLabel weighted": {
        "bce": case(
            logits, several.float().double(),
            binary(torch.tensor([0.5, 1, 2, 4, 0], dtype=torch.float64)))
    },
    "segmentation": {
        name: case(maps, known, of_pixels(loss), lambda x: x.permute(0, 2, 3, 1))
        for name, loss in pixels.items()
    },
}
path = pathlib.Path(__file__).parent / "losses.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
