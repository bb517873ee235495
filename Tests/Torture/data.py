"""Folders with files that are no images: each is listed, the others are read, and nothing is changed."""

import os
import struct

from harness import ENCODER, Place, chunk, digest, has_signal, make_pictures, png


def bad_files(folder, count):
    """Writes broken files of each kind into a folder; returns their names."""
    good = png(16, 16, (1, 2, 3))
    bomb = good[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)) + good[33:]
    kinds = {
        "cut.png": good[: len(good) // 2], "zero.png": b"", "page.jpg": b"<!DOCTYPE html><html></html>",
        "crc.png": png(16, 16, (4, 5, 6), crc_of_pixels=1), "bomb.png": bomb,
        "head.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0", "zeros.png": bytes(500)}
    names = []
    for index in range(count):
        kind = (*kinds, "link.png", "pipe.png")[index % (len(kinds) + 2)]
        path = folder / f"bad{index}-{kind}"
        if kind == "link.png":
            path.symlink_to("/nowhere/at/all.png")
        elif kind == "pipe.png":
            os.mkfifo(path)
        else:
            path.write_bytes(kinds[kind])
        names.append(f"{folder.name}/{path.name}")
    return names


def mixed(torture, row):
    """B1: one file in a hundred cannot be read."""
    total = torture.number(50_000, 400)
    classes = 4
    with Place(torture) as place:
        pictures = place.folder / "pictures"
        bad = []
        make_pictures(pictures, classes, total // classes, side=32)
        for number in range(classes):
            share = total // 100 // classes + (number < total // 100 % classes)
            bad += bad_files(pictures / f"class{number}", share)
        before = digest(pictures)
        results = [
            place.run(f"data pictures\n{ENCODER}\npreview {pictures}/class0/picture0.png to=out/one.png", threads=count)
            for count in (1, 2)]
        first = results[0]
        events = first.events("data")
        if not row.check(first.status == 0 and events, f"{first} {first.output[-300:]}"):
            return
        listed = {entry["path"]: entry["reason"] for entry in events[0]["bad"]}
        for name in bad:
            row.check(listed.get(name), f"{name} is not listed, or without a reason")
        row.check(len(listed) == len(bad), f"{len(listed)} files listed, {len(bad)} are bad")
        row.check(
            events[0]["images"] == total, f"{events[0]['images']} images of {total} good ones")
        row.check(
            results[1].events("data") == events, "two threads tell other things than one")
        trained = place.run(f"data pictures limit=80\n{ENCODER}\ntrain epochs=1 batch=16 policy=B as=B")
        row.check(trained.status == 0, f"training on it: {trained}")
        row.check(digest(pictures) == before, "the pictures have changed")


def too_many(torture, row):
    """Single bad files alone in a class, and one that vanishes, end with a sentence."""
    with Place(torture) as place:
        pictures = place.folder / "pictures"
        make_pictures(pictures, 2, 3)
        names = bad_files(pictures / "class1", 9)
        result = place.run("data pictures")
        row.check(
            result.status == 4 and "cannot be read" in result.output,
            f"nine bad of fifteen: {result} {result.output[-300:]}")
        for name in names:
            with_one = place.call("-c", f"preview {pictures / name} to=out/one.png")
            row.check(
                with_one.status > 0 and name.split("/")[1] in with_one.errors and not has_signal(with_one),
                f"preview of {name}: {with_one}")


ROWS = [
    ("B1", "one file in a hundred is no image: listed, others read, none changed", mixed),
    ("B1b", "a file that is no image, named alone", too_many),
]
