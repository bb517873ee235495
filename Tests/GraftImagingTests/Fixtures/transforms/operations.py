"""Write what Pillow 13, torchvision, numpy and OpenCV make of the images of make_fixtures.py.

Reads inputs.bin and the list of inputs in oracle.json; writes

operations.json  for each case the operation, its numbers and words, the shape of the result and
                 the first 16 digits of the SHA-256 of its bytes; perspective maps by their corners;
                 where the bytes of `near.bin` begin
near.bin         raw bytes of the results that are compared within one level

Run as: python operations.py   (numpy, Pillow 13, torch, torchvision, albumentations, opencv)
"""

import hashlib
import io
import json
import random
import sys
import types

import cv2
import numpy as np
from albumentations.augmentations.blur.functional import create_motion_kernel
from PIL import Image, ImageFilter

# Only the functions on Pillow images are used; the compiled operators need not load.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("absent")
import torch
import torchvision.transforms.functional as tvf
import torchvision.transforms.v2.functional as v2f

inputs = {}
raw, offset = open("inputs.bin", "rb").read(), 0
for entry in json.load(open("oracle.json"))["inputs"]:
    h, w, c = entry["height"], entry["width"], entry["channels"]
    shape = (h, w) if c == 1 else (h, w, c)
    inputs[entry["name"]] = np.frombuffer(raw, np.uint8, h * w * c, offset).reshape(shape)
    offset += h * w * c

cases, near, near_bytes, perspectives = [], [], b"", []


def add(name, op, numbers, result, words=()):
    data = np.ascontiguousarray(np.asarray(result))
    cases.append({
        "input": name, "op": op, "numbers": list(numbers), "words": list(words),
        "width": data.shape[1], "height": data.shape[0],
        "sha256": hashlib.sha256(data.tobytes()).hexdigest()[:16],
    })


def add_near(name, op, numbers, result):
    global near_bytes
    near.append({"input": name, "op": op, "numbers": list(numbers), "offset": len(near_bytes)})
    near_bytes += np.ascontiguousarray(result).tobytes()


FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
RESIZE = {**FILTERS, "box": Image.Resampling.BOX, "lanczos": Image.Resampling.LANCZOS}
# How far the corners move inward, as shares of half a side: x and y of each from the top left on.
MOVES = [
    (0, 0, 0, 0, 0, 0, 0, 0), (0.5, 0.2, 0.1, 0.4, 0.3, 0.3, 0, 0.5),
    (0.1, 0, 0.05, 0.1, 0, 0, 0.1, 0.02), (0.9, 0.8, 0.2, 0.9, 0.7, 0.1, 0.6, 0.6),
]
WILD = (2.2, -0.4, -9, 0.5, 1.8, -6, 0.02, -0.03)

