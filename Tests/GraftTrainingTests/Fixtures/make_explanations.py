"""Attributions by captum (Kokhlikyan et al., 2020), and Grad-CAM++ by pytorch-grad-cam (Gildenblat, 2021).

    python make_explanations.py > explanations.json

The network is TinyVGG; its weights and the image are formulas, which the test computes too.
"""

import json

import numpy as np
import torch
from captum.attr import (Deconvolution, GuidedBackprop, IntegratedGradients, LayerGradCam, Occlusion,
                         Saliency)
from pytorch_grad_cam import GradCAMPlusPlus
from torch import nn


def values(count, phase, scale):
    places = np.arange(count, dtype=np.float64)
    return (scale * np.sin(0.7 * places * places + phase)).astype(np.float32)


class TinyVGG(nn.Module):
    def __init__(self):
        super().__init__()

        def block(inputs):
            return nn.Sequential(nn.Conv2d(inputs, 10, 3), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.ReLU(),
                                 nn.MaxPool2d(2))

        self.conv_block_1, self.conv_block_2 = block(3), block(10)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(1690, 10))

    def forward(self, x):
        return self.classifier(self.conv_block_2(self.conv_block_1(x)))


model = TinyVGG().eval()
for number, (name, parameter) in enumerate(model.named_parameters()):
    scale = 0.02 if parameter.shape[0] == 10 and parameter.numel() > 16000 else 0.3
    parameter.data = torch.from_numpy(values(parameter.numel(), number, scale)).reshape(parameter.shape)
image = torch.from_numpy(values(3 * 64 * 64, 0.5, 1.0)).reshape(1, 3, 64, 64)

target = 3
layer = model.conv_block_2
found = {
    "gradcam": LayerGradCam(model, layer).attribute(image, target, relu_attributions=True),
    "occlusion": Occlusion(model).attribute(
        image, (3, 9, 9), strides=(3, 4, 4), target=target, baselines=0)[:, :1],
    "saliency": Saliency(model).attribute(image, target),
    "integrated": IntegratedGradients(model).attribute(image, target=target, n_steps=20),
    "deconvnet": Deconvolution(model).attribute(image, target),
    "guided": GuidedBackprop(model).attribute(image, target),
}
camera = GradCAMPlusPlus(model, [layer])


class Target:
    def __call__(self, output):
        return output[target]


camera(image, [Target()])
weights = camera.get_cam_weights(image, layer, [Target()], camera.activations_and_grads.activations[0].numpy(),
                                 camera.activations_and_grads.gradients[0].numpy())
maps = camera.activations_and_grads.activations[0].numpy()
found["gradcam++"] = torch.from_numpy(np.maximum((weights[:, :, None, None] * maps).sum(1, keepdims=True), 0))

result = {"logits": model(image)[0].tolist(), "target": target, "methods": {}}
for name, values in found.items():
    # [1, C, H, W] to [H, W, C], as Graft has it.
    flat = values.detach()[0].permute(1, 2, 0).flatten()
    step = 1 if flat.numel() < 400 else 37
    result["methods"][name] = {
        "shape": [values.shape[2], values.shape[3], values.shape[1]], "step": step,
        "largest": float(flat.abs().max()), "values": [float(f"{v:.7g}") for v in flat[::step]]}
print(json.dumps(result))
