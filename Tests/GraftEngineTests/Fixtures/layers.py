"""PyTorch's outputs and gradients of single layers, for LayerAgreementTests.

    python layers.py > layers.json

Every operand is filled by sin(0.37 i + stream) over torch's order; the loss is the sum of the output
times such a filling. Outputs and gradients are written in full, in torch's order.
"""
import json

import torch
import torch.nn.functional as F


def filled(shape, stream):
    count = 1
    for size in shape:
        count *= size
    values = torch.sin(0.37 * torch.arange(count, dtype=torch.float64) + stream)
    return values.float().reshape(shape)


def case(name, shapes, function, **options):
    operands = [filled(s, k).double().requires_grad_() for k, s in enumerate(shapes)]
    output = function(*operands)
    weights = filled(output.shape, 99).double()
    (output * weights).sum().backward()
    return dict(
        name=name, shapes=shapes, options=options, outputShape=list(output.shape),
        output=rounded(output),
        gradients=[rounded(o.grad) for o in operands])


def rounded(values):
    return [float(f"{v:.7g}") for v in values.detach().flatten().tolist()]


def pads():
    names = {"zero": "constant", "reflect": "reflect", "replicate": "replicate",
             "circular": "circular"}
    top, left, bottom, right = 2, 1, 3, 2
    for mode, torch_mode in names.items():
        yield case(
            f"pad {mode}", [[2, 2, 4, 5]],
            lambda x: F.pad(x, (left, right, top, bottom), mode=torch_mode),
            sides=[top, left, bottom, right])


if __name__ == "__main__":
    print(json.dumps([*pads()]))
