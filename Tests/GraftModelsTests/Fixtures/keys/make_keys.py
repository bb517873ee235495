"""Writes the layers of encoders that timm and torchvision both have, under both names.

usage: make_keys.py > timm_keys.json     Made with timm 1.0.31 and torchvision 0.28.
Both list a network's parameters in the order of its layers, so the lists stand for each other line
by line; shapes are compared here, and one name of each layer is kept.
"""
import json
import math

import timm
import torch
import torchvision

pairs = {
    "vgg16": "vgg16", "vgg16_bn": "vgg16_bn", "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v3_small": "mobilenetv3_small_100", "mobilenet_v3_large": "mobilenetv3_large_100",
    "efficientnet_b0": "efficientnet_b0", "convnext_tiny": "convnext_tiny",
    "densenet121": "densenet121", "vgg11_bn": "vgg11_bn", "vgg13_bn": "vgg13_bn",
    "efficientnet_v2_s": "efficientnetv2_s", "mnasnet1_0": "mnasnet_100",
}
result = {}
with torch.device("meta"):
    for name, other in pairs.items():
        ours = torchvision.models.get_model(name, weights=None).state_dict()
        theirs = timm.create_model(other, pretrained=False).state_dict()
        kept = [".weight", ".gamma", ".layer_scale"]
        ours = [(k, v) for k, v in ours.items() if any(k.endswith(e) for e in kept)]
        theirs = [(k, v) for k, v in theirs.items() if any(k.endswith(e) for e in kept)]
        # Within a ConvNeXt block the scale stands at another place.
        if name == "convnext_tiny":
            rank = lambda k: (k.rsplit(".", 1)[1] in ("gamma", "layer_scale"),)
            ours, theirs = sorted(ours, key=lambda p: rank(p[0])), sorted(theirs, key=lambda p: rank(p[0]))
        assert len(ours) == len(theirs), name
        for (a, x), (b, y) in zip(ours, theirs):
            assert math.prod(x.shape) == math.prod(y.shape), (a, b)
        result[name] = [[b, a] for (a, _), (b, _) in zip(ours, theirs) if a != b or name[:3] != "den"]
print(json.dumps(result, indent=0).replace("\n", "").replace("], [", "],\n["))
