"""Writes state_dicts.json: names and shapes of torchvision 0.28's models, in their order."""

import json

from torchvision_models import models

names = ["resnet18", "resnet34", "resnet50", "mobilenet_v2", "squeezenet1_1"]
result = {}
for name in names:
    model = getattr(models, name)(weights=None)
    result[name] = {
        "parameterCount": sum(p.numel() for p in model.parameters()),
        "tensors": [
            {"name": key, "shape": list(tensor.shape)} for key, tensor in model.state_dict().items()
        ],
    }
with open("state_dicts.json", "w") as file:
    json.dump(result, file, separators=(",", ":"))
