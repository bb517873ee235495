"""Disks that are really full, read-only or gone; file systems of our own, mounted where that is allowed."""

import shutil
import subprocess

import faults
from harness import DATA, Place, Skip, can_mount, has_signal, training


def mounted(place, prepare, arguments, size="1m"):
    """Runs the program with a small file system over disk/; `prepare` is shell text that makes it unfriendly.

    What is on it at the end is copied to after/, since it goes with the process.
    """
    disk = place.folder / "disk"
    disk.mkdir(exist_ok=True)
    script = (
        f"mount -t tmpfs -o size={size} none disk && mkdir disk/out disk/state && {prepare}\n"
        '"$@"; status=$?; rm -f disk/filler; cp -a disk after; exit $status')
    process = place.start(
        ["unshare", "-rm", "sh", "-c", script, "sh", *arguments],
        {"XDG_STATE_HOME": str(disk / "state")})
    return place.finish(process)


def after(place):
    """The outputs that were on the mounted file system."""
    folder = place.folder / "after" / "out"
    return faults.contents(folder) if folder.exists() else {}


def full(torture, row):
    """C4: a file system with too little room for what is written."""
    if not can_mount():
        raise Skip("mounting is not permitted here")
    every = faults.commands(torture)
    names = list(every) if torture.full else ["save", "predict"]
    # Bytes that are left free on a megabyte.
    rooms = torture.number((0, 4, 8, 16, 32, 64, 128), (0, 8))
    jobs = [(name, room) for name in names for room in rooms]

    def attempt(job):
        name, room = job
        with Place(torture) as place:
            text, files = every[name]
            old = {file: b"old\n" for file in files or []}
            making = " && ".join([f"printf 'old\\n' > disk/out/{file}" for file in old] or ["true"])
            filling = f"{{ head -c {1024 - 8 - 4 * len(old) - room}k /dev/zero > disk/filler 2>/dev/null; true; }}"
            recipe = place.recipe(text.replace("out/", "disk/out/"))
            result = mounted(
                place, f"{making} && {filling}",
                [torture.graft, "--quiet", "--root", str(place.folder), "run", recipe])
            now = after(place)
            what = f"{name} with {room} KiB free"
            if result.status == 0:
                row.check(now and now != old, f"{what}: success without output: {result}")
                return
            # Refused before anything ran, or as it was written.
            refused = result.status == 2 and "are free there" in result.errors
            named = refused or "No space left" in result.errors or "does not fit" in result.errors
            kept = all(now.get(file) == content for file, content in old.items())
            left = place.leftovers(place.folder / "after" / "out")
            row.check(
                named and kept and not left and not has_signal(result),
                f"{what}: {result}, old file kept {kept}, left {left}")

    torture.each(attempt, jobs)
    text = training(4)
    expected, _ = torture.whole(text)

    def train(room):
        with Place(torture) as place:
            filling = f"{{ head -c {1024 - 8 - room}k /dev/zero > disk/filler 2>/dev/null; true; }}"
            result = mounted(place, filling, place.arguments(text))
            found = place.weights_hash(result)
            row.check(
                result.status == 0 and found == expected,
                f"training with {room} KiB for checkpoints: {result}, hash {found}")
            shutil.copytree(place.folder / "after" / "state", place.state)
            again = place.run(text)
            row.check(
                again.status == 0 and place.weights_hash(again) == expected,
                f"again after {room} KiB: {again}")

    torture.each(train, torture.number((0, 4, 16, 32, 48, 64, 80, 96, 128, 256), (0, 64)))


def devices(torture, row):
    """C4: /dev/full behind an output's name and behind standard output."""
    for name, (text, files) in faults.commands(torture).items():
        for file in files or []:
            with Place(torture) as place:
                (place.out / file).symlink_to("/dev/full")
                lines = text.replace("out/", f"{place.out}/").replace("\n", " ; ")
                result = place.call("--quiet", "-c", lines)
                row.check(
                    result.status > 0 and "No space left" in result.errors and not has_signal(result),
                    f"{name} to /dev/full: {result}")
    texts = [DATA, f"load {faults.model(torture)} ; predict {torture.user}/pictures/class0 top=2", "help train"]
    for text in texts:
        with Place(torture) as place, open("/dev/full", "wb") as nowhere:
            result = place.call("-c", text, stdout=nowhere)
            row.check(
                result.status > 0 and "No space left" in result.errors and not has_signal(result),
                f"`{text}` > /dev/full: {result}")
    text = training(2)
    expected, _ = torture.whole(text)
    with Place(torture) as place, open("/dev/full", "wb") as nowhere:
        result = place.run(text, stdout=nowhere)
        row.check(
            result.status > 0 and place.weights_hash() == expected,
            f"training > /dev/full: {result}, hash on disk {place.weights_hash()} for {expected}")


def read_only(torture, row):
    """C5: folders that cannot be written, are not there yet, or are files."""
    text = training(2)
    expected, _ = torture.whole(text)
    lock = "mount -o remount,ro disk"
    every = faults.commands(torture)
    if can_mount():
        with Place(torture) as place:
            result = mounted(place, lock, place.arguments(text))
            row.check(
                result.status == 0 and place.weights_hash(result) == expected,
                f"training with a read-only state folder: {result}")
        for name in every if torture.full else ("save", "render"):
            with Place(torture) as place:
                recipe = place.recipe(every[name][0].replace("out/", "disk/out/"))
                result = mounted(
                    place, lock, [torture.graft, "--quiet", "--root", str(place.folder), "run", recipe])
                row.check(
                    result.status > 0 and "Read-only" in result.errors and not has_signal(result),
                    f"{name} to a read-only folder: {result}")
    for name in every if torture.full else ("predict", "recipe"):
        with Place(torture) as place:
            recipe = place.recipe(every[name][0].replace("out/", "new/inside/"))
            result = place.call("--quiet", "--root", str(place.folder), "run", recipe)
            row.check(
                result.status == 0 and any((place.folder / "new/inside").iterdir()),
                f"{name} makes its folder: {result}")
        with Place(torture) as place:
            (place.folder / "taken").write_text("a file, no folder")
            recipe = place.recipe(every[name][0].replace("out/", "taken/inside/"))
            result = place.call("--quiet", "--root", str(place.folder), "run", recipe)
            row.check(
                result.status > 0 and "taken" in result.errors and not has_signal(result),
                f"{name} below a file: {result}")
    for epochs in torture.number((10, 20, 30), (20,)):
        text = training(epochs)
        expected, seconds = torture.whole(text)
        with Place(torture) as place:
            process = place.start(place.arguments(text))
            try:
                process.wait(seconds * 0.6)
            except subprocess.TimeoutExpired:
                pass
            shutil.rmtree(place.state, ignore_errors=True)
            result = place.finish(process)
            row.check(
                result.status == 0 and place.weights_hash(result) == expected,
                f"state folder removed while it trains: {result}")


ROWS = [
    ("C4a", "a disk that is really full", full),
    ("C4b", "/dev/full as an output and as standard output", devices),
    ("C5", "read-only, missing and removed folders", read_only),
]
