"""Writes dense_ops.json: transposed convolution, up-sampling and losses of pixels by PyTorch.

Maps are written [N, H, W, C], weights [KH, KW, O / groups, I]; gradients are those of the sum of
output times `weights`, and of the losses' sum.
"""

import json

import torch
import torch.nn.functional as F

torch.manual_seed(4)


def numbers(tensor):
    return [float(f"{v:.8g}") for v in tensor.detach().flatten().tolist()]


def draw(*shape):
    """Numbers that few digits write exactly."""
    return (torch.randn(*shape) * 16).round() / 16


def last(x):
    return x.permute(0, 2, 3, 1)


def case(x, y, **more):
    weights = draw(*y.shape)
    (y * weights).sum().backward()
    return {"x": numbers(last(x)), "y": numbers(last(y)), "weights": numbers(last(weights)),
            "input": list(last(x).shape), "output": list(last(y).shape),
            "dx": numbers(last(x.grad)), **more}


transposed = []
for kernel, stride, padding, extra, dilation, groups in [
    (2, 2, 0, 0, 1, 1), (3, 2, 1, 1, 1, 1), (4, 2, 1, 0, 1, 2), (3, 1, 0, 0, 2, 1), (3, 1, 1, 0, 1, 1),
]:
    layer = torch.nn.ConvTranspose2d(
        4, 6, kernel, stride, padding, extra, groups=groups, dilation=dilation)
    for parameter in layer.parameters():
        parameter.data = draw(*parameter.shape)
    x = draw(1, 4, 3, 3).requires_grad_()
    values = case(x, layer(x))
    order = (2, 3, 1, 0)
    transposed.append({
        **values, "kernel": kernel, "stride": stride, "padding": padding, "extra": extra,
        "dilation": dilation, "groups": groups, "weight": numbers(layer.weight.permute(order)),
        "bias": numbers(layer.bias), "dweight": numbers(layer.weight.grad.permute(order)),
        "dbias": numbers(layer.bias.grad)})

upsample = []
for mode, corners, size in [
    ("nearest", None, (8, 6)), ("nearest", None, (7, 5)), ("bilinear", False, (8, 6)),
    ("bilinear", False, (5, 9)), ("bilinear", False, (2, 3)), ("bilinear", True, (8, 6)),
    ("bilinear", True, (5, 9)),
]:
    x = draw(1, 2, 4, 3).requires_grad_()
    y = F.interpolate(x, size=size, mode=mode, align_corners=corners)
    upsample.append(case(x, y, mode=mode + ("-corners" if corners else "")))

losses = []
for classes, weights in [(2, None), (3, [0.5, 2.0, 1.0])]:
    x = draw(2, classes, 5, 4)
    t = torch.randint(0, classes, (2, 5, 4))
    t[torch.rand(t.shape) < 0.2] = 255
    known = (t != 255)[:, None].float()
    hot = F.one_hot(t.where(t != 255, torch.tensor(0)), classes).permute(0, 3, 1, 2) * known
    for kind in ("ce", "dice", "ce+dice"):
        z = x.clone().requires_grad_()
        w = None if weights is None else torch.tensor(weights)
        total = []
        for i in range(2):
            loss = torch.zeros(())
            if "ce" in kind.split("+"):
                loss = loss + F.cross_entropy(z[i : i + 1], t[i : i + 1], w, ignore_index=255)
            if "dice" in kind.split("+"):
                p = z[i].softmax(0) * known[i]
                shared = (p * hot[i]).sum((1, 2))
                both = p.sum((1, 2)) + hot[i].sum((1, 2))
                loss = loss + 1 - ((2 * shared + 1) / (both + 1)).mean()
            total.append(loss)
        sum(total).backward()
        losses.append({
            "kind": kind, "classes": weights, "shape": list(last(z).shape), "x": numbers(last(z)),
            "labels": numbers(t), "losses": [v.item() for v in total],
            "dx": numbers(last(z.grad))})

with open("dense_ops.json", "w") as file:
    json.dump({"transposed": transposed, "upsample": upsample, "losses": losses}, file)
