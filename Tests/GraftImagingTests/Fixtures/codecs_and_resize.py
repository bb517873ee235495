"""Makes the fixtures of the codec and resize tests; needs Pillow 13 and numpy.

    python codecs_and_resize.py        (in this folder)

Codecs/ gets small files; codecs.json says which pixels Pillow reads from each. resize.json says what
Pillow's resize makes of Codecs/photo.png and images cut from it. Pixels are given as the SHA-256
of height x width x channels bytes.
"""
import hashlib
import io
import json
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER = os.path.dirname(os.path.abspath(__file__))
os.makedirs(os.path.join(FOLDER, "Codecs"), exist_ok=True)
random = np.random.default_rng(7)


def photo(width, height):
    """An image with smooth areas, edges and noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    red = 127 + 120 * np.sin(x / 9) * np.cos(y / 13)
    green = 255 * ((x // 11 + y // 7) % 2)
    blue = 255 * np.hypot(x - width / 2, y - height / 2) / np.hypot(width / 2, height / 2)
    noise = random.normal(0, 12, (height, width, 3))
    return Image.fromarray(np.clip(np.dstack([red, green, blue]) + noise, 0, 255).astype(np.uint8))


def entry(image):
    array = np.asarray(image)
    return {
        "width": image.width,
        "height": image.height,
        "channels": 1 if array.ndim == 2 else array.shape[2],
        "sha256": hashlib.sha256(array.tobytes()).hexdigest(),
    }


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, color, rows, interlace=0, before=b"", after=b""):
    """A PNG of packed rows (a list of passes, each a list of byte strings), filter 0 throughout."""
    raw = b"".join(b"\0" + row for rows_of_pass in rows for row in rows_of_pass)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
        + chunk(b"IDAT", zlib.compress(raw, 9)) + after + chunk(b"IEND", b"")
    )


def pack(values, depth):
    """A row of samples as bytes, `depth` bits each."""
    if depth == 16:
        return values.astype(">u2").tobytes()
    bits = (values.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).ravel()).tobytes()


def passes(samples, depth, interlaced):
    """The rows of an array of samples (height, width, samples a pixel), pass by pass."""
    grid = [(0, 0, 1, 1)]
    if interlaced:
        grid = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in grid]
    return [[pack(row.ravel(), depth) for row in part] for part in parts if part.shape[0] and part.shape[1]]


files = {}


def add(name, data, oracle=None):
    """Stores a file with what Pillow reads from it (or `oracle`, where Graft differs on purpose)."""
    with open(os.path.join(FOLDER, "Codecs", name), "wb") as file:
        file.write(data)
    image = Image.open(io.BytesIO(data))
    expected = oracle or ImageOps.exif_transpose(image).convert("RGB")
    files[name] = entry(expected)


def save(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


small = photo(37, 29)
colors = {"gray": (0, 1, [1, 2, 4, 8, 16]), "rgb": (2, 3, [8, 16]), "palette": (3, 1, [1, 2, 4, 8]),
           "grayalpha": (4, 2, [8, 16]), "rgba": (6, 4, [8, 16])}
for title, (color, samples, depths) in colors.items():
    for depth in depths:
        for interlaced in (0, 1):
            top = 1 << depth
            values = random.integers(0, top, (11, 13, samples)).astype(np.uint32)
            palette = chunk(b"PLTE", random.integers(0, 256, (min(top, 256), 3)).astype(np.uint8).tobytes())
            data = png(13, 11, depth, color, passes(values, depth, interlaced), interlaced,
                       before=palette if title == "palette" else b"")
            oracle = None
            if title == "gray" and depth == 16:  # Pillow clips at 255; Graft keeps the high byte.
                oracle = Image.fromarray((values[:, :, 0] >> 8).astype(np.uint8)).convert("RGB")
            add(f"{title}{depth}{'i' if interlaced else ''}.png", data, oracle)

values = random.integers(0, 256, (9, 9, 3)).astype(np.uint32)
add("transparent_rgb.png", png(9, 9, 8, 2, passes(values, 8, 0), before=chunk(b"tRNS", struct.pack(">HHH", *values[4, 4]))))
values = random.integers(0, 4, (9, 9, 1)).astype(np.uint32)
plte = chunk(b"PLTE", bytes(range(200, 212)))
add("transparent_palette.png", png(9, 9, 2, 3, passes(values, 2, 0), before=plte + chunk(b"tRNS", b"\0\x80")))
add("gamma.png", png(9, 9, 2, 3, passes(values, 2, 0), before=chunk(b"gAMA", struct.pack(">I", 100000)) + plte))
add("one_pixel.png", png(1, 1, 8, 2, [[b"\x0a\x14\x1e"]]))
exif = Image.Exif()
exif[0x0112] = 6
add("exif.png", save(small, "PNG", exif=exif))

add("gray.jpg", save(small.convert("L"), "JPEG"))
add("baseline420.jpg", save(small, "JPEG"))
add("baseline422.jpg", save(small, "JPEG", subsampling=1))
add("baseline444.jpg", save(small, "JPEG", subsampling=0, quality=95))
add("progressive.jpg", save(small, "JPEG", progressive=True))
add("progressive_gray.jpg", save(small.convert("L"), "JPEG", progressive=True))
add("optimized.jpg", save(small, "JPEG", optimize=True, quality=30))
add("restarts.jpg", save(small, "JPEG", restart_marker_blocks=1))
add("rgb.jpg", save(small, "JPEG", keep_rgb=True))
add("cmyk.jpg", save(small.convert("CMYK"), "JPEG"))
add("odd.jpg", save(photo(1, 17), "JPEG"))
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    add(f"orientation{orientation}.jpg", save(small, "JPEG", exif=exif, quality=60))
data = save(small, "JPEG")
add("trailing_bytes.jpg", data + b"after the end")
add("padding_between_segments.jpg", data[:2] + b"\xff\xff\xff" + data[2:])

# Encoded here, decoded in Graft after its own encoder: the settings must be Pillow's.
image = photo(96, 75)
encoded = {}
with open(os.path.join(FOLDER, "Codecs", "photo.png"), "wb") as file:
    file.write(save(image, "PNG", optimize=True))
files["photo.png"] = entry(image)
for quality in (10, 50, 75, 95):
    decoded = Image.open(io.BytesIO(save(image, "JPEG", quality=quality))).convert("RGB")
    encoded[str(quality)] = entry(decoded)["sha256"]
encoded["gray75"] = entry(Image.open(io.BytesIO(save(image.convert("L"), "JPEG"))))["sha256"]

with open(os.path.join(FOLDER, "codecs.json"), "w") as file:
    json.dump({"files": files, "jpegEncodings": encoded, "luma": entry(image.convert("L"))},
              file, indent=1, sort_keys=True)

filters = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4}
cases = []
# (crop of photo.png or None, gray, target sizes): natural, flat, one row, one column, tall, odd.
tall = photo(3, 500)
with open(os.path.join(FOLDER, "Codecs", "tall.png"), "wb") as file:
    file.write(save(tall, "PNG", optimize=True))
sources = [
    ("photo.png", None, False, [(24, 19), (74, 58), (144, 112), (96, 30), (33, 75), (1, 1), (96, 75), (200, 3)]),
    ("photo.png", None, True, [(24, 19), (144, 112), (7, 75)]),
    ("photo.png", (13, 9, 61, 58), False, [(32, 32), (224, 224), (61, 20)]),
    ("photo.png", (0, 40, 96, 1), False, [(31, 1), (17, 5), (130, 1)]),
    ("photo.png", (50, 0, 1, 75), True, [(1, 20), (4, 90)]),
    ("tall.png", None, False, [(3, 100), (7, 31), (2, 700), (3, 1)]),
]
for name, crop, gray, sizes in sources:
    source = image if name == "photo.png" else tall
    if gray:
        source = source.convert("L")
    if crop:
        x, y, width, height = crop
        source = source.crop((x, y, x + width, y + height))
    for title, number in filters.items():
        for size in sizes:
            result = entry(source.resize(size, number))
            cases.append({"file": name, "crop": crop, "isGray": gray, "filter": title, **result})
with open(os.path.join(FOLDER, "resize.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in cases) + "\n]\n")

# The evaluation image: torchvision's Resize (short side, long side truncated) and CenterCrop
# (offsets rounded half to even), written out with Pillow.
evaluations = []
for crop in (None, (0, 0, 75, 75), (3, 2, 70, 64), (0, 0, 41, 75)):
    source = image if crop is None else image.crop((crop[0], crop[1], crop[0] + crop[2], crop[1] + crop[3]))
    for short, side in ((256, 224), (35, 32), (32, 32), (21, 16), (40, 33)):
        width, height = source.size
        if width <= height:
            size = (short, int(short * height / width))
        else:
            size = (int(short * width / height), short)
        for title, number in filters.items():
            if title not in ("bilinear", "bicubic"):
                continue
            resized = source.resize(size, number)
            left = int(round((resized.width - side) / 2.0))
            top = int(round((resized.height - side) / 2.0))
            result = entry(resized.crop((left, top, left + side, top + side)))
            evaluations.append({"crop": crop, "filter": title, "short": short, **result})
with open(os.path.join(FOLDER, "evaluation.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case, sort_keys=True) for case in evaluations) + "\n]\n")
