"""Writes state_digests.json: for each encoder its reference's count of parameters, and SHA-256 of its
names and shapes (a line `name: 64, 3, 7, 7` each, sorted by bytes)."""

import hashlib
import json

from reference_models import make

names = """lenet1 lenet4 lenet5 lenet5_original lenet_caffe alexnet alexnet_original zfnet nin allcnn vgg11
vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn tinyvgg googlenet googlenet+aux inception_v2
inception_v3 inception_v3+aux inception_v4 resnet20 resnet32 resnet44 resnet56 resnet110 resnet20_b
resnet32_b resnet44_b resnet56_b resnet110_b resnet18 resnet34 resnet50 resnet101 resnet152 resnetv2_50
resnext50_32x4d wide_resnet50_2 densenet121 squeezenet1_0 squeezenet1_1 mobilenet_v2""".split()
result = {}
for name in names:
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
