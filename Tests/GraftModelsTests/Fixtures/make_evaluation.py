"""Writes evaluation_NAME.json: what PyTorch computes in evaluation mode with weights by formula.

    make_evaluation.py [--into FOLDER] NAME...

The values are those of make_agreement.py, except that running variances are multiplied by one number
a norm, from what the norm is given: deep networks would leave the range of numbers otherwise, or
saturate their gates. The file holds those numbers, a hash of the state_dict's names and shapes,
the logits, and each parameter's gradient: its norm, its largest value and three samples in torch's
layout. Without names, the encoders whose files are kept beside this script are made.
"""

import argparse
import hashlib
import json

import numpy as np
import torch
import torch.nn.functional as F
from reference_models import make

torch.set_num_threads(2)

# Sides of images other than 64.
SIDES = {
    "xception": 96, "nasnet_large": 99, "nasnet_mobile": 99, "small_swin": 56, "small_swin_v2": 56,
}
KEPT = [
    "mobilenet_v1", "mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x1_0", "mnasnet1_0",
    "convnext_tiny", "small_vit", "small_dino", "small_clip", "small_swin", "small_swin_v2",
]


def uniform(name, count):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) % 2**64
    z = np.uint64(h) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def value(name, shape):
    u = uniform(name, int(np.prod(shape)))
    signed = np.float32(2) * u - np.float32(1)
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        values = np.float32(0.5) + u
    elif name.endswith("weight"):
        values = signed * np.float32(np.sqrt((6 if len(shape) == 4 else 1) / np.prod(shape[1:])))
    else:
        values = signed * np.float32(2 if name == "image" else 0.125)
    return torch.from_numpy(values.reshape(shape))


def summary(tensor):
    flat = tensor.detach().double().flatten()
    places = [k * (len(flat) - 1) // 2 for k in range(3)]
    return [float(flat.norm()), float(flat.abs().max())] + [float(flat[p]) for p in places]


def rounded(value):
    return json.loads(json.dumps(value), parse_float=lambda text: float(f"{float(text):.8g}"))


def calibrate(model, image):
    """Scales each norm's running variances to what it is given for the image."""
    factors = {}

    def scale(name):
        def hook(module, inputs):
            factor = float(f"{float(inputs[0].var((0, 2, 3)).mean()):.3g}")
            factors[f"{name}.running_var"] = factor
            module.running_var.mul_(factor)

        return hook

    hooks = [
        module.register_forward_pre_hook(scale(name)) for name, module in model.named_modules()
        if isinstance(module, torch.nn.BatchNorm2d)
    ]
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()
    return factors


def write(name, folder):
    full = make(name, num_classes=1000)
    keys = "".join(
        f"{key} {list(tensor.shape)}\n" for key, tensor in full.state_dict().items())
    count = sum(p.numel() for p in full.parameters())
    model, side, batch = make(name, num_classes=10).eval(), SIDES.get(name, 64), 2
    for key, tensor in model.state_dict().items():
        if not key.endswith(("num_batches_tracked", "_position_index", "_coords_table")):
            tensor.copy_(value(key, tuple(tensor.shape)))
    image = value("image", (batch, side, side, 3)).permute(0, 3, 1, 2).contiguous()
    variances = calibrate(model, image)
    target = torch.full((batch, 10), 0.01)
    for row in range(batch):
        target[row, row * 3 % 10] += 0.9
    logits = model(image)
    F.cross_entropy(logits, target).backward()
    result = {
        "size": side, "batch": batch, "parameterCount": count,
        "keys": hashlib.sha256(keys.encode()).hexdigest(),
        "variances": variances, "logits": logits.detach().flatten().tolist(),
        "gradients": {k: summary(p.grad) for k, p in model.named_parameters()},
    }
    tables = {
        key: tensor.flatten().tolist() for key, tensor in model.state_dict().items()
        if key.endswith(("_position_index", "_coords_table"))
    }
    if tables and name in KEPT:
        result["tables"] = tables
    print(name, count, logits[0, :3].tolist())
    with open(f"{folder}/evaluation_{name}.json", "w") as file:
        json.dump(rounded(result), file, separators=(",", ":"))


parser = argparse.ArgumentParser()
parser.add_argument("--into", default=".")
parser.add_argument("names", nargs="*")
arguments = parser.parse_args()
for name in arguments.names or KEPT:
    write(name, arguments.into)
