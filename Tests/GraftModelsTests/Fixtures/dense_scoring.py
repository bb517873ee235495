"""Writes what PyTorch tells of a larger image by VGG-16 as convolutions: dense_scoring.py FOLDER.

FOLDER/weights.safetensors holds torchvision's vgg16 with random weights, FOLDER/reference.safetensors a
image `input` [1, 3, 384, 384], the logits of the network with its fully connected layers viewed as
convolutions `map` [1, 1000, 6, 6], and those of the network itself for the 36 crops at stride 32, `crops`
[36, 1000].
"""

import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import vgg16

folder = sys.argv[1]
torch.set_num_threads(2)
torch.manual_seed(11)
model = vgg16(weights=None).eval()
for layer in model.classifier:
    # The usual draw, of deviation 0.01, leaves logits that are all about equal.
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

layers = []
for layer in model.classifier:
    if isinstance(layer, nn.Linear):
        side = 7 if layer.in_features == 512 * 49 else 1
        inputs = layer.in_features // side**2
        convolution = nn.Conv2d(inputs, layer.out_features, side)
        convolution.weight.data = layer.weight.data.view(layer.out_features, inputs, side, side)
        convolution.bias.data = layer.bias.data
        layer = convolution
    layers.append(layer)
dense = nn.Sequential(model.features, *layers).eval()

# Smooth, as images are.
image = nn.functional.interpolate(
    torch.randn(1, 3, 24, 24), size=(384, 384), mode="bicubic", align_corners=False
)
places = [(32 * y, 32 * x) for y in range(6) for x in range(6)]
with torch.no_grad():
    map = dense(image)
    crops = torch.cat([model(image[..., y : y + 224, x : x + 224]) for y, x in places])
state = {key: value.contiguous() for key, value in model.state_dict().items()}
save_file(state, f"{folder}/weights.safetensors")
save_file(
    {"input": image.contiguous(), "map": map.contiguous(), "crops": crops},
    f"{folder}/reference.safetensors",
)
