"""One call of the program to the file system fails: the user is told what and why, or the output is whole."""

import errno
import os

from harness import DATA, ENCODER, Place, has_signal, training

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EDQUOT, errno.EINTR, "short")
CALLS = ("open", "write", "fsync", "rename", "close", "link")


def model(torture):
    """A trained model of the user's."""
    return torture.user / "model.safetensors"


def commands(torture):
    """Each writing command: its lines, and the files under out/ that it writes."""
    load = f"load {model(torture)} as=B\n"
    pictures = torture.user / "pictures"
    return {
        "save": (load + "save out/model.safetensors", ["model.safetensors"]),
        "predict": (load + f"predict {pictures}/class0 to=out/labels.csv", ["labels.csv"]),
        "export": (load + "export out/model.onnx", ["model.onnx"]),
        "recipe": (f"{DATA}\n{ENCODER}\nsave out/recipe.graft overwrite=yes", ["recipe.graft"]),
        "preview": (f"{DATA}\npreview 2 augment=flip to=out/preview.png", ["preview.png"]),
        "render": (f"{ENCODER}\nrender {pictures} augment=flip to=out/copies", None),
    }


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()}


def names_reason(result, error):
    reason = "" if error == "short" else os.strerror(error)
    return result.status not in (0, None) and reason in result.errors + result.output


def tells(row, what, result, place, reference, old, error):
    """Success with the whole output, or a failure that names path and reason and spoils nothing."""
    now = contents(place.out)
    if has_signal(result):
        return row.check(False, f"{what}: {result}")
    if result.status == 0:
        different = [name for name in {*now, *reference} if now.get(name) != reference.get(name)]
        return row.check(not different, f"{what}: success, and {different} differ")
    spoiled = [
        name for name, content in now.items() if content not in (old.get(name), reference.get(name))
        and not name.endswith("manifest.jsonl")]
    told = names_reason(result, error) and "out" in result.errors + result.output
    return row.check(told and not spoiled, f"{what}: {result} {result.output[-300:]}, spoiled {spoiled}")


def outputs(torture, row):
    """C3 for each command that writes a file."""
    every = commands(torture)
    names = list(every) if torture.full else ["save", "predict"]
    jobs = []
    for name in names:
        with Place(torture) as place:
            result = place.call("--quiet", "run", place.recipe(every[name][0]))
            if not row.check(result.status == 0, f"{name}: {result}"):
                continue
            reference = contents(place.out)
        errors = ERRORS if torture.full else (errno.ENOSPC, "short")
        jobs += [
            (name, reference, call, error) for call in CALLS for error in errors
            if error != "short" or call == "write"]

    def attempt(job):
        name, reference, call, error = job
        text, files = every[name]
        for nth in range(1, 400 if torture.full else 5):
            with Place(torture) as place:
                log = place.folder / "met"
                old = {file: b"what was there before\n" for file in files or []}
                for file, content in old.items():
                    (place.out / file).write_bytes(content)
                env = torture.faults(place.out, call, nth, error, log)
                recipe = place.recipe(text.replace("out/", f"{place.out}/"))
                result = place.call("--quiet", "run", recipe, env=env)
                if not log.exists():
                    row.check(result.status == 0, f"{name} undisturbed: {result}")
                    return
                what = f"{name}: {error} at {call} {nth}, {log.read_text().strip()}"
                expected = reference
                if name == "recipe":
                    # A recipe names its outputs by their place.
                    expected = contents(place.out) if result.status == 0 else reference
                tells(row, what, result, place, expected, old, error)
                left = place.leftovers(place.out)
                row.check(not left, f"{what}: left {left}")

    torture.each(attempt, jobs)


def checkpoints(torture, row):
    """C3 for a training: when only a checkpoint cannot be written, it goes on to the same weights."""
    text = training(3)
    expected, _ = torture.whole(text)
    errors = ERRORS if torture.full else (errno.ENOSPC, errno.EIO)
    jobs = [
        (call, error) for call in CALLS for error in errors if error != "short" or call == "write"]

    def attempt(job):
        call, error = job
        for nth in range(1, 60 if torture.full else 4):
            with Place(torture) as place:
                log = place.folder / "met"
                env = torture.faults(place.state / "graft" / "checkpoints", call, nth, error, log)
                result = place.run(text, env)
                if not log.exists():
                    return
                what = f"training: {error} at {call} {nth}, {log.read_text().strip()}"
                right = result.status == 0 and place.weights_hash(result) == expected
                if row.check(right, f"{what}: {result}, hash {place.weights_hash(result)}"):
                    again = place.run(text)
                    row.check(
                        again.status == 0 and place.weights_hash(again) == expected
                        and not place.leftovers(place.state),
                        f"{what}, again: {again}, left {place.leftovers(place.state)}")

    torture.each(attempt, jobs)


def journals(torture, row):
    """C3 for the journal of a session: what cannot be noted does not stop the work, or is named."""
    text = training(1)
    expected, _ = torture.whole(text)
    errors = ERRORS if torture.full else (errno.ENOSPC,)

    def attempt(job):
        call, error = job
        for nth in range(1, 40 if torture.full else 3):
            with Place(torture) as place:
                log = place.folder / "met"
                env = torture.faults(place.state / "graft" / "sessions", call, nth, error, log)
                result = place.run(text, env)
                if not log.exists():
                    return
                what = f"journal: {error} at {call} {nth}"
                right = result.status == 0 and place.weights_hash(result) == expected
                row.check(
                    right or names_reason(result, error) and not has_signal(result), f"{what}: {result}")

    torture.each(attempt, [
        (call, error) for call in ("open", "write", "fsync", "close") for error in errors
        if error != "short" or call == "write"])


ROWS = [
    ("C3a", "the n-th file call of a writing command fails or writes short", outputs),
    ("C3b", "the n-th file call of a checkpoint fails: the training goes on", checkpoints),
    ("C3c", "the n-th file call of the journal fails", journals),
]
