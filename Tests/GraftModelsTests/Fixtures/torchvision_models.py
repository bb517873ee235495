"""Imports torchvision's models, also where its compiled part is missing."""

import torch

try:
    from torchvision import models
except RuntimeError:
    _library = torch.library.Library("torchvision", "FRAGMENT")
    for _name in ("nms", "qnms"):
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import models  # noqa: F401
