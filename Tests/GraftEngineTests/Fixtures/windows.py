"""Writes windows.json: what PyTorch computes with local response normalization, adaptive pooling, and
average pooling that does not count padding; images [N, H, W, C], gradients of sum(y * weight)."""

import json

import torch
from torch import nn

torch.manual_seed(5)
cases = []


def add(name, layer, shape, **options):
    x = torch.randn(shape, requires_grad=True)
    y = layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    weight = torch.randn(y.shape)
    (y * weight).sum().backward()
    cases.append({
        "op": name, **options, "shape": list(shape), "x": x.flatten().tolist(),
        "y": y.flatten().tolist(), "weight": weight.flatten().tolist(),
        "gradient": x.grad.flatten().tolist()})  # fmt: skip


for size, beta in ((5, 0.75), (4, 0.6), (3, 0.75)):
    add("norm", nn.LocalResponseNorm(size, 2.0, beta, 2.0), (2, 2, 3, 7), size=[size], beta=beta)
for size in ((3, 2), (4, 4), (7, 5)):
    add("average", nn.AdaptiveAvgPool2d(size), (2, 7, 5, 3), size=size)
    add("max", nn.AdaptiveMaxPool2d(size), (2, 7, 5, 3), size=size)
add("window", nn.AvgPool2d(3, 1, 1, count_include_pad=False), (2, 4, 5, 3), size=[3, 1, 0])
add("window", nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), (1, 6, 6, 2), size=[3, 2, 1])
with open("windows.json", "w") as f:
    f.write(json.dumps(json.loads(json.dumps(cases), parse_float=lambda t: float(f"{float(t):.8g}"))))
    f.write("\n")
