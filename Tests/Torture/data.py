"""Folders with files that are no images: each is listed, the others are read, and nothing is changed."""

import os
import pathlib
import random
import shutil
import struct
import tarfile
import threading
import time
import zlib

from harness import (
    ENCODER, FOLDER, Place, Result, Skip, chunk, digest, has_signal, limit_memory, make_pictures, png)


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


def make_large(folder, count=20, side=1000):
    """Pictures of one color that take three megabytes each when they are decoded."""
    for number in range(2):
        inside = folder / f"class{number}"
        inside.mkdir(parents=True)
        for index in range(count):
            color = bytes((index * 11, number * 90, 50))
            packer = zlib.compressobj(1)
            pixels = b"".join(packer.compress(b"\0" + color * side) for _ in range(side)) + packer.flush()
            header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            (inside / f"picture{index}.png").write_bytes(
                b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def cut(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def cut_in_place(path):
    os.truncate(path, path.stat().st_size // 2)


def grow(path):
    with open(path, "ab") as file:
        file.write(b"more")


def become_folder(path):
    path.unlink()
    path.mkdir()


def become_pipe(path):
    path.unlink()
    os.mkfifo(path)


def become_link(path):
    path.unlink()
    path.symlink_to("/nowhere/at/all.png")


CHANGES = {
    "removed": pathlib.Path.unlink, "cut": cut, "cut in place": cut_in_place, "longer": grow,
    "emptied": lambda path: path.write_bytes(b""), "another picture": lambda path: path.write_bytes(png(16, 16, (9, 9, 9))),
    "a page": lambda path: path.write_bytes(b"<!DOCTYPE html><html></html>"), "a folder": become_folder,
    "a pipe": become_pipe, "a dangling link": become_link}


def changing(torture, row):
    """B4: files change after the scan, before they are read and in the middle of an epoch."""
    changes = list(CHANGES) if torture.full else ["removed", "cut in place", "another picture", "a pipe"]
    with Place(torture) as place:
        kept = place.folder / "pictures"
        make_large(kept)
        torture.each(
            lambda item: change(torture, row, kept, *item),
            [(name, moment) for name in changes for moment in ("scan", "epoch")])


def change(torture, row, kept, name, moment):
    """Under this limit half of the pictures are kept in memory, and the others are read in each epoch."""
    what = f"{name} after the {moment}"
    with Place(torture) as place:
        pictures = place.folder / "pictures"
        shutil.copytree(kept, pictures)
        text = (
            f"set checkpoint=epoch\ndata pictures\n{ENCODER}\naugment crop(0.5..1) flip\n"
            "train epochs=40 batch=8 policy=B as=B")
        process = place.start(place.arguments(text), preexec_fn=limit_memory(500 << 20))
        lines, errors = [], []
        readers = [
            threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, b""))),
            threading.Thread(target=lambda: errors.extend(iter(process.stderr.readline, b"")))]
        for reader in readers:
            reader.start()

        def has_come():
            if moment == "scan":
                return any(b'"event":"data"' in line for line in lines)
            return any(pathlib.Path(place.state).glob("graft/checkpoints/*/last.safetensors"))

        start = time.monotonic()
        while not has_come() and process.poll() is None and time.monotonic() - start < 200:
            time.sleep(0.002)
        for path in sorted(pictures.rglob("*.png")):
            CHANGES[name](path)
        try:
            process.wait(timeout=200)
        except Exception:
            process.kill()
            process.wait()
            row.check(False, f"{what}: no end")
            return
        for reader in readers:
            reader.join()
        result = Result(process.returncode, b"".join(lines), b"".join(errors))
        said = result.output + result.errors
        row.check(
            result.status in (1, 4) and "picture" in said and ".png" in said and '"event":"error"' in result.output,
            f"{what}: {result} {result.output[-300:]}")
        if moment == "scan":
            return
        records = [record for record in place.records() if record["name"] == "B"]
        row.check(len(records) == 1, f"{what}: {len(records)} runs on disk")
        shutil.rmtree(pictures)
        shutil.copytree(kept, pictures)
        loaded = place.run("load run=B\nsave out/kept.safetensors")
        row.check(loaded.status == 0, f"{what}: the run is not kept: {loaded} {loaded.output[-300:]}")


