"""Trains a small U-Net with PyTorch, to compare with Graft's figures.

    segmentation.py FOLDER [--net retina|tiny] [--epochs 3] [--side 96] [--batch 4] [--rate 1e-3] [--seed 1]
    [--threads N]

`retina` is `unet_retina`; `tiny` is `head unet width=8` on `encoder net("[conv(8) relu]*2 pool [conv(16) relu]*2
pool [conv(32) relu]*2") channels=1`.

FOLDER has train/ and val/, each with images/ and masks/ (0 and 255). The set-up is Graft's:
He's initialization by inputs, AdamW (decay 0.01 on filters only), a constant rate, as many random
patches an epoch as cover each image, horizontal flips, cross-entropy; whole images to measure on,
padded by zeros to multiples of 4. Also prints what thresholds on the gray value reach.
"""

import argparse
import math
import pathlib
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F


class Level(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        return F.relu(self.conv2(self.dropout(F.relu(self.conv1(x)))))


class UNet(nn.Module):
    def __init__(self, widths=(32, 64, 128)):
        super().__init__()
        self.enc1, self.enc2 = Level(1, widths[0]), Level(widths[0], widths[1])
        self.bottleneck = Level(widths[1], widths[2])
        self.dec2 = Level(widths[2] + widths[1], widths[1])
        self.dec1 = Level(widths[1] + widths[0], widths[0])
        self.head = nn.Conv2d(widths[0], 2, 1)
        start(self)

    def forward(self, x):
        a = self.enc1(x)
        b = self.enc2(F.max_pool2d(a, 2))
        c = self.bottleneck(F.max_pool2d(b, 2))
        up = lambda t: F.interpolate(t, scale_factor=2, mode="nearest")
        d = self.dec2(torch.cat([up(c), b], 1))
        return self.head(self.dec1(torch.cat([up(d), a], 1)))


def start(model):
    """He's initialization by inputs; norms and biases as torch and Graft have them."""
    for parameter in model.parameters():
        if parameter.dim() == 4:
            nn.init.normal_(parameter, std=math.sqrt(2 / parameter[0].numel()))
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.zeros_(module.bias)


class Tiny(nn.Module):
    """A formula's encoder with the decoder that `head unet` puts on it."""

    def __init__(self, widths=(8, 16, 32)):
        super().__init__()
        self.levels, self.blocks = nn.ModuleList(), nn.ModuleList()
        inputs = 1
        for width in widths:
            self.levels.append(self.pair(inputs, width, nn.Identity, bias=True))
            inputs = width
        for width in widths[-2::-1]:
            self.blocks.append(self.pair(inputs + width, width, nn.BatchNorm2d, bias=False))
            inputs = width
        self.score = nn.Conv2d(inputs, 2, 1)
        start(self)

    @staticmethod
    def pair(inputs, outputs, norm, bias):
        layers = []
        for width in (inputs, outputs):
            layers += [nn.Conv2d(width, outputs, 3, padding=1, bias=bias), norm(outputs), nn.ReLU()]
        return nn.Sequential(*layers)

    def forward(self, x):
        x = (x - 0.5) / 0.25
        skips = []
        for level in self.levels:
            x = level(F.max_pool2d(x, 2) if skips else x)
            skips.append(x)
        for block, skip in zip(self.blocks, skips[-2::-1]):
            x = block(torch.cat([F.interpolate(x, scale_factor=2, mode="nearest"), skip], 1))
        return self.score(x)


def read(folder):
    images = []
    for path in sorted((folder / "images").iterdir()):
        image = np.asarray(Image.open(path).convert("L"), np.float32) / 255
        mask = np.asarray(Image.open(folder / "masks" / path.name).convert("L")) > 127
        images.append((image, mask.astype(np.int64)))
    return images


def scores(confusion):
    hits = np.diag(confusion)
    iou = hits / (confusion.sum(0) + confusion.sum(1) - hits)
    dice = 2 * hits / (confusion.sum(0) + confusion.sum(1))
    return (
        f"mean IoU {iou.mean():.4f}, IoU {iou[0]:.4f}/{iou[1]:.4f}, "
        f"Dice {dice[0]:.4f}/{dice[1]:.4f}, right {hits.sum() / confusion.sum():.4f}"
    )


def count(truth, predicted):
    return np.bincount(truth.ravel() * 2 + predicted.ravel(), minlength=4).reshape(2, 2)


def area_under_curve(truth, score):
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    ordered = score[order]
    first = np.searchsorted(ordered, score, "left")
    last = np.searchsorted(ordered, score, "right")
    ranks = (first + last + 1) / 2
    positives = truth.sum()
    negatives = len(truth) - positives
    return (ranks[truth == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def thresholds(train, val):
    values = np.concatenate([(image * 255).astype(int).ravel() for image, _ in train])
    labels = np.concatenate([mask.ravel() for _, mask in train])
    histogram = np.bincount(values, minlength=256).astype(float)
    below = np.cumsum(histogram)
    sums = np.cumsum(histogram * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    otsu = int(np.nanargmax(between))
    per_label = [np.bincount(values[labels == c], minlength=256) for c in (0, 1)]

    def least_iou(threshold, is_bright):
        confusion = np.zeros((2, 2))
        for c in (0, 1):
            low = per_label[c][: threshold + 1].sum()
            high = per_label[c][threshold + 1 :].sum()
            confusion[c] = (low, high) if is_bright else (high, low)
        hits = np.diag(confusion)
        return (hits / (confusion.sum(0) + confusion.sum(1) - hits)).min()

    # The worse class counts, or a threshold that sees one class everywhere would win.
    choices = [(least_iou(t, b), t, b) for t in range(255) for b in (True, False)]
    _, best, is_bright = max(choices)
    otsu_bright = least_iou(otsu, True) >= least_iou(otsu, False)
    for name, t, bright in (("Otsu", otsu, otsu_bright), ("best threshold", best, is_bright)):
        confusion = sum(
            count(mask, ((image * 255 > t) == bright).astype(np.int64)) for image, mask in val
        )
        print(f"{name} ({'>' if bright else '<='} {t}): {scores(confusion)}", flush=True)


def evaluate(model, images):
    model.eval()
    confusion, truth, score, losses = np.zeros((2, 2), int), [], [], []
    with torch.no_grad():
        for image, mask in images:
            height, width = image.shape
            x = F.pad(torch.from_numpy(image)[None, None], (0, -width % 4, 0, -height % 4))
            logits = model(x)[:, :, :height, :width]
            losses.append(F.cross_entropy(logits, torch.from_numpy(mask)[None]).item())
            confusion += count(mask, logits[0].argmax(0).numpy())
            truth.append(mask.ravel())
            score.append((logits[0, 1] - logits[0, 0]).numpy().ravel())
    auc = area_under_curve(np.concatenate(truth), np.concatenate(score))
    return f"{scores(confusion)}, AUC {auc:.4f}, loss {np.mean(losses):.4f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--net", choices=["retina", "tiny"], default="retina")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    train, val = read(options.folder / "train"), read(options.folder / "val")
    thresholds(train, val)
    model = UNet() if options.net == "retina" else Tiny()
    groups = [
        {"params": [p for p in model.parameters() if p.dim() == 4], "weight_decay": 0.01},
        {"params": [p for p in model.parameters() if p.dim() != 4], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=options.rate)
    side = options.side
    showings = [
        index
        for index, (image, _) in enumerate(train)
        for _ in range(math.ceil(image.shape[0] / side) * math.ceil(image.shape[1] / side))
    ]
    start = time.time()
    for epoch in range(options.epochs):
        model.train()
        order = random.permutation(showings)
        total = 0.0
        for first in range(0, len(order), options.batch):
            images, masks = [], []
            for index in order[first : first + options.batch]:
                image, mask = train[index]
                y = random.integers(0, image.shape[0] - side + 1)
                x = random.integers(0, image.shape[1] - side + 1)
                step = -1 if random.random() < 0.5 else 1
                images.append(image[y : y + side, x : x + side][:, ::step].copy())
                masks.append(mask[y : y + side, x : x + side][:, ::step].copy())
            loss = F.cross_entropy(
                model(torch.from_numpy(np.stack(images))[:, None]),
                torch.from_numpy(np.stack(masks)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
        print(
            f"epoch {epoch + 1}: loss {total / len(order):.4f}, {evaluate(model, val)}, "
            f"{time.time() - start:.0f} s", flush=True)


main()
