"""Writes what PyTorch computes with an encoder's reference: live_agreement.py NAME SIDE BATCH STEPS FOLDER.

FOLDER/weights.safetensors holds the state, FOLDER/reference.safetensors image [N, H, W, C] and target,
and of the first BATCH images logits, loss and every gradient, with stored statistics and without
dropout, computed in float64. With NAME+aux the loss has the auxiliary classifiers' shares. With STEPS it
also holds as many losses of SGD with momentum 0.9 on all images, in training mode but for dropout,
and their rate. FOLDER/source.json tells whose model it is, and its parameters.

Weights are torch's own draws; batch norms get the statistics of random images; norms and biases keep
what enters a ReLU many deviations away from 0. Where a value still comes so near to a break of a ReLU or
to a tie of a maximum that float32 decides otherwise, PyTorch's own gradients in float32 and float64
differ by far more than 1e-3: the first seed of twenty is taken with which they agree, also when all weights
move by a part in a million, or else the one with which they agree best; and the first rate with which the
losses fall, and stay as they are when the weights move.
"""

import copy
import json
import sys

import torch
import torch.nn.functional as F
from reference_models import make, source
from safetensors.torch import save_file
from torch import nn

name, side, batch, steps = sys.argv[1], *map(int, sys.argv[2:5])
folder = sys.argv[5]
torch.set_num_threads(1)
weight = 0.4 if name.startswith("inception") else 0.3
count = batch if side > 200 else 8


def far(count):
    """Places of a ReLU's inputs in deviations: far above 0, every eighth below."""
    places = torch.full((count,), 5.0)
    places[3::8] = -5.0
    return places


def is_norm(module):
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


def is_depth(module):
    return type(module).__name__ == "StochasticDepth"


def move(module, inputs, output):
    """Sets the biases of a convolution so that its outputs stand where `far` has them."""
    deviation, mean = torch.std_mean(output, (0, 2, 3))
    shift = far(len(mean)) * deviation - mean
    module.bias.data += shift
    return output + shift.view(1, -1, 1, 1)


def prepare(model, images):
    norms = {key: module for key, module in model.named_modules() if is_norm(module)}
    for key, norm in norms.items():
        # What is added to a shortcut stays above 0.
        ends_block = key.endswith(("bn3", "downsample.1", "shortcut.1")) or "_b" in name
        places = far(len(norm.bias))
        nn.init.uniform_(norm.weight, 0.25, 0.5)
        norm.bias.data = 0.4 * (places.abs() if ends_block else places)
    for key, parameter in model.named_parameters():
        # As it starts, a branch would count for nothing.
        if key.endswith(("layer_scale", "gamma", "grn.weight", "grn.bias")):
            nn.init.uniform_(parameter, 0.1, 0.5)
        if parameter.dim() == 2 and not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    if not norms and not name.startswith(("lenet", "convnext", "vit", "deit", "swin")):
        layers = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
        handles = [layer.register_forward_hook(move) for layer in layers]
        model.eval()(images)
        for handle in handles:
            handle.remove()
    if norms:
        momenta = [norm.momentum for norm in norms.values()]
        for norm in norms.values():
            norm.momentum = None
        model.train()(images)
        for norm, momentum in zip(norms.values(), momenta):
            norm.momentum = momentum


def gradients(model, images, target):
    model.eval()
    model.training = name.endswith("+aux")
    output = model(images)
    outputs = output if isinstance(output, tuple) else (output,)
    loss = F.cross_entropy(outputs[0], target)
    for auxiliary in outputs[1:]:
        loss = loss + weight * F.cross_entropy(auxiliary, target)
    model.zero_grad()
    loss.backward()
    result = {f"grad.{key}": p.grad for key, p in model.named_parameters()}
    logits = outputs[0].detach()
    return result | {
        "logits": logits.permute(0, 2, 3, 1) if logits.dim() == 4 else logits,
        "loss": loss.detach().view(1),
    }


def difference(one, other):
    largest = max(value.abs().max() for key, value in other.items() if key.startswith("grad."))
    return max(
        float((one[key] - value).abs().max() / max(value.abs().max(), largest * 1e-4))
        for key, value in other.items()
    )


def targets(model, images):
    """Soft labels of images, or class numbers of their pixels."""
    with torch.no_grad():
        logits = model.eval()(images[:1])
    if logits.dim() == 2:
        return F.softmax(torch.randn(len(images), logits.shape[1]), 1)
    return torch.randint(logits.shape[1], (len(images), *logits.shape[2:]))


def shake(model, size):
    """Moves all weights by so large a part of them."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1 + size * torch.randn_like(parameter))


def losses(model, images, target, rate):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) or is_depth(module):
            module.p = 0.0
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    result = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), target)
        loss.backward()
        optimizer.step()
        result.append(loss.item())
    return torch.tensor(result)


def precise(target):
    return target.double() if target.is_floating_point() else target


def draw(seed):
    """What a seed makes, its gradients in float64, and how far those in float32 are from them."""
    torch.manual_seed(seed)
    model = make(name)
    channels = next(p for p in model.parameters() if p.dim() == 4).shape[1]
    images = torch.randn(count, channels, side, side)
    with torch.no_grad():
        prepare(model, images)
    target = targets(model, images)
    few = images[:batch].contiguous(), target[:batch]
    state = copy.deepcopy(model.state_dict())
    twin = copy.deepcopy(model).double()
    reference = gradients(twin, few[0].double(), precise(few[1]))
    own = difference(gradients(model, *few), reference)
    moved = own
    if own < 2e-4:
        shake(model, 1e-6)
        moved = difference(gradients(model, *few), reference)
    return model, images, target, state, reference, own, moved


found = {}
for seed in range(20):
    *drawn, own, moved = draw(seed)
    found[seed] = (own >= 2e-4, moved)
    if own < 2e-4 and moved < 5e-4:
        break
else:
    seed = min(found, key=found.get)
    *drawn, own, moved = draw(seed)
model, images, target, state, reference = drawn
reference = {key: value.float().contiguous() for key, value in reference.items()}

note = ""
images, target = images[:4], target[:4]
for rate in (0.1, 0.01, 0.001, 1e-4) if steps else ():
    model.load_state_dict(state)
    found = losses(copy.deepcopy(model), images, target, rate)
    shake(model, 1e-7)
    drift = float((losses(model, images, target, rate) / found - 1).abs().max())
    if drift < 1e-4 and found[-1] < found[0]:
        break
if steps:
    reference |= {"losses": found, "rate": torch.tensor([rate])}
    note = f"; losses at rate {rate} from {found[0]:.4f} to {found[-1]:.4f}, sensitivity {drift:.1e}"

save_file({key: value.contiguous() for key, value in state.items()}, f"{folder}/weights.safetensors")
reference |= {"image": images.permute(0, 2, 3, 1).contiguous(), "target": target.float()}
save_file(reference, f"{folder}/reference.safetensors")
print(f"{name}: seed {seed}, PyTorch's own float32 differs by {own:.1e}{note}")
parameters = sum(p.numel() for p in model.parameters())
with open(f"{folder}/source.json", "w") as file:
    json.dump({"source": source(name), "parameterCount": parameters}, file)
