"""Files of a few kilobytes that ask for seconds and gigabytes: refused in a sentence, or read, at a small cost."""

import gzip
import json
import os
import struct
import time
import zlib

from harness import Place, chunk, has_signal, make_pictures


def deflated(pieces, window=15):
    """Compresses pieces one after the other, so that what they hold is never in memory at once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    return b"".join([packer.compress(piece) for piece in pieces] + [packer.flush()])


def flat_png(width, height, depth=8, color=2, more=b""):
    """A PNG of zeros, about a thousandth of its pixels."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    row = bytes(1 + (width * depth * samples + 7) // 8)
    block = row * 64
    pieces = [block] * (height // 64) + [row] * (height % 64)
    palette = chunk(b"PLTE", bytes(range(48))) if color == 3 else b""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return (b"\x89PNG\r\n\x1a\n" + header + palette + more
            + chunk(b"IDAT", deflated(pieces)) + chunk(b"IEND", b""))


def jpeg_segment(marker, body):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_scan(components, start, end, high, low, data):
    body = bytes([len(components)]) + b"".join(bytes([number, 0]) for number in components)
    return jpeg_segment(0xDA, body + bytes([start, end, high << 4 | low])) + data


def bits(text):
    """A text of 0 and 1 as the bytes of a JPEG scan: filled with ones, with a zero after each 255."""
    text += "1" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0") if text else b""


def progressive(width, height, scans):
    """A flat gray progressive JPEG: one scan of DC, then scans that say only that nothing follows.

    Each takes one coefficient: first all but its last bit, after 63 such scans the last bit.
    """
    blocks = (width + 7) // 8 * ((height + 7) // 8)
    one_code = bytes([1] + [0] * 15)
    tables = (jpeg_segment(0xDB, b"\0" + b"\1" * 64)
              + jpeg_segment(0xC4, b"\0" + one_code + b"\0")        # DC: code 0 means no difference
              + jpeg_segment(0xC4, b"\x10" + one_code + b"\xe0"))   # AC: code 0 ends up to 32,767 blocks
    frame = jpeg_segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    runs = "".join(
        # The run needs its highest bit; a shorter rest is told as longer, which ends the scan too.
        "0" + format(max(min(blocks - start, 32767), 16384) - 16384, "014b")
        for start in range(0, blocks, 32767))
    more = b"".join(
        jpeg_scan([1], n % 63 + 1, n % 63 + 1, *((0, 1) if n < 63 else (1, 0)), bits(runs))
        for n in range(scans - 1))
    return (b"\xff\xd8" + tables + frame + jpeg_scan([1], 0, 0, 0, 0, bits("0" * blocks))
            + more + b"\xff\xd9")


def bmp(width, height, body, compression=0, depth=24, palette=b""):
    start = 54 + len(palette)
    return (b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, len(body), 0, 0,
                          len(palette) // 4, 0) + palette + body)


def gif(width, height, data):
    """One frame of the size given; `data` is its LZW code."""
    blocks = b"".join(bytes([len(part)]) + part for part in (data[i:i + 255] for i in range(0, len(data), 255)))
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
            + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2" + blocks + b"\0;")


def gif_of_zeros(width, height):
    """LZW of zeros: each code is the one before with one more zero, up to 12 bits."""
    codes, size, next_code, left = [(4, 3)], 3, 6, width * height
    codes.append((0, 3))
    left -= 1
    length = 2
    while left > 0:
        if next_code == 4096:
            codes.append((4, size))
            size, next_code, length = 3, 6, 2
            codes.append((0, 3))
            left -= 1
            continue
        if next_code >= 1 << size and size < 12:
            size += 1
        codes.append((next_code, size) if length <= left else (0, size))
        left -= length if length <= left else 1
        next_code += 1
        length += 1
        if next_code > 1 << size and size < 12:
            size += 1
    codes.append((5, size))
    value, place, out = 0, 0, bytearray()
    for code, width_of in codes:
        value |= code << place
        place += width_of
        while place >= 8:
            out.append(value & 255)
            value >>= 8
            place -= 8
    out.append(value & 255)
    return gif(width, height, bytes(out))


def tiff(width, height, data, compression, samples=3, rows=None):
    """One page; all strips are the same bytes, so that a small file may describe a large image."""
    rows = rows or height
    strips = (height + rows - 1) // rows
    fields = [
        (256, 4, [width]), (257, 4, [height]), (258, 3, [8] * samples), (259, 3, [compression]),
        (262, 3, [2 if samples == 3 else 1]), (273, 4, [8] * strips), (277, 3, [samples]), (278, 4, [rows]),
        (279, 4, [len(data)] * strips)]
    place = 8 + len(data) + len(data) % 2
    entries, values = b"", b""
    extra = place + 2 + 12 * len(fields) + 4
    for tag, kind, numbers in fields:
        packed = struct.pack("<" + ("H" if kind == 3 else "I") * len(numbers), *numbers)
        if len(packed) <= 4:
            entries += struct.pack("<HHI", tag, kind, len(numbers)) + packed.ljust(4, b"\0")
        else:
            entries += struct.pack("<HHII", tag, kind, len(numbers), extra + len(values))
            values += packed
    return (b"II*\0" + struct.pack("<I", place) + data + bytes(len(data) % 2)
            + struct.pack("<H", len(fields)) + entries + bytes(4) + values)


def webp_lossless(width, height):
    """VP8L with one symbol in each code: no bits for any pixel."""
    # 14 bits each of size, alpha, version 0; no transform, no cache, no meta codes; five simple codes.
    text = []

    def put(value, count):
        text.extend(value >> index & 1 for index in range(count))

    put(width - 1, 14)
    put(height - 1, 14)
    put(0, 1)
    put(0, 3)
    put(0, 1)
    put(0, 1)
    put(0, 1)
    for _ in range(5):
        put(1, 1)   # simple
        put(0, 1)   # one symbol
        put(0, 1)   # of one bit
        put(0, 1)
    while len(text) % 8:
        text.append(0)
    body = b"\x2f" + bytes(
        sum(bit << index for index, bit in enumerate(text[place:place + 8])) for place in range(0, len(text), 8))
    body += bytes(8)
    body += bytes(len(body) % 2)
    riff = b"WEBPVP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def images():
    """Name and bytes, made when they are asked for, of images that are large in memory, or slow."""

    def packed(kind, start):
        return chunk(kind, start + deflated([bytes(1 << 20)] * 7))

    return {
        "gray64.png": lambda: flat_png(8000, 8000, color=0),
        "rgb64.png": lambda: flat_png(8000, 8000),
        "rgba64.png": lambda: flat_png(8000, 8000, color=6),
        "palette64.png": lambda: flat_png(8000, 8000, depth=4, color=3),
        "bits64.png": lambda: flat_png(8000, 8000, depth=1, color=0),
        "deep64.png": lambda: flat_png(8000, 8000, depth=16, color=6),
        "deepgray64.png": lambda: flat_png(8000, 8000, depth=16, color=0),
        "side.png": lambda: flat_png(30_000, 30_000, depth=1, color=0),
        "texts.png": lambda: flat_png(8, 8, more=packed(b"zTXt", b"Comment\0\0") * 60),
        "profile.png": lambda: flat_png(8, 8, more=packed(b"iCCP", b"icc\0\0")),
        "scans1000.jpg": lambda: progressive(500, 500, 1000),
        "scans100.jpg": lambda: progressive(4000, 4000, 100),
        "scans20.jpg": lambda: progressive(8000, 8000, 20),
        "scans2.jpg": lambda: progressive(8000, 8000, 2),
        "claims.bmp": lambda: bmp(16_000, 4000, bytes(100)),
        "runs.bmp": lambda: bmp(8000, 8000, b"\0\1", compression=1, depth=8, palette=bytes(1024)),
        "moves.bmp": lambda: bmp(8000, 8000, b"\0\2\0\0" * 20_000 + b"\0\1", compression=1, depth=8, palette=bytes(1024)),
        "claims.gif": lambda: gif(65_535, 65_535, b"\x44\1"),
        "few.gif": lambda: gif(8000, 8000, b"\x44\1"),
        "flat.gif": lambda: gif_of_zeros(8000, 8000),
        "flat.webp": lambda: webp_lossless(8000, 8000),
        "claims.webp": lambda: webp_lossless(16_384, 16_384),
        "claims.tif": lambda: tiff(1 << 31, 1 << 31, bytes(16), 1),
        "flat.tif": lambda: tiff(8000, 8000, deflated([bytes(24_000)] * 8000), 8),
        "flatgray.tif": lambda: tiff(8000, 8000, deflated([bytes(8_000)] * 8000), 8, samples=1),
        "strips.tif": lambda: tiff(8000, 8000, deflated([bytes(24_000)]), 8, rows=1),
        "packed.tif": lambda: tiff(8000, 8000, b"\x81\0" * 188, 32773, rows=1),
    }


def safetensors(count):
    names = {f"layer{n}.weight": {"dtype": "F32", "shape": [1], "data_offsets": [4 * n, 4 * n + 4]}
             for n in range(count)}
    text = json.dumps(names, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + bytes(4 * count)


def nested_safetensors(depth):
    text = b'{"__metadata__":' + b'{"a":' * depth
    return struct.pack("<Q", len(text)) + text


def legacy_torch(pickle):
    """The old form: magic, version, facts, then the object; the list of storages is empty."""
    magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
    facts = (b"\x80\x02}q\x00X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03sX\x0d\x00\x00\x00little_endianq\x02\x88s.")
    return magic + b"\x80\x02M\xe9\x03." + facts + b"\x80\x02" + pickle + b".\x80\x02]."


def varint(value):
    out = b""
    while True:
        value, low = value >> 7, value & 127
        out += bytes([low | (128 if value else 0)])
        if not value:
            return out


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def onnx(graph):
    return b"\x08\x08" + field(2, b"bomb") + field(7, graph)


def weights():
    """Name and bytes, made when they are asked for, of weight files."""
    tensor = field(8, b"w") + b"\x10\x01"
    shared = b"]q\0" + b"(" + b"h\0" * 400_000 + b"e"
    doubled = b"(X\1\0\0\0xq\0" + b"".join(
        b"(h" + bytes([n]) + b"h" + bytes([n]) + b"tq" + bytes([n + 1]) for n in range(60)) + b"t"
    return {
        "header100000.safetensors": lambda: safetensors(100_000),
        "header100001.safetensors": lambda: safetensors(100_001),
        "deep.safetensors": lambda: nested_safetensors(1_000_000),
        "length.safetensors": lambda: struct.pack("<Q", 1 << 62) + b"{",
        "tuples.pth": lambda: legacy_torch(b"(" + b")" * 900_000 + b"t"),
        "tuples1.pth": lambda: legacy_torch(b")" + b"\x85" * 900_000),
        "lists.pth": lambda: legacy_torch(b"(" + b"]" * 900_000 + b"t"),
        "dictionaries.pth": lambda: legacy_torch(b"(" + b"}" * 900_000 + b"t"),
        "numbers.pth": lambda: legacy_torch(b"(" + b"K\1" * 900_000 + b"t"),
        "marks.pth": lambda: legacy_torch(b"(" * 900_000 + b"t"),
        "memos.pth": lambda: legacy_torch(b"".join([b"N"] + [b"r" + struct.pack("<I", n) for n in range(400_000)])),
        "shared.pth": lambda: legacy_torch(shared),
        "doubled.pth": lambda: legacy_torch(doubled),
        "texts.pth": lambda: legacy_torch(b"(" + b"X\0\0\0\0" * 300_000 + b"t"),
        "claims.pth": lambda: legacy_torch(b"X\xff\xff\xff\x7f"),
        "dims.onnx": lambda: onnx(field(5, b"".join(b"\x08" + varint((1 << 63) - 1) for _ in range(4)) + tensor)),
        "rank.onnx": lambda: onnx(field(5, b"\x08\1" * 400_000 + tensor)),
        "claims.onnx": lambda: onnx(field(5, b"\x08" + varint(1 << 33) + tensor)),
        "nodes.onnx": lambda: onnx(field(1, b"") * 400_000),
        "attributes.onnx": lambda: onnx(field(1, field(5, b"") * 400_000)),
        "inputs.onnx": lambda: onnx(field(1, field(1, b"") * 400_000)),
        "tensors.onnx": lambda: onnx(field(5, b"") * 99_999),
        "names.onnx": lambda: onnx(b"".join(
            field(5, b"\x08\1" + field(8, b"n%d" % n) + b"\x10\x01" + field(9, bytes(4))) for n in range(99_999))),
        "metadata.onnx": lambda: b"\x08\x08" + field(2, b"bomb") + field(14, b"") * 400_000,
    }


def write_gzip(path, header, pieces):
    """A gzip file of a header and pieces, one piece in memory at a time."""
    with open(path, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write(header)
        for piece in pieces:
            packed.write(piece)


def mnist(folder, count, side):
    write_gzip(
        folder / "train-images-idx3-ubyte.gz", struct.pack(">IIII", 0x803, count, side, side),
        (bytes(side * side * 100) for _ in range(count // 100)))
    write_gzip(
        folder / "train-labels-idx1-ubyte.gz", struct.pack(">II", 0x801, count), [bytes([0, 1]) * (count // 2)])


def packed_labels(folder):
    """Few images, and labels that unpack to a gigabyte."""
    mnist(folder, 1000, 28)
    write_gzip(
        folder / "train-labels-idx1-ubyte.gz", struct.pack(">II", 0x801, 1_000_000_000),
        (bytes(1_000_000) for _ in range(1000)))


def packed_name(folder):
    """A file name of two megabytes in the gzip header."""
    mnist(folder, 1000, 28)
    path = folder / "train-labels-idx1-ubyte.gz"
    whole = gzip.compress(struct.pack(">II", 0x801, 1000) + bytes(1000), 9, mtime=0)
    path.write_bytes(whole[:3] + b"\x08" + whole[4:10] + b"n" * 2_000_000 + b"\0" + whole[10:])


def many_classes(folder):
    mnist(folder, 1000, 28)
    (folder / "classes.txt").write_bytes(b"\n".join(b"%d" % number for number in range(150_000)))


def table(start, piece, count, end=b""):
    def make(folder):
        with open(folder / "table.csv", "wb") as file:
            file.write(start)
            for _ in range(count):
                file.write(piece)
            file.write(end)
    return make


def boxes(name, content):
    def make(folder):
        make_pictures(folder, 1, 1)
        path = folder / "class0" / name
        path.write_bytes(content)
    return make


def recipe(text):
    def make(folder):
        (folder / "bomb.graft").write_text(text)
    return make


RENDER = "render bomb/class0 to=copies existing=replace boxes={}"


def folders():
    """Name, what makes the folder `bomb`, and the commands that read it."""
    coco = b'{"images":[%s],"annotations":[%s],"categories":[%s]}'
    deep = b"[" * 500_000 + b"]" * 500_000
    found = {
        "packed set": (lambda f: mnist(f, 60_000, 130), "data bomb"),
        "packed labels": (packed_labels, "data bomb"),
        "packed name": (packed_name, "data bomb"),
        "classes": (many_classes, "data bomb")}
    for name, parts in {
            "line": (b"file,label\n", b"x" * 1_000_000, 100), "columns": (b"file,label", b",a" * 100_000, 10),
            "commas": (b"file,label\n", b"," * 1_000_000, 10), "quote": (b"file,label\n\"", b"a" * 1_000_000, 100),
            "fields": (b"file,label\n", b"," * 900_000, 1), "rows": (b"file,label\n", b",\n" * 100_000, 1),
            "latin": (b"file,label\n", b"\n" * 500_000, 1, b"\xe9")}.items():
        found["table: " + name] = (table(*parts), "data bomb/table.csv")
    for name, content in {
            "deep": coco % (deep, b"", b""), "objects": coco % (b'{"a":' * 500_000, b"", b""),
            "shape": coco % (b"", b'{"segmentation":' + deep + b"}", b""),
            "images": coco % (b",".join([b"{}"] * 100_000), b"", b""),
            "name": coco % (b'{"file_name":"' + b"x" * 1_000_000 + b'","id":1}', b"", b""),
            "box": coco % (b"", b'{"image_id":1,"category_id":1,"bbox":[' + b"1," * 500_000 + b"1]}", b"")}.items():
        found["coco: " + name] = (boxes("a.json", content), RENDER.format("coco"))
    for name, content in {
            "deep": b"<a>" * 1_000_000, "entity": b'<!DOCTYPE a [<!ENTITY a "b">]><a>&a;</a>',
            "elements": b"<annotation>%s</annotation>" % (b"<a/>" * 900_000)}.items():
        found["voc: " + name] = (boxes("picture0.xml", content), RENDER.format("voc"))
    for name, content in {"rows": b"0 .5 .5 .1 .1\n" * 20_000, "line": b"0 " * 5_000_000}.items():
        found["yolo: " + name] = (boxes("picture0.txt", content), RENDER.format("yolo"))
    for name, text in {
            "groups": 'encoder net("' + "[" * 5000 + "conv(8)" + "]" * 5000 + '")',
            "repetitions": 'encoder net("[[[[conv(8)]*99]*99]*99]*99 fc(2)")',
            "width": 'encoder net("conv(1000000000) fc(1000000000)")',
            "loops": "\n".join(f"for {name} in {' '.join(map(str, range(99)))}" for name in "abcd")
                     + "\nseed 1" + "\nend" * 4,
            "brackets": "augment " + "[" * 200_000 + "]" * 200_000,
            "calls": "augment " + "flip(" * 100_000 + ")" * 100_000, "line": "note " + "x" * 20_000_000,
            "lines": "seed 1\n" * 300_000, "itself": "include bomb.graft"}.items():
        found["recipe: " + name] = (recipe(text), "run bomb/bomb.graft")
    return found


def run(place, text):
    """What a process that runs `text` answers, its processor seconds and the most memory it had, in bytes."""
    said = place.folder / "said"
    with open(said, "wb") as file:
        process = place.start(
            [place.torture.graft, "--no-color", "--threads", "1", "-c", text], stdout=file, stderr=file)
        peak, start = 0, time.monotonic()
        while True:
            # Its own peak: that of wait4 counts what the parent had before the program was loaded.
            try:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                    peak = max([peak] + [int(line.split()[1]) << 10 for line in status if line.startswith("VmHWM")])
            except OSError:
                pass
            number, status, usage = os.wait4(process.pid, os.WNOHANG)
            if number:
                break
            if time.monotonic() - start > 120:
                process.kill()
            time.sleep(0.003)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said.read_text(errors="replace"), usage.ru_utime + usage.ru_stime, peak


def attempt(torture, row, name, text, make, base):
    """One bomb: a sentence or success, at under 100 MB beyond what the program takes, and under a second."""
    with Place(torture) as place:
        make(place.folder)
        status, said, seconds, peak = run(place, text)
    what = f"{name}: status {status}, {seconds:.1f} s, {(peak - base) / 1e6:.0f} MB: {said[:200]}"
    row.check(
        0 <= status <= 4 and (status == 0 or "error:" in said) and len(said) < 5000 and peak - base < 100e6
        and seconds < (10 if "/debug/" in torture.graft else 1), what)


def bombs(torture, row):
    """F4: each bomb costs little. Debug builds are ten times slower, and may take ten seconds."""
    with Place(torture) as place:
        base = run(place, "seed 1")[3]

    def image(name, content):
        def make(folder):
            make_pictures(folder / "pictures", 2, 3)
            (folder / "pictures" / "class0" / name).write_bytes(content())
        return name, "data pictures bad=skip", make

    def weight(name, content):
        return name, f"encoder resnet18 weights={name}", lambda folder: (folder / name).write_bytes(content())

    def folder(name, make, text):
        def fill(place):
            (place / "bomb").mkdir()
            make(place / "bomb")
        return name, text, fill

    items = (
        [image(*item) for item in images().items()] + [weight(*item) for item in weights().items()]
        + [folder(name, *item) for name, item in folders().items()])
    if not torture.full:
        items = [item for item in items if item[0] in SMOKE]
    torture.each(lambda item: attempt(torture, row, *item, base), items)


SMOKE = {
    "rgb64.png", "side.png", "scans1000.jpg", "claims.tif", "flat.webp", "flat.gif", "tuples1.pth",
    "doubled.pth", "attributes.onnx", "dims.onnx", "packed labels", "table: line", "coco: deep", "recipe: groups",
    "recipe: line"}

ROWS = [("F4", "small files that ask for gigabytes, minutes or a deep stack", bombs)]
