"""Writes what PyTorch computes with an encoder's reference: live_agreement.py NAME SIDE BATCH FOLDER.

FOLDER/weights.safetensors holds the state, FOLDER/reference.safetensors image [N, H, W, C], target,
logits, loss and every gradient, with stored statistics and without dropout, in float64. With NAME+aux
the loss has the auxiliary classifiers' shares.

Weights are torch's own draws; batch norms get the statistics of random pictures; norms and biases keep
what enters a ReLU many deviations away from 0. Where a value still comes so near to a break of a ReLU or
to a tie of a maximum that float32 decides otherwise, PyTorch's own gradients in float32 and float64
differ by far more than 1e-3: the first seed is taken with which they agree.
"""

import copy
import sys

import torch
import torch.nn.functional as F
from reference_models import make
from safetensors.torch import save_file
from torch import nn

name, side, batch, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(2)
weight = 0.4 if name.startswith("inception") else 0.3


def far(count):
    """Places of a ReLU's inputs in deviations: far above 0, every eighth below."""
    places = torch.full((count,), 5.0)
    places[3::8] = -5.0
    return places


def is_norm(module):
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


def move(module, inputs, output):
    """Sets the biases of a convolution so that its outputs stand where `far` has them."""
    deviation, mean = torch.std_mean(output, (0, 2, 3))
    shift = far(len(mean)) * deviation - mean
    module.bias.data += shift
    return output + shift.view(1, -1, 1, 1)


def prepare(model, pictures):
    norms = {key: module for key, module in model.named_modules() if is_norm(module)}
    for key, norm in norms.items():
        # What is added to a shortcut stays above 0.
        ends_block = key.endswith(("bn3", "downsample.1", "shortcut.1")) or "_b" in name
        places = far(len(norm.bias))
        nn.init.uniform_(norm.weight, 0.25, 0.5)
        norm.bias.data = 0.4 * (places.abs() if ends_block else places)
        norm.momentum = None
    if not norms and not name.startswith("lenet"):
        layers = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
        handles = [layer.register_forward_hook(move) for layer in layers]
        model.eval()(pictures)
        for handle in handles:
            handle.remove()
    if norms:
        model.train()(pictures)
    for norm in norms.values():
        norm.momentum = 0.1


def gradients(model, pictures, target):
    model.eval()
    model.training = name.endswith("+aux")
    output = model(pictures)
    outputs = output if isinstance(output, tuple) else (output,)
    loss = F.cross_entropy(outputs[0], target)
    for auxiliary in outputs[1:]:
        loss = loss + weight * F.cross_entropy(auxiliary, target)
    loss.backward()
    result = {f"grad.{key}": p.grad.contiguous() for key, p in model.named_parameters()}
    return result | {"logits": outputs[0].detach().contiguous(), "loss": loss.detach().view(1)}


def difference(one, other):
    largest = max(value.abs().max() for key, value in other.items() if key.startswith("grad."))
    return max(
        float((one[key] - value).abs().max() / max(value.abs().max(), largest * 1e-4))
        for key, value in other.items()
    )


for seed in range(1 if side > 200 else 20):
    torch.manual_seed(seed)
    model = make(name)
    channels = next(p for p in model.parameters() if p.dim() == 4).shape[1]
    many = torch.randn(batch if side > 200 else 8, channels, side, side)
    with torch.no_grad():
        prepare(model, many)
    pictures = many[:batch].contiguous()
    target = F.softmax(torch.randn(batch, list(model.parameters())[-1].shape[0]), 1)
    twin = copy.deepcopy(model).double()
    reference = gradients(twin, pictures.double(), target.double())
    own = difference(gradients(model, pictures, target), reference)
    if own < 2e-4:
        break

save_file({k: v.contiguous() for k, v in model.state_dict().items()}, f"{folder}/weights.safetensors")
reference |= {"image": pictures.permute(0, 2, 3, 1).contiguous(), "target": target}
save_file(reference, f"{folder}/reference.safetensors")
print(f"{name}: seed {seed}, PyTorch's own float32 differs by {own:.1e}")
print(sum(p.numel() for p in model.parameters()))