# Ways in which a copy may differ in size or in how it lies.
COPIES = [
    "augment=none size=20", "augment=none size=24", "augment=none size=40", "augment=none size=64",
    "augment=flip(p=1)", "augment=vflip(p=1)", "augment=turn(1)", "augment=turn(2)",
    "augment=flip(p=1) size=24", "augment=turn(3) size=48 format=jpeg quality=85"]


def photographs(folder, total):
    """Some of CIFAR-10, four fifths of them for training; returns the training images by class."""
    archive = FOLDER.parents[1].parent / "shared" / "data" / "cifar10_jpeg.tar.gz"
    if not archive.exists():
        raise Skip(f"there is no {archive}")
    training, count, seen = [], 0, 0
    with tarfile.open(archive) as files:
        for member in files:
            if not member.isfile() or not member.name.endswith(".jpg"):
                continue
            seen += 1
            if seen % (60_000 // total) or count == total:
                continue
            count += 1
            kind = pathlib.Path(member.name).parent.name
            path = folder / ("val" if count % 5 == 0 else "train") / kind / f"{count}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files.extractfile(member).read())
            if count % 5:
                training.append(path)
    return training


def plant(place, row, folder, sources, options, prefix):
    """Renders copies of images into the validation split; returns what each is a copy of."""
    made = place.call("-c", f"render {' '.join(map(str, sources))} to=out/{prefix} {options}")
    row.check(made.status == 0, f"render {options}: {made}")
    copies = {}
    for source in sources:
        for copy in (place.out / prefix).glob(f"{source.stem}-1.*"):
            target = folder / "val" / source.parent.name / f"{prefix}-{copy.name}"
            shutil.copy(copy, target)
            copies[str(target.relative_to(folder))] = str(source.relative_to(folder))
    return copies


def near_copies(torture, row):
    """B3: copies of training images among those for validation are found, and hardly anything else."""
    total, each = torture.number(2_000, 400), torture.number(50, 10)
    with Place(torture) as place:
        folder = place.folder / "set"
        sources = random.Random(3).sample(photographs(folder, total), 3 * each)
        exact = {}
        for source in sources[:each]:
            target = folder / "val" / source.parent.name / f"exact-{source.name}"
            shutil.copy(source, target)
            exact[str(target.relative_to(folder))] = str(source.relative_to(folder))
        encoded, changed = {}, {}
        for index, quality in enumerate((30, 45, 60, 75, 90)):
            some = sources[each:2 * each][index::5]
            encoded |= plant(
                place, row, folder, some, f"augment=none format=jpeg quality={quality}", f"q{quality}")
        for index, options in enumerate(COPIES):
            some = sources[2 * each:][index::len(COPIES)]
            changed |= plant(place, row, folder, some, options, f"change{index}")
        before = digest(folder)
        results = [place.run("data set\ncheck data", threads=count) for count in (1, 2)]
        row.check(results[0].events("check_data") == results[1].events("check_data"), "threads tell other things")
        row.check(results[0].status == 1, f"{results[0]}")
        events = results[0].events("check_data")
        if not row.check(len(events) == 1, results[0].output[-300:]):
            return
        pairs = set(events[0]["exact_copies"])
        for copy, source in exact.items():
            row.check(f"{source} = {copy}" in pairs, f"{copy} is not found")
        found = {pair["path"]: pair["of"] for pair in events[0]["near_copies"]}
        for name, planted, least in (("saved again", encoded, 0.95), ("resized or turned", changed, 0.8)):
            # Saved again with its own quality, a JPEG may be the same file.
            missed = [
                copy for copy, source in planted.items()
                if found.get(copy) != source and f"{source} = {copy}" not in pairs]
            row.check(
                len(planted) == each and len(missed) <= (1 - least) * each,
                f"of {len(planted)} copies {name}, these are not found: {missed}")
        wrong = [path for path in found if path not in encoded and path not in changed]
        row.check(len(wrong) < 0.01 * total, f"no copies, but called so: {wrong}")
        row.check(digest(folder) == before, "the pictures have changed")


ROWS = [
    ("B4", "pictures change after the scan and in the middle of a training", changing),
    ("B1", "one file in a hundred is no image: listed, others read, none changed", mixed),
    ("B3", "copies across splits: exact, saved again, resized, mirrored, turned", near_copies),
    ("B1b", "a file that is no image, named alone", too_many),
]
