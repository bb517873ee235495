"""Makes the fixtures of WebP, TIFF, GIF and BMP; needs Pillow 13 with its libtiff, and numpy.

    python formats.py        (in this folder)

Formats/ gets small files; formats.json says which pixels Pillow reads from each, as codecs.json does, and
which it reads with the numbers of colors kept (of palettes). What Pillow does not write (tiles, planes,
runs, odd headers) is put together here by hand, from the formats' definitions.
"""
import hashlib
import io
import json
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin

FOLDER = os.path.dirname(os.path.abspath(__file__))
os.makedirs(os.path.join(FOLDER, "Formats"), exist_ok=True)
random = np.random.default_rng(11)
W, H = 29, 23


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


files = {}
indices = {}


def add(name, data, oracle=None, keeps=False):
    """Stores a file with what Pillow reads from it (or `oracle`, where Graft differs on purpose)."""
    with open(os.path.join(FOLDER, "Formats", name), "wb") as file:
        file.write(data)
    if oracle is not None:
        files[name] = entry(oracle)
        return
    image = Image.open(io.BytesIO(data))
    image.load()
    files[name] = entry(ImageOps.exif_transpose(image).convert("RGB"))
    if keeps:
        indices[name] = entry(Image.fromarray(np.asarray(image)))


def save(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pack(values, depth):
    """Samples of a row as bytes, `depth` bits each, the first ones in the high bits."""
    bits = (np.asarray(values).reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).ravel()).tobytes()


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block


small = photo(W, H)
alpha = Image.fromarray(random.integers(0, 256, (H, W)).astype(np.uint8))
alpha.paste(0, (3, 4, 15, 12))
alpha.paste(255, (18, 4, 27, 18))
translucent = small.copy()
translucent.putalpha(alpha)
gray = small.convert("L")
few = small.quantize(16)
many = small.quantize(200)

# ---- WebP
add("lossy.webp", save(small, "WEBP", quality=70))
add("lossy_photo.webp", save(photo(96, 75), "WEBP", quality=60))
add("lossy_odd.webp", save(photo(1, 17), "WEBP"))
add("lossy_alpha.webp", save(translucent, "WEBP", quality=80))
add("lossless.webp", save(small, "WEBP", lossless=True))
add("lossless_alpha.webp", save(translucent, "WEBP", lossless=True, exact=True))
add("lossless_palette.webp", save(few.convert("RGB"), "WEBP", lossless=True))
add("gray.webp", save(gray, "WEBP"))
add("simple_filter.webp", save(small, "WEBP", quality=5, method=0))
for orientation in range(2, 9):
    add(f"orientation{orientation}.webp", save(small, "WEBP", quality=40, exif=exif(orientation)))
add("animated.webp", save(small, "WEBP", save_all=True, append_images=[photo(W, H)], quality=60))
add("animated_lossless.webp", save(translucent, "WEBP", save_all=True, append_images=[photo(W, H)], lossless=True))


def webp(*chunks):
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def u24(value):
    return struct.pack("<I", value)[:3]


coded = save(small, "WEBP", quality=70)[20:]
frame = u24(4) + u24(3) + u24(W - 1) + u24(H - 1) + u24(100) + b"\0" + b"VP8 " + struct.pack("<I", len(coded)) + coded
add("animated_offset.webp", webp(
    (b"VP8X", b"\x02\0\0\0" + u24(59) + u24(49)), (b"ANIM", b"\x10\x20\x30\xff\0\0"), (b"ANMF", frame)))
add("unknown_chunk.webp", webp((b"VP8X", b"\0\0\0\0" + u24(W - 1) + u24(H - 1)), (b"VP8 ", coded), (b"ODDS", b"abc")))

# ---- GIF
add("palette.gif", save(many, "GIF", interlace=0), keeps=True)
add("interlaced.gif", save(many, "GIF", interlace=1), keeps=True)
add("gray.gif", save(gray, "GIF"))
add("two_colors.gif", save(gray.convert("1"), "GIF"))
add("animated.gif", save(many, "GIF", save_all=True, append_images=[photo(W, H).quantize(64)], loop=0))
add("transparent.gif", save(translucent, "GIF"), keeps=True)
add("noise.gif", save(Image.fromarray(random.integers(0, 256, (80, 90)).astype(np.uint8)), "GIF"))


