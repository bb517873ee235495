"""Writes channels.json: what PyTorch 2.13 computes for ops on channels, forward and backward.

Images are [N, H, W, C] here, as Graft has them; all values are sin(k * index + 1). The loss is the
sum of the output times cos(index).
"""

import json

import torch
import torch.nn.functional as F


def wave(k, *shape):
    count = torch.Size(shape).numel()
    return torch.sin(k * torch.arange(count, dtype=torch.float64) + 1).float().reshape(shape)


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def shuffle(x, groups):
    n, h, w, c = x.shape
    return x.reshape(n, h, w, groups, c // groups).transpose(3, 4).reshape(n, h, w, c)


SHAPE = (2, 3, 2, 6)
CASES = {
    "layer norm": (lambda x, a, b: F.layer_norm(x, (6,), a, b, 1e-6), [SHAPE], [(6,), (6,)]),
    "group norm": (
        lambda x, a, b: nhwc(F.group_norm(nchw(x), 3, a, b)), [SHAPE], [(6,), (6,)]),
    "instance norm": (lambda x: nhwc(F.instance_norm(nchw(x))), [SHAPE], []),
    "multiply": (lambda x, g: x * g, [SHAPE, (2, 1, 1, 6)], []),
    "channel scale": (lambda x, a: x * a, [SHAPE], [(6,)]),
    "channel shuffle": (lambda x: shuffle(x, 3), [SHAPE], []),
    "channel slice": (lambda x: x[..., 2:5], [SHAPE], []),
    "prelu": (lambda x, a: nhwc(F.prelu(nchw(x), a)), [SHAPE], [(6,)]),
    "linear": (lambda x, w, b: x @ w + b, [SHAPE], [(6, 7), (7,)]),
}
for name in ["leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "silu", "mish",
             "hardswish", "hardsigmoid", "relu", "relu6", "gelu"]:
    function = getattr(torch, name, None) or getattr(F, name)
    CASES[name] = (lambda x, f=function: f(4 * x), [SHAPE], [])
CASES["gelu_tanh"] = (lambda x: F.gelu(4 * x, approximate="tanh"), [SHAPE], [])

result = {}
for name, (function, inputs, parameters) in CASES.items():
    tensors = [wave(0.7 + 0.1 * i, *shape) for i, shape in enumerate(inputs + parameters)]
    tensors = [t.requires_grad_() for t in tensors]
    y = function(*tensors)
    weights = torch.cos(torch.arange(y.numel(), dtype=torch.float64)).float().reshape(y.shape)
    (y * weights).sum().backward()
    result[name] = {
        "output": y.flatten().tolist(), "gradients": [t.grad.flatten().tolist() for t in tensors]}
text = json.dumps(
    json.loads(json.dumps(result), parse_float=lambda t: float(f"{float(t):.7g}")),
    separators=(",", ":"))
with open("channels.json", "w") as file:
    file.write(text)
