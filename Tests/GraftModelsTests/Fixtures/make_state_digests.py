"""Writes state_digests.json: for each encoder its reference's count of parameters, and SHA-256 of its
names and shapes (a line `name: 64, 3, 7, 7` each, sorted by bytes)."""

import hashlib
import json

import torch
import torch.nn.init
from reference_models import make

# Values do not count, and drawing them takes minutes for the largest.
for draw in dir(torch.nn.init):
    if draw.endswith("_") and not draw.startswith("_"):
        setattr(torch.nn.init, draw, lambda tensor, *_, **__: tensor)

names = """lenet1 lenet4 lenet5 lenet5_original lenet_caffe alexnet alexnet_original zfnet nin allcnn vgg11
vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn tinyvgg googlenet googlenet+aux inception_v2
inception_v3 inception_v3+aux inception_v4 resnet20 resnet32 resnet44 resnet56 resnet110 resnet20_b
resnet32_b resnet44_b resnet56_b resnet110_b resnet18 resnet34 resnet50 resnet101 resnet152 resnetv2_50
resnext50_32x4d wide_resnet50_2 densenet121 squeezenet1_0 squeezenet1_1 mobilenet_v2
efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
efficientnet_b7 efficientnet_v2_m efficientnet_v2_l convnext_small convnext_base convnext_large
densenet161 densenet169 densenet201 mnasnet0_5 mnasnet0_75 mnasnet1_3 regnet_x_400mf regnet_x_800mf
regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf regnet_x_32gf regnet_y_400mf regnet_y_800mf
regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf regnet_y_32gf regnet_y_128gf
resnext101_32x8d resnext101_64x4d wide_resnet101_2 shufflenet_v2_x0_5 shufflenet_v2_x1_5
shufflenet_v2_x2_0 efficientnet_lite0 efficientnet_lite1 efficientnet_lite2 efficientnet_lite3
efficientnet_lite4 tf_efficientnet_lite0 tf_efficientnet_lite1 tf_efficientnet_lite2
tf_efficientnet_lite3 tf_efficientnet_lite4 tf_efficientnet_b0 tf_efficientnet_b1 tf_efficientnet_b2
tf_efficientnet_b3 tf_efficientnet_b4 tf_efficientnet_b5 tf_efficientnet_b6 tf_efficientnet_b7
tf_efficientnetv2_b0 tf_efficientnetv2_b1 tf_efficientnetv2_b2 tf_efficientnetv2_b3
tf_efficientnetv2_s tf_efficientnetv2_m tf_efficientnetv2_l tf_mobilenetv3_small_075
tf_mobilenetv3_small_100 tf_mobilenetv3_small_minimal_100 tf_mobilenetv3_large_075
tf_mobilenetv3_large_100 tf_mobilenetv3_large_minimal_100 mobilenetv3_small_050
mobilenetv3_small_075 mobilenetv3_small_100 mobilenetv3_large_100 mobilenetv2_050 mobilenetv2_140
mobilenetv4_conv_small mobilenetv4_conv_medium convnextv2_atto convnextv2_femto convnextv2_pico
convnextv2_nano convnextv2_tiny resnet26d resnet50d
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
