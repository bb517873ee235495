"""Writes what PyTorch computes with an encoder's reference: live_agreement.py NAME SIDE BATCH FOLDER.

Weights are torch's own draws (seed 0); batch norms get running statistics of a few random pictures.
Norms and biases keep what enters a ReLU many deviations away from 0, where it breaks: there PyTorch's
own float32 and float64 gradients differ by more than 1e-2.
FOLDER/weights.safetensors holds the state, FOLDER/reference.safetensors image [N, H, W, C], target,
evaluation logits, the loss and every gradient in evaluation mode; NAME+aux: the loss and gradients
of training without dropout, auxiliary classifiers included.
"""

import sys

import torch
import torch.nn.functional as F
from reference_models import make
from safetensors.torch import save_file
from torch import nn

name, side, batch, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.manual_seed(0)
torch.set_num_threads(2)
model = make(name)
channels = next(p for p in model.parameters() if p.dim() == 4).shape[1]
for module in model.modules():
    if isinstance(module, (nn.Dropout, nn.Dropout2d)):
        module.p = 0.0


def far(count, period=8):
    """Places of a ReLU's inputs in deviations: far above 0, every eighth below."""
    places = torch.full((count,), 8.0)
    places[3::period] = -8.0
    return places


has_norms = False
for key, module in model.named_modules():
    if isinstance(module, nn.modules.batchnorm._BatchNorm):
        has_norms = True
        ends_block = key.endswith(("bn3", "downsample.1", "shortcut.1")) or "_b" in name
        nn.init.uniform_(module.weight, 0.25, 0.5)
        module.bias.data = 0.4 * (far(len(module.bias)).abs() if ends_block else far(len(module.bias)))


def move(module, inputs, output):
    """Sets the biases of a layer so that its outputs stand where `far` has them."""
    over = [d for d in range(output.dim()) if d != 1]
    deviation, mean = torch.std_mean(output, over)
    shift = far(len(mean)) * deviation - mean
    module.bias.data += shift
    return output + shift.view([1, -1] + [1] * (output.dim() - 2))


def statistics(momentum):
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = momentum


pictures = torch.randn(batch, channels, side, side)
if not has_norms and not name.startswith("lenet"):
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))][:-1]
    handles = [layer.register_forward_hook(move) for layer in layers]
    with torch.no_grad():
        model.eval()(pictures)
    for handle in handles:
        handle.remove()
with torch.no_grad():
    statistics(None)
    model.train()
    for shift in range(2):
        model(pictures + 0.1 * shift)
    statistics(0.1)
state = {key: tensor.clone().contiguous() for key, tensor in model.state_dict().items()}
save_file(state, f"{folder}/weights.safetensors")
del state

with torch.no_grad():
    logits = model.eval()(pictures)
target = F.softmax(torch.randn_like(logits), 1)
if name.endswith("+aux"):
    model.train()
    output = model(pictures)
    weight = 0.4 if name.startswith("inception") else 0.3
    loss = F.cross_entropy(output[0], target)
    for auxiliary in output[1:]:
        loss = loss + weight * F.cross_entropy(auxiliary, target)
else:
    loss = F.cross_entropy(model(pictures), target)
loss.backward()
result = {f"grad.{key}": p.grad.contiguous() for key, p in model.named_parameters()}
result["image"] = pictures.permute(0, 2, 3, 1).contiguous()
result |= {"target": target, "logits": logits.contiguous(), "loss": loss.detach().view(1)}
save_file(result, f"{folder}/reference.safetensors")
print(sum(p.numel() for p in model.parameters()))
