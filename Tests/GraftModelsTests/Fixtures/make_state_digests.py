"""Writes state_digests.json: for each encoder its reference's count of parameters, and SHA-256 of its
names and shapes (a line `name: 64, 3, 7, 7` each, sorted by bytes)."""

import hashlib
import json

import torch
from reference_models import make

names = """lenet1 lenet4 lenet5 lenet5_original lenet_caffe alexnet alexnet_original zfnet nin allcnn vgg11
vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn tinyvgg googlenet googlenet+aux inception_v2
inception_v3 inception_v3+aux inception_v4 resnet20 resnet32 resnet44 resnet56 resnet110 resnet20_b
resnet32_b resnet44_b resnet56_b resnet110_b resnet18 resnet34 resnet50 resnet101 resnet152 resnetv2_50
resnext50_32x4d wide_resnet50_2 densenet121 squeezenet1_0 squeezenet1_1 mobilenet_v2
vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14 swin_t swin_s swin_b swin_v2_t swin_v2_s swin_v2_b
vit_tiny_patch16_224 vit_small_patch16_224 vit_small_patch32_224 vit_base_patch16_224
vit_base_patch32_224 vit_large_patch16_224 deit_tiny_patch16_224 deit_small_patch16_224
deit_base_patch16_224 vit_small_patch14_dinov2 vit_base_patch14_dinov2 vit_large_patch14_dinov2
vit_small_patch14_reg4_dinov2 vit_base_patch14_reg4_dinov2 vit_large_patch14_reg4_dinov2
vit_base_patch32_clip_224 vit_base_patch16_clip_224 vit_base_patch32_clip_quickgelu_224
vit_base_patch16_clip_quickgelu_224""".split()
result = {}
for name in names:
    with torch.device("meta" if name.startswith(("vit", "deit", "swin")) else "cpu"):
        model = make(name)
    lines = sorted(
        f"{key}: {', '.join(map(str, tensor.shape))}" for key, tensor in model.state_dict().items()
    )
    result[name] = {
        "parameterCount": sum(p.numel() for p in model.parameters()),
        "digest": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }
    del model
with open("state_digests.json", "w") as file:
    json.dump(result, file, indent=0)
    file.write("\n")
