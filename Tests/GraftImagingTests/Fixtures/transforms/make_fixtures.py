"""Write what Pillow 13, scipy and torchvision make of a few images.

inputs.bin   raw bytes of the input images, one after the other
oracle.json  the inputs' names and shapes; for each case the operation, its numbers, the shape of
             the result and the first 16 digits of the SHA-256 of its bytes; moments of
             torchvision's draws
blur.bin     raw bytes of the blurred images, which are compared within one level

Run as: python make_fixtures.py [PHOTO...]   (numpy, Pillow 13, scipy, torch, torchvision)

With photographs, as `LivePillowTests` runs it, those are the images, whole and in gray, and moments
are left out. Files go to the current folder.
"""

import hashlib
import json
import math
import sys
import types

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from scipy.ndimage import gaussian_filter

# Only the functions on Pillow images are used; the compiled operators need not load.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("absent")
import torch
import torchvision.transforms as tv
import torchvision.transforms.functional as tvf
from torchvision.transforms.autoaugment import _apply_op

rng = np.random.default_rng(20240501)


def photo(height, width):
    """Smooth shapes, edges and texture, like a photograph of something."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = []
    for c in range(3):
        v = 120 + 70 * np.sin(x / (9 + 3 * c) + c) * np.cos(y / (7 + 2 * c))
        v += 60 * (((x - 30 - 5 * c) ** 2 + (y - 25) ** 2) < 200)
        v -= 80 * ((x + 2 * y) % 40 < 3)
        v += rng.normal(0, 9, (height, width))
        planes.append(v)
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


inputs = {
    "photo": photo(61, 97),
    "noise": rng.integers(0, 256, (17, 33, 3), dtype=np.uint8),
    "square": photo(24, 24),
    "flat": np.full((9, 11, 3), (200, 17, 90), np.uint8),
    "dark": rng.integers(3, 40, (20, 20, 3), dtype=np.uint8),
    "row": rng.integers(0, 256, (1, 23, 3), dtype=np.uint8),
    "column": rng.integers(0, 256, (23, 1, 3), dtype=np.uint8),
    "pixel": np.array([[[9, 99, 199]]], np.uint8),
    "gray": photo(29, 41)[:, :, 0],
}
if sys.argv[1:]:
    photos = [np.asarray(Image.open(name).convert("RGB")) for name in sys.argv[1:]]
    inputs = {f"photo{i}": array for i, array in enumerate(photos)}
    inputs |= {f"gray{i}": np.asarray(Image.fromarray(a).convert("L"))
               for i, a in enumerate(photos)}
cases = []


def add(name, op, numbers, result, words=()):
    data = np.asarray(result)
    cases.append({
        "input": name, "op": op, "numbers": list(numbers), "words": list(words),
        "width": data.shape[1], "height": data.shape[0],
        "sha256": hashlib.sha256(data.tobytes()).hexdigest()[:16],
    })


def turned_hue(im, share):
    if im.mode == "L":
        return im
    h, s, v = im.convert("HSV").split()
    h = np.asarray(h, np.uint8) + np.array(int(share * 255)).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(h), s, v)).convert("RGB")


FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
RESIZE = {**FILTERS, "box": Image.Resampling.BOX, "lanczos": Image.Resampling.LANCZOS}
MAPS = [
    (1, 0, 3, 0, 1, -2),
    (1, 0, 2.5, 0, 1, -1.5),
    (0.7, 0, 1, 0, 1.3, -2),
    (-1, 0, 20, 0, 0.5, 1),
    (1, 0.3, 0, 0, 1, 0),
    (1, 0, 0, -0.3, 1, 0),
    (0.9, 0.2, -3, -0.15, 1.1, 4),
    (3.1, 0.4, -7, 0.3, 2.7, -4),
]

for name, array in inputs.items():
    im = Image.fromarray(array)
    fill = lambda v: v if im.mode == "L" else (v, v, v)
    w, h = im.size
    for f in (0, 0.1, 0.37, 0.6, 1, 1.4, 1.9, 3):
        add(name, "brightness", [f], ImageEnhance.Brightness(im).enhance(f))
        add(name, "contrast", [f], ImageEnhance.Contrast(im).enhance(f))
        add(name, "saturation", [f], ImageEnhance.Color(im).enhance(f))
        add(name, "sharpness", [f], ImageEnhance.Sharpness(im).enhance(f))
    for bits in range(1, 9):
        add(name, "posterize", [bits], ImageOps.posterize(im, bits))
    for t in (0, 1, 64, 128, 178.5, 255, 256):
        add(name, "solarize", [t], ImageOps.solarize(im, t))
    for amount in (0, 37, 110):
        lut = [min(255, v + amount) if v < 128 else v for v in range(256)]
        add(name, "solarizeAdd", [amount], im.point(lut * len(im.getbands())))
    for g in (0.5, 0.8, 1, 1.2, 2.2):
        lut = [int((256 - 0.001) * (v / 255) ** g) for v in range(256)]
        add(name, "gamma", [g], im.point(lut * len(im.getbands())))
    add(name, "invert", [], ImageOps.invert(im))
    add(name, "autocontrast", [], ImageOps.autocontrast(im))
    add(name, "equalize", [], ImageOps.equalize(im))
    gray = im.convert("L")
    add(name, "grayscale", [], gray if im.mode == "L" else Image.merge("RGB", [gray] * 3))
    for share in (-0.5, -0.31, -0.05, 0, 0.07, 0.25, 0.5):
        add(name, "hue", [share], turned_hue(im, share))
    add(name, "flip", [], im.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    add(name, "vflip", [], im.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    framed = ImageOps.expand(im, border=(5, 5, 5, 5), fill=fill(37))
    add(name, "pad", [5, 37], framed)
    box = (2, 4, 2 + max(w - 3, 1), 4 + max(h - 3, 1))
    add(name, "padCrop", [5, 37, *box], framed.crop(box))
    box = (w // 5, h // 4, w - w // 6, h - h // 7)
    add(name, "resizedCrop", [*box, 32, 24],
        im.crop(box).resize((32, 24), Image.Resampling.BILINEAR))
    # Down 4 and 1.3 times, up 1.5 times, one axis only.
    for size in ((w // 4, h // 4), (int(w / 1.3), int(h / 1.3)), (w * 3 // 2, h * 3 // 2),
                 (w // 2, h), (w, h * 2)):
        for kind, resample in RESIZE.items():
            size = (max(size[0], 1), max(size[1], 1))
            add(name, "resize", size, im.resize(size, resample), [kind])
    for kind, resample in FILTERS.items():
        for angle in (0, 7.3, 90, 180, 270, -33, 123.4, -0.5, 359):
            for expand in (0, 1):
                add(name, "rotate", [angle, expand, 37],
                    im.rotate(angle, resample, expand=bool(expand), fillcolor=fill(37)), [kind])
        for m in MAPS:
            add(name, "affine", [*m, w + 3, h, 91],
                im.transform((w + 3, h), Image.Transform.AFFINE, m, resample,
                             fillcolor=fill(91)), [kind])
        if name.startswith(("photo", "gray")):
            angle, shift, scale, shear = 20, (3, -2), 1.2, (7, -4)
            # torchvision's positive angle turns clockwise; Graft's counter-clockwise.
            add(name, "composed", [-angle, *shift, scale, *shear],
                tvf.affine(im, angle, shift, scale, shear,
                           interpolation=tv.InterpolationMode(kind), fill=0), [kind])
    if im.mode == "RGB" and name.startswith(("photo", "noise", "square")):
        t = 9 / 30
        for op, policy, amount in [
            ("shearX", "ShearX", 0.3 * t), ("shearY", "ShearY", 0.3 * t),
            ("translateX", "TranslateX", int(150 / 331 * w * t)),
            ("translateY", "TranslateY", int(150 / 331 * h * t)), ("rotate", "Rotate", 30 * t),
            ("brightness", "Brightness", 0.9 * t), ("color", "Color", 0.9 * t),
            ("contrast", "Contrast", 0.9 * t), ("sharpness", "Sharpness", 0.9 * t),
            ("posterize", "Posterize", 7), ("solarize", "Solarize", 178.5),
            ("autocontrast", "AutoContrast", 0), ("equalize", "Equalize", 0),
            ("invert", "Invert", 0), ("identity", "Identity", 0),
        ]:
            for sign in (1, -1) if op in ("shearX", "shearY", "translateX", "translateY", "rotate",
                                          "brightness", "color", "contrast",
                                          "sharpness") else (1,):
                result = _apply_op(im, policy, sign * amount, tv.InterpolationMode.NEAREST, None)
                add(name, "policy", [sign * amount], result, [op])

blurs, blurred = [], b""
for name, sigma in [("photo", 1.3), ("gray", 3), ("row", 2), ("column", 0.7), ("pixel", 1),
                    ("noise", 0.9), ("flat", 2), ("square", 5), ("photo0", 2.4), ("gray0", 1.1)]:
    if name not in inputs:
        continue
    array = inputs[name].astype(float)
    axes = (sigma, sigma, 0) if array.ndim == 3 else (sigma, sigma)
    result = np.rint(gaussian_filter(array, axes, mode="mirror")).astype(np.uint8)
    blurs.append({"input": name, "sigma": sigma, "offset": len(blurred)})
    blurred += result.tobytes()


def resized_crop_moments(width, height, scale, ratio, count=40000):
    torch.manual_seed(0)
    image = Image.new("L", (width, height))
    draws = np.array([tv.RandomResizedCrop.get_params(image, scale, ratio)
                      for _ in range(count)], float)
    top, left, h, w = draws.T
    columns = [left, top, w, h, w * h]
    return {
        "width": width, "height": height, "scale": list(scale), "ratio": list(ratio),
        "count": count, "means": [float(c.mean()) for c in columns],
        "deviations": [float(c.std()) for c in columns],
    }


oracle = {
    "inputs": [{"name": n, "width": a.shape[1], "height": a.shape[0],
                "channels": 1 if a.ndim == 2 else 3} for n, a in inputs.items()],
    "cases": cases,
    "blurs": blurs,
    "resizedCrops": [
        resized_crop_moments(300, 200, (0.08, 1.0), (3 / 4, 4 / 3)),
        resized_crop_moments(120, 400, (0.6, 1.0), (3 / 4, 4 / 3)),
    ] if not sys.argv[1:] else [],
}
with open("inputs.bin", "wb") as f:
    f.write(b"".join(a.tobytes() for a in inputs.values()))
with open("blur.bin", "wb") as f:
    f.write(blurred)
with open("oracle.json", "w") as f:
    f.write(json.dumps(oracle, separators=(",", ":")).replace('},{"input"', '},\n{"input"') + "\n")
