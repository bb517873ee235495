"""Writes safetensors_python.safetensors with the Python package `safetensors` (0.6 or later)."""

import torch
from safetensors.torch import save_file

save_file(
    {
        "half": torch.tensor([0, 1, -2.5, 65504, float("inf"), 2**-24], dtype=torch.float16),
        "brain": torch.tensor([1, -0.15625, 3.3895314e38], dtype=torch.bfloat16),
        "double": torch.tensor([0.1, -1e-3], dtype=torch.float64),
        "float.matrix": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "float.a": torch.ones(1),
        "scalar": torch.tensor(42),
        "empty": torch.zeros(0, 3),
        'quote"back\\slash\nnew é': torch.zeros(3, dtype=torch.uint8),
        "control\x01": torch.zeros(2, dtype=torch.bool),
        "integers": torch.arange(3, dtype=torch.int32),
    },
    "safetensors_python.safetensors",
    metadata={"format": "pt"},
)
