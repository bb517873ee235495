"""Writes agreement_NAME.json: what PyTorch computes with weights that both sides make by a formula.

Element i of tensor `name` comes from SplitMix64 at fnv1a(name) + i * 0x9E3779B97F4A7C15; its top 24
bits are u in [0, 1). The file holds evaluation logits, one training step's loss and gradients
(norm, largest value and 16 samples per parameter, torch's layout), and the losses of ten steps of
SGD, momentum 0.9, with running statistics afterwards.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision_models import models

torch.set_num_threads(2)


def uniform(name, count):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    z = np.uint64(h) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def value(name, shape, far=False):
    """The values of a parameter; `far` keeps what enters a ReLU many deviations away from 0 (and 6),
    where it breaks: there PyTorch's own float32 and float64 gradients differ by more than 1e-2."""
    u = uniform(name, int(np.prod(shape)))
    signed = np.float32(2) * u - np.float32(1)
    is_norm = name.startswith("features") or "bn" in name or "downsample.1" in name
    if far and is_norm and len(shape) == 1 and "running" not in name:
        if name.endswith("weight"):
            values = np.float32(0.25) + u * np.float32(0.25)
        else:
            base = [3, 3, 3, -3, 3, 3, 9, 3]
            # What is added to a shortcut: the sum of both must be far from zero.
            if "bn2" in name:
                base = [3, 3, 3, -40, 3, 3, 3, 3]
            if "downsample" in name:
                base = [3]
            values = np.resize(np.array(base, np.float32), len(u)) + signed * np.float32(0.125)
    elif name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        values = np.float32(0.5) + u
    elif name.endswith("weight"):
        fan = int(np.prod(shape[1:]))
        values = signed * np.float32(np.sqrt((6 if len(shape) == 4 else 1) / fan))
    elif name == "image":
        values = signed * np.float32(2)
    else:
        values = signed * np.float32(0.125)
    return torch.from_numpy(values.reshape(shape))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.extra = outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.extra:
            half = self.extra // 2
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
        return F.relu(y + x)


class ResNetCIFAR(nn.Module):
    def __init__(self, n=3):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            blocks = [Block(inputs, outputs, 1 if inputs == outputs else 2)]
            blocks += [Block(outputs, outputs, 1) for _ in range(n - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class Cosine(nn.Module):
    """The head `cosine`: a scale that is learned times cosines (Gidaris and Komodakis, 2018)."""

    def __init__(self, features, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, features))
        self.scale = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.scale * F.linear(F.normalize(x), F.normalize(self.weight))


class CosineResNetCIFAR(ResNetCIFAR):
    def __init__(self):
        super().__init__()
        self.fc = nn.Identity()
        self.head = Cosine(64, 10)

    def forward(self, x):
        return self.head(super().forward(x))


def summary(tensor):
    flat = tensor.detach().double().flatten()
    places = [k * (len(flat) - 1) // 15 for k in range(16)]
    return {
        "norm": float(flat.norm()),
        "largest": float(flat.abs().max()),
        "samples": [float(flat[p]) for p in places],
    }


def write(name, model, size, batch, rate, far=False):
    for key, tensor in model.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            tensor.copy_(value(key, tuple(tensor.shape), far))
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    image = value("image", (batch, size, size, 3)).permute(0, 3, 1, 2).contiguous()
    target = torch.full((batch, 10), 0.01)
    for row in range(batch):
        target[row, row * 3 % 10] += 0.9
    result = {"size": size, "batch": batch, "rate": rate, "far": far}
    with torch.no_grad():
        result["logits"] = model.eval()(image).flatten().tolist()
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    losses = []
    for step in range(10):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(image), target)
        loss.backward()
        if step == 0:
            result["gradients"] = {k: summary(p.grad) for k, p in model.named_parameters()}
        optimizer.step()
        losses.append(float(loss))
    result["losses"] = losses
    result["statistics"] = {
        k: summary(t) for k, t in model.state_dict().items() if "running_" in k
    }
    print(name, losses)
    with open(f"agreement_{name}.json", "w") as file:
        json.dump(json.loads(json.dumps(result), parse_float=lambda t: float(f"{float(t):.9g}")), file)


if __name__ == "__main__":
    write("resnet20", ResNetCIFAR(), 32, 4, 1e-4, far=True)
    write("resnet20_cosine", CosineResNetCIFAR(), 32, 4, 1e-2, far=True)
    write("resnet18", models.resnet18(num_classes=10), 64, 4, 1e-4, far=True)
    write("mobilenet_v2", models.mobilenet_v2(num_classes=10), 96, 4, 2e-5, far=True)
    write("squeezenet1_1", models.squeezenet1_1(num_classes=10), 64, 4, 0.005)