for name, array in inputs.items():
    im = Image.fromarray(array)
    w, h = im.size
    fill = lambda v: v if im.mode == "L" else (v, v, v)
    maps = [WILD]
    if w > 1 and h > 1:
        start = [[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]]
        for m in MOVES:
            x, y = [int(v * (w // 2)) for v in m[::2]], [int(v * (h // 2)) for v in m[1::2]]
            end = [[x[0], y[0]], [w - 1 - x[1], y[1]], [w - 1 - x[2], h - 1 - y[2]],
                   [x[3], h - 1 - y[3]]]
            coefficients = tvf._get_perspective_coeffs(start, end)
            maps.append(coefficients)
            perspectives.append({
                "width": w, "height": h, "targets": end, "coefficients": coefficients})
    for m in maps:
        for kind, resample in FILTERS.items():
            result = im.transform((w, h), Image.Transform.PERSPECTIVE, m, resample,
                                  fillcolor=fill(91))
            add(name, "perspective", [*m, 91], result, [kind])
    for quarters, method in enumerate([None, Image.Transpose.ROTATE_90,
                                       Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270]):
        add(name, "turn", [quarters], im if method is None else im.transpose(method))
    for side in ((7, 7), (12, 20), (40, 41), (100, 64)):
        add(name, "centerCrop", side, tvf.center_crop(im, [side[1], side[0]]))
    for mode in ("constant", "edge", "reflect", "symmetric"):
        for left, top, right, bottom in ((3, 2, 1, 4), (30, 0, 45, 70)):
            widths = [(top, bottom), (left, right)] + [(0, 0)] * (array.ndim - 2)
            options = {"constant_values": 37} if mode == "constant" else {}
            add(name, "border", [left, top, right, bottom, 37],
                np.pad(array, widths, mode=mode, **options), [mode])
    for radius in (0.1, 0.5, 1, 2, 3.7, 12):
        add(name, "boxBlur", [radius], im.filter(ImageFilter.BoxBlur(radius)))
        add(name, "pillowBlur", [radius], im.filter(ImageFilter.GaussianBlur(radius)))
    for width, height, x, y in ((w + 5, h + 9, 2, 4), (max(w // 2, 1), max(h // 3, 1), -3, 0),
                                (max(w - 1, 1), h, -1, 0)):
        for kind in ("bilinear", "lanczos", "box", "nearest"):
            result = im.resize((width, height), RESIZE[kind]).crop((x, y, x + w, y + h))
            add(name, "magnified", [width, height, x, y], result, [kind])
    for quality in (1, 10, 25, 75, 95, 100):
        file = io.BytesIO()
        im.save(file, "JPEG", quality=quality)
        add(name, "jpeg", [quality], Image.open(file))
    if im.mode == "RGB":
        for order in ((0, 2, 1), (2, 0, 1), (2, 1, 0)):
            add(name, "channels", order, array[:, :, order])
        vectors = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140],
                            [-0.5836, -0.6948, 0.4203]])
        for weights in ((0.1, -0.2, 0.05), (-1.5, 0.3, 2)):
            moved = array + 255 * (vectors @ (np.array(weights) * (0.2175, 0.0188, 0.0045)))
            add(name, "lighting", weights, np.floor(np.clip(moved, 0, 255) + 0.5).astype(np.uint8))
        for b, c, s, hue, early, order in ((1.1, 0.7, 1.4, 0.04, 1, (1, 0, 2)),
                                           (0.9, 1.5, 0.5, -0.05, 0, (2, 0, 1))):
            result = tvf.adjust_brightness(im, b)
            if early:
                result = tvf.adjust_contrast(result, c)
            result = tvf.adjust_hue(tvf.adjust_saturation(result, s), hue)
            if not early:
                result = tvf.adjust_contrast(result, c)
            add(name, "photometric", [b, c, s, hue, early, *order], np.asarray(result)[:, :, order])
    if name in ("noise", "square", "row", "column", "pixel", "gray"):
        for side, angle, direction in ((3, 20, 0), (7, 77, 0.6), (15, 300, -1), (9, 140, -0.3)):
            kernel = create_motion_kernel(side, angle, direction, False, random.Random(0))
            add_near(name, "motion", [side, angle, direction],
                     cv2.filter2D(array, -1, kernel / kernel.sum()))
    if name in ("noise", "square", "gray"):
        y, x = np.mgrid[0:h, 0:w].astype(float)
        shift = np.stack([1.5 * np.sin(0.7 * x + 0.3 * y) * 2 / w,
                          1.2 * np.cos(0.4 * x - 0.5 * y) * 2 / h], -1)
        moved = v2f.elastic(im, torch.tensor(shift[None]),
                            interpolation=v2f.InterpolationMode.BILINEAR)
        add_near(name, "elastic", [], np.asarray(moved))
        planes = torch.tensor(array.copy())[None] if im.mode == "L" else (
            torch.tensor(array.copy()).permute(2, 0, 1))
        bilinear = v2f.InterpolationMode.BILINEAR
        for angle in (20, -75):
            # With another fill than black torchvision counts the image's share of the rim twice.
            turned = v2f.rotate(planes, angle, bilinear)
            add_near(name, "blend", [angle], turned.permute(1, 2, 0).numpy())
        if im.mode == "RGB":
            for share in (0.03, -0.3, 0.5):
                add_near(name, "hue", [share],
                         v2f.adjust_hue(planes, share).permute(1, 2, 0).numpy())

with open("near.bin", "wb") as f:
    f.write(near_bytes)
with open("operations.json", "w") as f:
    text = json.dumps({"cases": cases, "near": near, "perspectives": perspectives},
                      separators=(",", ":"))
    f.write(text.replace('},{"input"', '},\n{"input"').replace('},{"width"', '},\n{"width"') + "\n")
