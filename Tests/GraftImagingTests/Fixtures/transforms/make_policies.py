"""Write what torchvision and timm say about automatic policies.

policies.json  the tables of AutoAugment; for each family of magnitudes its strengths, the filter
               and fill color, and for each operation the amounts on an image of 97 x 61 and the
               first 8 digits of the SHA-256 of what becomes of a few images of inputs.bin
               (strengths in turn, the other direction after each where there is one)

Run as: python make_policies.py   (numpy, Pillow 13, torch, torchvision, timm)
"""

import hashlib
import json
import random
import sys
import types

import numpy as np
from PIL import Image, ImageOps

sys.modules["torchvision._meta_registrations"] = types.ModuleType("absent")
import torch
import torchvision.transforms as tv1
from timm.data import auto_augment as timm
from torchvision.transforms import v2

# Rules in float64: in float32 a shift of 16 pixels becomes 15.999999 and is cut to 15.
torch.set_default_dtype(torch.float64)

NAMES = {
    "Identity": "identity", "ShearX": "shearX", "ShearY": "shearY", "TranslateX": "translateX",
    "TranslateY": "translateY", "Rotate": "rotate", "Brightness": "brightness", "Color": "color",
    "Contrast": "contrast", "Sharpness": "sharpness", "Posterize": "posterize",
    "Solarize": "solarize", "AutoContrast": "autocontrast", "Equalize": "equalize",
    "Invert": "invert", "SolarizeAdd": "solarizeAdd", "Desaturate": "desaturate",
    "GaussianBlur": "blur", "GaussianBlurRand": "blur",
}
SIGNED = ["shearX", "shearY", "translateX", "translateY", "rotate"]
ENHANCEMENTS = ["brightness", "color", "contrast", "sharpness"]

with open("oracle.json") as f:
    shapes = json.load(f)["inputs"]
with open("inputs.bin", "rb") as f:
    data = f.read()
images, offset = {}, 0
for shape in shapes:
    size = shape["width"] * shape["height"] * shape["channels"]
    array = np.frombuffer(data[offset:offset + size], np.uint8)
    array = array.reshape(shape["height"], shape["width"], shape["channels"])
    images[shape["name"]] = Image.fromarray(array[:, :, 0] if shape["channels"] == 1 else array)
    offset += size
WIDTH, HEIGHT = 97, 61


def digest(image):
    return hashlib.sha256(np.asarray(image).tobytes()).hexdigest()[:8]


def plain(name):
    for ending in ("Increasing", "Original", "Rel"):
        name = name.removesuffix(ending)
    return NAMES[name]


families = []


def family(name, strengths, filter, fill, inputs, operations):
    """`operations`: Graft's name, whether signed, amount(strength, sign, width, height), and
    apply(image, strength, sign)."""
    rows = []
    for operation, signed, amount, apply in operations:
        calls = [(t, s) for t in strengths for s in ((1, -1) if signed else (1,))]
        rows.append({
            "operation": operation, "isSigned": signed,
            "amounts": [amount(t, s, WIDTH, HEIGHT) for t, s in calls],
            "sha256": {i: [digest(apply(images[i], t, s)) for t, s in calls] for i in inputs},
        })
    families.append({"name": name, "strengths": strengths, "filter": filter, "fill": fill,
                     "operations": rows})


def torchvision_family(name, policy, space, bins, levels, filter):
    # v2 multiplies 1 - t by 255, which leaves 170 an ulp too high; v1 spaces the thresholds.
    space = {**space, "Solarize": (lambda n, h, w: torch.linspace(255, 0, n), False)}
    operations = []
    for op, (magnitudes, signed) in space.items():
        def magnitude(t, s, width, height, op=op, magnitudes=magnitudes):
            values = magnitudes(bins, height, width)
            return 0.0 if values is None else s * float(values[round(t * (bins - 1))])

        def amount(t, s, width, height, op=op, magnitude=magnitude):
            m = magnitude(t, s, width, height)
            return float(int(m)) if "Translate" in op else m

        def apply(image, t, s, op=op, magnitude=magnitude):
            m = magnitude(t, s, *image.size)
            if op == "Posterize" and m == 0:  # refused by Pillow 13, black on tensors
                return Image.new(image.mode, image.size)
            if op == "Solarize":
                return ImageOps.solarize(image, m)
            if "Shear" in op:  # v2 passes atan(m) and takes its tangent, an ulp away from m
                matrix = (1, m, 0, 0, 1, 0) if op == "ShearX" else (1, 0, 0, m, 1, 0)
                return image.transform(image.size, Image.Transform.AFFINE, matrix,
                                       Image.Resampling[filter.upper()])
            return policy._apply_image_or_video_transform(
                image, op, m, tv1.InterpolationMode(filter), {Image.Image: None, "others": None})

        operations.append((NAMES[op], signed, amount, apply))
    family(name, [i / (bins - 1) for i in levels], filter, [0, 0, 0], ["photo", "noise", "gray"],
           operations)


