"""Variants A, B and C in PyTorch, trained as `graft run recipes/compare.graft` trains them.

python comparison.py FOLDER WEIGHTS MODEL [EPOCHS] [SEEDS] [VARIANTS]   (torch, torchvision, safetensors, pillow)

FOLDER has train/ and val/ with a folder for each class; MODEL is mobilenet_v2 (224 pixels) or resnet20 (32
pixels, the weights of CIFAR-10). Prints the validation accuracy and the processor time of each training:
batches of 32, AdamW with decay 0.01, a random resized crop from 0.35 of the area and a flip for photographs,
a shift of two pixels for small images; A one-cycle to 2e-3, B constant 1e-4, C one-cycle, 1e-5 to 1e-3 over
the layer groups. Frozen layers of A are in evaluation mode.
"""
import resource
import sys

import networks
import torch
import torchvision
from safetensors.torch import load_file
from torch import nn
from torchvision import transforms
from torchvision.datasets import ImageFolder

NORMALIZE = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def model(name, weights, classes):
    """The network with a new head, and its layer groups from stem to head."""
    if name == "resnet20":
        net = networks.make(name)
        loaded = load_file(weights)
        # The same layers in the same order, by other names: conv1, bn1, layer1.0.conv1, ...
        own = [key for key in net.state_dict() if not key.startswith(f"{len(net) - 1}.")]
        blocks = [f"layer{layer}.{block}." for layer in (1, 2, 3) for block in range(3)]
        layers = [f"{block}{part}" for block in ["", *blocks] for part in ("conv1", "bn1", "conv2", "bn2")
                  if block or part in ("conv1", "bn1")]
        norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
        names = [f"{layer}.{part}" for layer in layers for part in (norm if "bn" in layer else norm[:1])]
        state = {mine: loaded.get(theirs, torch.tensor(0)) for mine, theirs in zip(own, names, strict=True)}
        assert not net.load_state_dict(state, strict=False).unexpected_keys
        net[-1] = nn.Linear(64, classes)
        return net, [net[:3], net[3:6], net[6:9], net[9:12], net[-1]]
    net = torchvision.models.get_model(name)
    net.load_state_dict(load_file(weights))
    net.classifier[1] = nn.Linear(net.classifier[1].in_features, classes)
    parts = net.features
    return net, [parts[:2], parts[2:4], parts[4:7], parts[7:14], parts[14:], net.classifier]


def views(name):
    """What training and validation see."""
    if name == "resnet20":
        size, values = transforms.Resize((32, 32)), [transforms.ToTensor(), NORMALIZE]
        return transforms.Compose([size, transforms.RandomCrop(32, padding=2), *values]), \
            transforms.Compose([size, *values])
    return transforms.Compose([
        transforms.RandomResizedCrop(224, scale=(0.35, 1)), transforms.RandomHorizontalFlip(),
        transforms.ToTensor(), NORMALIZE,
    ]), transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), NORMALIZE])


def train(folder, weights, name, variant, epochs, seed):
    """The validation accuracy, and the seconds of processor time that the training took."""
    seen, plain = views(name)
    training, validation = ImageFolder(f"{folder}/train", seen), ImageFolder(f"{folder}/val", plain)
    torch.manual_seed(seed)
    batches = torch.utils.data.DataLoader(
        training, batch_size=32, shuffle=True, drop_last=len(training) % 32 == 1)
    net, groups = model(name, weights, len(training.classes))
    if variant == "A":
        groups, rates = groups[-1:], [2e-3]
        for parameter in set(net.parameters()) - set(groups[0].parameters()):
            parameter.requires_grad_(False)
    elif variant == "B":
        rates = [1e-4] * len(groups)
    else:
        rates = [1e-5 * 100 ** (place / (len(groups) - 1)) for place in range(len(groups))]
    optimizer = torch.optim.AdamW(
        [{"params": group.parameters(), "lr": rate} for group, rate in zip(groups, rates)],
        weight_decay=0.01)
    schedule = None if variant == "B" else torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=epochs * len(batches))
    start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    for _ in range(epochs):
        net.train(variant != "A")
        groups[-1].train()
        for images, labels in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
            if schedule:
                schedule.step()
    seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - start
    net.eval()
    hits = 0
    with torch.inference_mode():
        for images, labels in torch.utils.data.DataLoader(validation, batch_size=50):
            hits += (net(images).argmax(1) == labels).sum().item()
    return hits / len(validation), seconds


def main(folder, weights, name, epochs="5", seeds="3", variants="A,B,C"):
    for variant in variants.split(","):
        for seed in range(int(seeds)):
            accuracy, seconds = train(folder, weights, name, variant, int(epochs), seed)
            print(f"{variant} seed {seed}: {accuracy:.4f}, {seconds:.0f} s of processor time", flush=True)


main(*sys.argv[1:])