def gif(width, height, frame, data, colors=None, local=None, transparent=None, extra=b"", flags=0):
    """A GIF whose frame (x, y, width, height) has LZW data; palettes are bytes."""
    def size(palette):
        return 0x80 | (len(palette) // 3).bit_length() - 2
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, size(colors) if colors else 0, 0, 0) + (colors or b"")
    if transparent is not None:
        out += b"!\xf9\x04\x01\0\0" + bytes([transparent]) + b"\0"
    out += extra + b"," + struct.pack("<HHHHB", *frame, (size(local) if local else 0) | flags) + (local or b"")
    return out + data + b";"


def lzw(values, bits):
    """Codes that use no table: a clear code before it would grow."""
    stream, position, since = 0, 0, 0
    def put(code):
        nonlocal stream, position
        stream |= code << position
        position += bits + 1
    for value in values:
        if since == (1 << bits) - 2:
            since = 0
        if since == 0:
            put(1 << bits)
        put(int(value))
        since += 1
    put((1 << bits) + 1)
    data = stream.to_bytes((position + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


palette16 = random.integers(0, 256, 48).astype(np.uint8).tobytes()
other16 = random.integers(0, 256, 48).astype(np.uint8).tobytes()
values = random.integers(0, 16, 20 * 10)
add("offset.gif", gif(40, 30, (7, 5, 20, 10), lzw(values, 4), palette16), keeps=True)
add("offset_transparent.gif", gif(40, 30, (7, 5, 20, 10), lzw(values, 4), palette16, transparent=9), keeps=True)
add("offset_unknown_color.gif", gif(40, 30, (7, 5, 20, 10), lzw(values, 4), palette16, transparent=77))
add("local_palette.gif", gif(20, 10, (0, 0, 20, 10), lzw(values, 4), palette16, local=other16))
add("only_local.gif", gif(20, 10, (0, 0, 20, 10), lzw(values, 4), local=other16))
add("no_palette.gif", gif(20, 10, (0, 0, 20, 10), lzw(values, 4)))
add("larger_than_canvas.gif", gif(8, 8, (3, 2, 20, 10), lzw(values, 4), palette16))
add("comments.gif", gif(20, 10, (0, 0, 20, 10), lzw(values, 4), palette16, extra=b"!\xfe\x05hello\x05world\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"))
add("interlaced_small.gif", gif(20, 3, (0, 0, 20, 3), lzw(values[:60], 4), palette16, flags=0x40))

# ---- BMP
add("rgb24.bmp", save(small, "BMP"))
add("palette8.bmp", save(many, "BMP"), keeps=True)
add("gray8.bmp", save(gray, "BMP"))
add("bilevel.bmp", save(gray.convert("1"), "BMP"))


def bmp(width, height, bits, data, header=40, compression=0, palette=b"", top_down=False, masks=(), gap=0, colors=0):
    if header == 12:
        body = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        body = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression,
                           len(data), 2835, 2835, colors, 0)
        inside = b"".join(struct.pack("<I", mask) for mask in masks)
        body += inside if header == 40 else (inside + b"\0" * header)[:header - 40]
    offset = 14 + len(body) + len(palette) + gap
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + body + palette + b"\0" * gap + data


def rows(values, bits, top_down=False):
    packed = [pack(row, bits) if bits < 8 else row.tobytes() for row in values]
    packed = [row + b"\0" * (-len(row) % 4) for row in packed]
    return b"".join(packed if top_down else packed[::-1])


def quads(count, stride=4):
    return b"".join(random.integers(0, 256, 3).astype(np.uint8).tobytes() + b"\0" * (stride - 3) for _ in range(count))


for bits in (1, 4, 8):
    values = random.integers(0, 1 << bits, (11, 13)).astype(np.uint8)
    add(f"palette{bits}_v3.bmp", bmp(13, 11, bits, rows(values, bits), palette=quads(1 << bits)), keeps=True)
    add(f"palette{bits}_os2.bmp", bmp(13, 11, bits, rows(values, bits), header=12, palette=quads(1 << bits, 3)), keeps=True)
values = random.integers(0, 100, (11, 13)).astype(np.uint8)
add("palette8_used.bmp", bmp(13, 11, 8, rows(values, 8), palette=quads(100), colors=100), keeps=True)
add("palette8_top_down.bmp", bmp(13, 11, 8, rows(values, 8, True), palette=quads(100), colors=100, top_down=True))
add("palette8_os2v2.bmp", bmp(13, 11, 8, rows(values, 8), header=64, palette=quads(256)))
add("gap.bmp", bmp(13, 11, 8, rows(values, 8), palette=quads(256), gap=10))
words = random.integers(0, 1 << 16, (11, 13)).astype("<u2")
add("rgb15.bmp", bmp(13, 11, 16, rows(words, 16)))
add("rgb555.bmp", bmp(13, 11, 16, rows(words, 16), compression=3, masks=(0x7C00, 0x3E0, 0x1F)))
add("rgb565.bmp", bmp(13, 11, 16, rows(words, 16), compression=3, masks=(0xF800, 0x7E0, 0x1F)))
add("rgb565_v4.bmp", bmp(13, 11, 16, rows(words, 16), header=108, compression=3, masks=(0xF800, 0x7E0, 0x1F)))
pixels = random.integers(0, 256, (11, 13, 3)).astype(np.uint8)
add("rgb24_os2.bmp", bmp(13, 11, 24, rows(pixels, 24), header=12))
add("rgb24_top_down.bmp", bmp(13, 11, 24, rows(pixels, 24, True), top_down=True))
add("rgb24_v5.bmp", bmp(13, 11, 24, rows(pixels, 24), header=124))
pixels = random.integers(0, 256, (11, 13, 4)).astype(np.uint8)
add("rgb32.bmp", bmp(13, 11, 32, rows(pixels, 32)))
for title, masks in {"bgrx": (0xFF0000, 0xFF00, 0xFF, 0), "xbgr": (0xFF000000, 0xFF0000, 0xFF00, 0),
                     "bgxr": (0xFF000000, 0xFF00, 0xFF, 0), "rgba": (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
                     "bgra": (0xFF0000, 0xFF00, 0xFF, 0xFF000000), "abgr": (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
                     "zero": (0, 0, 0, 0)}.items():
    add(f"fields_{title}_v3.bmp", bmp(13, 11, 32, rows(pixels, 32), header=56, compression=3, masks=masks))
add("fields_v2.bmp", bmp(13, 11, 32, rows(pixels, 32), header=52, compression=3, masks=(0xFF0000, 0xFF00, 0xFF)))
add("fields_v5.bmp", bmp(13, 11, 32, rows(pixels, 32), header=124, compression=3, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)))

runs8 = bytes([13, 5, 0, 0, 4, 7, 0, 5, 1, 2, 3, 4, 9, 0, 4, 1, 0, 0,  0, 13, *range(13), 0, 0, 0,
               3, 9, 0, 2, 4, 0, 6, 8, 0, 0,  20, 3, 0, 0, 13, 1, 0, 1])
add("runs8.bmp", bmp(13, 5, 8, runs8, compression=1, palette=quads(256)), keeps=True)
add("runs8_skips_rows.bmp", bmp(13, 6, 8, bytes([13, 5, 0, 0, 2, 1, 0, 2, 3, 2, 8, 7, 0, 0, 13, 3, 0, 0, 13, 4, 0, 1]),
                               compression=1, palette=quads(16), colors=16), keeps=True)
runs4 = bytes([13, 0x5A, 0, 0, 4, 0x71, 0, 5, 0x12, 0x34, 0x90, 0, 4, 0x11, 0, 0,  0, 13, 1, 2, 3, 4, 5, 6, 0x70, 0, 0, 0,
               3, 0x90, 0, 2, 4, 0, 6, 0x88, 0, 0,  20, 0x36, 0, 0, 13, 0x10, 0, 1])
add("runs4.bmp", bmp(13, 5, 4, runs4, compression=2, palette=quads(16)), keeps=True)

# ---- TIFF that Pillow writes
for title, image in {"rgb": small, "gray": gray, "rgba": translucent, "palette": many, "bilevel": gray.convert("1"),
                     "cmyk": small.convert("CMYK"), "gray_alpha": translucent.convert("LA")}.items():
    keeps = title == "palette"
    add(f"{title}_raw.tif", save(image, "TIFF"), keeps=keeps)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        if title in ("rgb", "palette", "gray") or compression == "tiff_lzw":
            add(f"{title}_{compression}.tif", save(image, "TIFF", compression=compression), keeps=keeps)
for compression in ("group3", "group4", "tiff_ccitt"):
    add(f"bilevel_{compression}.tif", save(gray.convert("1"), "TIFF", compression=compression))
add("deflate_old.tif", save(small, "TIFF", compression="tiff_deflate"))
add("rgb_jpeg.tif", save(small, "TIFF", compression="jpeg", quality=85))
add("ycbcr_jpeg.tif", save(small.convert("YCbCr"), "TIFF", compression="jpeg"))
add("gray_jpeg.tif", save(gray, "TIFF", compression="jpeg"))
add("rgb_predictor.tif", save(small, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
add("big.tif", save(small, "TIFF", big_tiff=True))
add("pages.tif", save(small, "TIFF", save_all=True, append_images=[photo(20, 20)]))
add("strips.tif", save(photo(60, 90), "TIFF", compression="tiff_lzw", strip_size=2000))
for orientation in range(2, 9):
    add(f"orientation{orientation}.tif", save(small, "TIFF", compression="tiff_lzw", tiffinfo={274: orientation}))

# ---- TIFF by hand
TYPES = {"H": 3, "I": 4, "Q": 16}


def tiff(tags, pieces, tiled=False, order="<", big=False, extra=()):
    """A TIFF of numbered tags (lists of integers; H by default) and data pieces."""
    word, head = ("Q", 16) if big else ("I", 8)
    data, offsets = b"", []
    for piece in pieces:
        offsets.append(head + len(data))
        data += piece + b"\0" * (len(piece) % 2)
    entries = {tag: ("H" if max(values) < 65536 else "I", values) for tag, values in tags.items()}
    places = (324, 325) if tiled else (273, 279)
    entries[places[0]] = (word, offsets)
    entries[places[1]] = (word, [len(piece) for piece in pieces])
    start = head + len(data)
    length = 8 + len(entries) * 20 + 8 if big else 2 + len(entries) * 12 + 4
    directory, outside = b"", b""
    for tag in sorted(entries):
        kind, values = entries[tag]
        body = struct.pack(f"{order}{len(values)}{kind}", *values)
        room = 8 if big else 4
        if len(body) > room:
            place = struct.pack(order + word, start + length + len(outside))
            outside += body + b"\0" * (len(body) % 2)
        else:
            place = body + b"\0" * (room - len(body))
        directory += struct.pack(order + "HH" + word, tag, TYPES[kind], len(values)) + place
    count = struct.pack(order + ("Q" if big else "H"), len(entries))
    magic = b"II" if order == "<" else b"MM"
    header = magic + (struct.pack(order + "HHHQ", 43, 8, 0, start) if big else struct.pack(order + "HI", 42, start))
    return header + data + count + directory + struct.pack(order + word, 0) + outside


def tags(width, height, bits, photometric, samples=1, rows=None, compression=1, planar=1, tile=None, **more):
    out = {256: [width], 257: [height], 258: [bits] * samples, 259: [compression], 262: [photometric], 277: [samples],
           284: [planar]}
    if tile:
        out[322], out[323] = [tile[0]], [tile[1]]
    else:
        out[278] = [rows or height]
    out.update({int(tag[1:]): value for tag, value in more.items()})
    return out


def array_of(image):
    array = np.asarray(image)
    return array[:, :, None] if array.ndim == 2 else array


def strips(array, rows):
    return [array[y:y + rows].tobytes() for y in range(0, array.shape[0], rows)]


def tiles(array, width, height):
    out = []
    for y in range(0, array.shape[0], height):
        for x in range(0, array.shape[1], width):
            part = array[y:y + height, x:x + width]
            full = np.full((height, width, array.shape[2]), 99, array.dtype)
            full[:part.shape[0], :part.shape[1]] = part
            out.append(full.tobytes())
    return out


rgb, rgba = array_of(small), array_of(translucent)
add("tiles.tif", tiff(tags(W, H, 8, 2, 3, tile=(16, 16)), tiles(rgb, 16, 16), True))
add("tiles_gray.tif", tiff(tags(W, H, 8, 1, tile=(16, 32)), tiles(array_of(gray), 16, 32), True))
add("tiles_deflate.tif", tiff(tags(W, H, 8, 2, 3, tile=(16, 16), compression=8),
                              [zlib.compress(tile) for tile in tiles(rgb, 16, 16)], True))
add("planes.tif", tiff(tags(W, H, 8, 2, 3, rows=10, planar=2), [s for c in range(3) for s in strips(rgb[:, :, c:c + 1], 10)]))
add("planes_deflate.tif", tiff(tags(W, H, 8, 2, 3, rows=10, planar=2, compression=8),
                               [zlib.compress(s) for c in range(3) for s in strips(rgb[:, :, c:c + 1], 10)]))
add("planes_tiles_deflate.tif", tiff(tags(W, H, 8, 2, 3, planar=2, compression=8, tile=(16, 16)),
                                     [zlib.compress(s) for c in range(3) for s in tiles(rgb[:, :, c:c + 1], 16, 16)], True))
add("big_endian.tif", tiff(tags(W, H, 8, 2, 3, rows=7), strips(rgb, 7), order=">"))
add("big_big_endian.tif", tiff(tags(W, H, 8, 2, 3, rows=7, compression=8), [zlib.compress(s) for s in strips(rgb, 7)], order=">", big=True), small)  # Not Pillow's.
for order, name in (("<", "little"), (">", "big")):
    deep = (rgb.astype(np.uint16) * 257 ^ random.integers(0, 256, rgb.shape).astype(np.uint16)).astype(order + "u2")
    add(f"rgb16_{name}.tif", tiff(tags(W, H, 16, 2, 3, rows=7), strips(deep, 7), order=order))
    add(f"rgb16_{name}_deflate.tif", tiff(tags(W, H, 16, 2, 3, rows=7, compression=8), [zlib.compress(s) for s in strips(deep, 7)], order=order))
    deep = (rgba.astype(np.uint16) * 257).astype(order + "u2")
    add(f"rgba16_{name}.tif", tiff(tags(W, H, 16, 2, 4, rows=7, t338=[2]), strips(deep, 7), order=order))
    deep = (array_of(gray).astype(np.uint16) * 256 + random.integers(0, 256, (H, W, 1))).astype(order + "u2")
    # Pillow clips at 255; Graft keeps the high byte.
    add(f"gray16_{name}.tif", tiff(tags(W, H, 16, 1, rows=7), strips(deep, 7), order=order), gray.convert("RGB"))
for bits in (1, 2, 4, 8):
    values = random.integers(0, 1 << bits, (H, W))
    data = [b"".join(pack(row, bits) for row in values)]
    for photometric, name in ((0, "white_is_zero"), (1, "black_is_zero")):
        add(f"gray{bits}_{name}.tif", tiff(tags(W, H, bits, photometric), data))
    add(f"gray{bits}_reversed.tif", tiff(tags(W, H, bits, 1, t266=[2]), [bytes(int(f"{b:08b}"[::-1], 2) for b in data[0])]))
    colors = random.integers(0, 65536, 3 << bits).tolist()
    add(f"palette{bits}.tif", tiff(tags(W, H, bits, 3, t320=colors), data), keeps=True)
    add(f"palette{bits}_deflate.tif", tiff(tags(W, H, bits, 3, t320=colors, compression=8), [zlib.compress(data[0])]), keeps=True)
add("rgb_extra.tif", tiff(tags(W, H, 8, 2, 4, t338=[0]), strips(rgba, H)))
add("rgb_no_extra_tag.tif", tiff(tags(W, H, 8, 2, 4), strips(rgba, H)))
add("rgb_premultiplied.tif", tiff(tags(W, H, 8, 2, 4, t338=[1]), strips(np.minimum(rgba, rgba[:, :, 3:]), H)))
add("rgb_premultiplied_deflate.tif", tiff(tags(W, H, 8, 2, 4, t338=[1], compression=8), [zlib.compress(rgba.tobytes())]))
deep = (rgba.astype(np.uint16) * 257).astype("<u2")
add("rgb16_premultiplied.tif", tiff(tags(W, H, 16, 2, 4, t338=[1]), strips(deep, H)))
cmyk = array_of(small.convert("CMYK"))
add("cmyk16.tif", tiff(tags(W, H, 16, 5, 4), strips((cmyk.astype(np.uint16) * 257).astype("<u2"), H)))
add("one_bits_value.tif", tiff({**tags(W, H, 8, 2, 3), 258: [8]}, strips(rgb, H)))
add("orientation0.tif", tiff({**tags(W, H, 8, 2, 3), 274: [0]}, strips(rgb, H)))
add("one_pixel.tif", tiff(tags(1, 1, 8, 2, 3), [b"\x0a\x14\x1e"]))

with open(os.path.join(FOLDER, "formats.json"), "w") as file:
    json.dump({"files": files, "indices": indices}, file, indent=1, sort_keys=True)
    file.write("\n")
print(len(files), "files,", sum(os.path.getsize(os.path.join(FOLDER, "Formats", n)) for n in files), "bytes")
