"""Writes dense_agreement.json: what PyTorch computes for models that tell the class of each pixel.

Weights, images and the form of the file are make_agreement.py's; labels are (3y + 5x) mod 7 mod C,
255 where that is a multiple of 11.
"""

import json

import torch
import torch.nn.functional as F
from torch import nn
from torchvision_models import models

from make_agreement import summary, value
from paper_models import UNet


class Encoder(nn.Module):
    """resnet18's maps, the finest first."""

    def maps(self, x):
        a = F.relu(self.bn1(self.conv1(x)))
        b = self.layer1(self.maxpool(a))
        c = self.layer2(b)
        d = self.layer3(c)
        return [a, b, c, d, self.layer4(d)]

    def take(self):
        network = models.resnet18()
        for name in ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"):
            setattr(self, name, getattr(network, name))
        self.maxpool = network.maxpool


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class ResNetUNet(Encoder):
    def __init__(self, width, classes):
        super().__init__()
        self.take()
        skips = [256, 128, 64, 64, 0]
        inputs = 512
        blocks = []
        for index, skip in enumerate(skips):
            outputs = min(256, width << (len(skips) - 1 - index))
            blocks.append(Block(inputs + skip, outputs))
            inputs = outputs
        self.head = nn.ModuleDict({
            "blocks": nn.ModuleList(blocks), "score": nn.Conv2d(inputs, classes, 1)})

    def forward(self, x):
        maps = self.maps(x)
        y = maps[-1]
        for block, skip in zip(self.head["blocks"], [*maps[-2::-1], None]):
            y = F.interpolate(y, scale_factor=2, mode="nearest")
            y = block(y if skip is None else torch.cat([y, skip], 1))
        return self.head["score"](y)


class ResNetFCN(Encoder):
    def __init__(self, classes):
        super().__init__()
        self.take()
        self.head = nn.ModuleDict({
            "score": nn.Conv2d(512, classes, 1),
            "score1": nn.Conv2d(256, classes, 1), "up1": nn.ConvTranspose2d(classes, classes, 4, 2, 1, bias=False),
            "score2": nn.Conv2d(128, classes, 1), "up2": nn.ConvTranspose2d(classes, classes, 4, 2, 1, bias=False)})

    def forward(self, x):
        maps = self.maps(x)
        y = self.head["score"](maps[4])
        y = self.head["up1"](y) + self.head["score1"](maps[3])
        y = self.head["up2"](y) + self.head["score2"](maps[2])
        return F.interpolate(y, size=x.shape[2:], mode="bilinear", align_corners=False)


def labels(batch, height, width, classes):
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    plane = (3 * y + 5 * x) % 7 % classes
    plane[(3 * y + 5 * x) % 11 == 0] = 255
    return plane[None].repeat(batch, 1, 1)


def loss_of(logits, target, kind):
    losses = []
    for z, t in zip(logits, target):
        loss = 0
        if "ce" in kind.split("+"):
            loss = loss + F.cross_entropy(z[None], t[None], ignore_index=255)
        if "dice" in kind.split("+"):
            known = (t != 255).float()
            hot = torch.stack([(t == c).float() for c in range(len(z))])
            p = z.softmax(0) * known
            both = p.sum((1, 2)) + hot.sum((1, 2))
            loss = loss + 1 - ((2 * (p * hot).sum((1, 2)) + 1) / (both + 1)).mean()
        losses.append(loss)
    return torch.stack(losses).mean()


def run(name, model, size, channels, classes, kind, rate, far, batch=2):
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                tensor.copy_(value(key, tuple(tensor.shape), far))
    image = value("image", (batch, size, size, channels)).permute(0, 3, 1, 2).contiguous()
    with torch.no_grad():
        logits = model.eval()(image)
    target = labels(batch, *logits.shape[2:], classes)
    result = {"name": name, "size": size, "batch": batch, "rate": rate, "far": far, "loss": kind,
              "classes": classes, "logits": summary(logits.permute(0, 2, 3, 1)),
              "side": logits.shape[2]}
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    result["losses"] = []
    for step in range(10):
        optimizer.zero_grad()
        loss = loss_of(model(image), target, kind)
        loss.backward()
        if step == 0:
            result["gradients"] = {k: summary(p.grad) for k, p in model.named_parameters()}
        optimizer.step()
        result["losses"].append(loss.item())
    print(name, result["losses"])
    return result


results = [
    run("unet", UNet([4, 8, 16], 1, num_classes=3), 32, 1, 3, "ce+dice", 1e-2, False),
    run("unet_valid", UNet([4, 8, 16], 0), 60, 1, 2, "ce", 1e-2, False),
    run("resnet18 unet", ResNetUNet(4, 2), 64, 3, 2, "ce+dice", 1e-4, True),
    run("resnet18 fcn", ResNetFCN(3), 64, 3, 3, "ce", 1e-4, True),
]
with open("dense_agreement.json", "w") as file:
    json.dump(json.loads(json.dumps(results), parse_float=lambda t: float(f"{float(t):.7g}")), file)