auto, rand, wide, augmix = v2.AutoAugment(), v2.RandAugment(), v2.TrivialAugmentWide(), v2.AugMix()
torchvision_family("torchvision", auto, v2.AutoAugment._AUGMENTATION_SPACE, 10, range(10),
                   "nearest")
torchvision_family("torchvision", rand, v2.RandAugment._AUGMENTATION_SPACE, 31, range(0, 31, 3),
                   "bilinear")
torchvision_family("wide", wide, v2.TrivialAugmentWide._AUGMENTATION_SPACE, 31, range(31),
                   "nearest")
torchvision_family("torchvisionAugmix", augmix, v2.AugMix._AUGMENTATION_SPACE, 10, range(10),
                   "bilinear")

FILL = [124, 116, 104]


def timm_family(name, levels, names, filter):
    hparams = {"img_mean": tuple(FILL), "interpolation": Image.Resampling[filter.upper()]}

    def arguments(op, t, s):
        # timm turns a direction where a draw lies above 1/2; its content moves left and up for
        # positive shifts, Graft's right and down.
        moves = -1 if "Translate" in op else 1
        timm.random.random = lambda: 0.9 if s * moves < 0 else 0.1
        rule = timm.LEVEL_TO_ARG[op]
        return rule(10 * t, hparams) if rule else ()

    operations = []
    for op in names:
        graft = plain(op)

        def amount(t, s, width, height, op=op, graft=graft):
            values = arguments(op, t, s)
            if not values:
                return 0.0
            value = float(values[0])
            if graft in ENHANCEMENTS:
                return value - 1
            if graft == "posterize":
                return min(max(value, 0.0), 8.0)
            return -value * {"translateX": width, "translateY": height}.get(graft, -1)

        def apply(image, t, s, op=op, graft=graft):
            values = arguments(op, t, s)
            if graft == "posterize" and values[0] <= 0:  # refused by Pillow 13, black on tensors
                return Image.new(image.mode, image.size)
            return timm.NAME_TO_OP[op](image, *values, fillcolor=tuple(FILL),
                                       resample=hparams["interpolation"])

        operations.append((graft, graft in SIGNED or "Increasing" in op and graft in ENHANCEMENTS,
                           amount, apply))
    family(name, [level / 10 for level in levels], filter, FILL, ["photo", "noise"], operations)


LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3.7, 8.25]
timm_family("timm", LEVELS, timm._RAND_TRANSFORMS + ["Desaturate"], "bicubic")
timm_family("timmIncreasing", LEVELS + [12, 15], timm._RAND_INCREASING_TRANSFORMS, "bilinear")
timm_family("timmIncreasing", LEVELS + [12], timm._RAND_3A, "bilinear")
timm_family("timmOriginal", LEVELS, ["PosterizeOriginal", "Solarize", "Color", "Rotate"],
            "bilinear")
timm_family("timmResearch", LEVELS, ["PosterizeIncreasing", "Solarize", "Color", "TranslateYRel"],
            "bicubic")

tables = {}
for name, policy in [("imagenet", v2.AutoAugmentPolicy.IMAGENET),
                     ("cifar10", v2.AutoAugmentPolicy.CIFAR10), ("svhn", v2.AutoAugmentPolicy.SVHN)]:
    tables[name] = [[{"operation": NAMES[o], "probability": p, "level": l} for o, p, l in row]
                    for row in v2.AutoAugment(policy)._policies]
for name in ("original", "originalr", "v0", "v0r", "3a"):
    tables[name] = [
        [{"operation": plain(op.name), "probability": op.prob,
          "level": op.magnitude if timm.LEVEL_TO_ARG[op.name] else None} for op in row]
        for row in timm.auto_augment_policy(name, dict(timm._HPARAMS_DEFAULT))]

weights = {name: {plain(k): v for k, v in timm.rand_augment_choices(name).items()}
           for name in ("weights", "3aw")}
text = json.dumps({"tables": tables, "weights": weights, "families": families},
                  separators=(",", ":"))
with open("policies.json", "w") as f:
    f.write(text.replace('},{"operation"', '},\n{"operation"') + "\n")
