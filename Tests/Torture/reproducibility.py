"""The same recipe gives the same bytes, wherever and however it runs."""

import os
import pathlib
import shutil

from harness import ENCODER, Place, STEP, training

OUTPUTS = """
save out/model.safetensors
export out/model.onnx
preview 4 augment=[flip, rotate(20)] to=out/preview.png
render USER/pictures to=out/copies copies=1 augment=[flip]
predict USER/pictures/class0 to=out/labels.csv
save out/recipe.graft"""


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def twice(torture, row):
    """R1: every file that a recipe writes, byte by byte."""
    for epochs in torture.number((1, 2, 3, 5), (2,)):
        text = training(epochs) + OUTPUTS.replace("USER", str(torture.user))
        with Place(torture) as place:
            first = place.run(text, threads=2)
            one = contents(place.out)
            for folder in (place.out, place.state, place.folder / "cache"):
                shutil.rmtree(folder, ignore_errors=True)
            place.out.mkdir()
            second = place.run(text, threads=1)
            two = contents(place.out)
            row.check(first.status == 0 and second.status == 0, f"{first}; {second}")
            for name in sorted({*one, *two}):
                row.check(one.get(name) == two.get(name), f"{name} is different the second time")


def threads(torture, row):
    """R2: thread counts."""
    encoders = [ENCODER] + torture.number(["encoder resnet20 weights=random size=16"], [])
    for encoder in encoders:
        text = training(3).replace(ENCODER, encoder)
        expected, _ = torture.whole(text)
        for count in (1, 2, 3, 4, 8):
            with Place(torture) as place:
                found = place.weights_hash(place.run(text, threads=count))
                row.check(found == expected, f"{encoder}: {count} threads give {found} for {expected}")


def every_step(torture, row):
    """R3: stopped at a step, continued in another process."""
    text = training(15)
    expected, _ = torture.whole(text)

    def attempt(step):
        with Place(torture) as place:
            stopped = place.run(text + f" stop={step}")
            resumed = place.run("resume B")
            found = place.weights_hash(resumed)
            row.check(
                resumed.status == 0 and found == expected,
                f"stopped at step {step} ({stopped}), resumed: {resumed}, hash {found} for {expected}")

    torture.each(attempt, range(1, 30) if torture.full else (1, 14, 29))


def elsewhere(torture, row):
    """R5: what is around a run does not matter."""
    text = f"{STEP}\ndata pictures\n{ENCODER}\ntrain epochs=3 batch=4 policy=B augment=flip as=B"

    def found(prepare, name, env=None, **options):
        with Place(torture) as outer:
            place = Place(torture, outer.folder / name)
            prepare(place.folder / "pictures")
            result = place.run(text, env, **options)
            return place.weights_hash(result), result

    def copy(folder):
        shutil.copytree(torture.user / "pictures", folder)

    def backwards(folder):
        for path in sorted((torture.user / "pictures").rglob("*.png"), reverse=True):
            to = folder / path.relative_to(torture.user / "pictures")
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(path.read_bytes())

    expected, first = found(copy, "place")
    row.check(first.status == 0 and expected, f"the first run: {first}")
    cases = [
        ("another folder", copy, "Örtchen, weit weg", {}, {}),
        ("German numbers", copy, "place", {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"}, {}),
        ("Turkish letters", copy, "place", {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"}, {}),
        ("no locale", copy, "place", {"LANG": "", "LC_ALL": "C"}, {}),
        ("another time zone", copy, "place", {"TZ": "Asia/Kathmandu"}, {}),
        ("another umask", copy, "place", {}, {"preexec_fn": lambda: os.umask(0o077)}),
        ("one hash seed", copy, "place", {"SWIFT_DETERMINISTIC_HASHING": "1"}, {}),
        ("another directory order", backwards, "place", {}, {}),
        ("another folder to be in", copy, "place", {}, {"cwd": "/"}),
    ]
    for what, prepare, name, env, options in cases:
        value, result = found(prepare, name, env, **options)
        row.check(value == expected, f"{what}: {value} for {expected}, {result}")


ROWS = [
    ("R1", "the same recipe twice: every file the same bytes", twice),
    ("R2", "1, 2, 3, 4 and 8 threads: the same weights", threads),
    ("R3", "stopped at each step and resumed in another process", every_step),
    ("R5", "another folder, locale, time zone, umask, hash seed, folder order", elsewhere),
]
