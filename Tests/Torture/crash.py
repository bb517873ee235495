"""Kills: the same command again ends with the hash of a run that nothing disturbed."""

import shutil
import time

from harness import Place, read_tensors, stop, training

POINTS = [
    (call, action)
    for call in ("open", "write", "fsync", "rename", "link", "close")
    for action in ("before", "after")] + [("write", "middle")]


def ends_right(row, place, text, expected, what):
    """Runs the command again and compares; nothing of the killed one may be left."""
    result = place.run(text)
    found = place.weights_hash(result)
    left = place.leftovers(place.state)
    row.check(
        result.status == 0 and found == expected and not left,
        f"{what}: then {result}, hash {found} for {expected}, left {left}")


def random_times(torture, row):
    """C1 by the clock."""
    text = training(epochs=10)
    expected, seconds = torture.whole(text)

    def attempt(delay):
        with Place(torture) as place:
            process = place.start(place.arguments(text))
            time.sleep(delay)
            stop(process)
            place.finish(process)
            ends_right(row, place, text, expected, f"kill -9 after {delay:.3f} s")

    count = torture.number(140, 6)
    torture.each(attempt, [torture.random.uniform(0.02, seconds) for _ in range(count)])


def named_points(torture, row):
    """C1 at calls: every kind of call, before it, after it and in the middle of a write."""
    text = training(epochs=5)
    expected, _ = torture.whole(text)
    picks = torture.number([1, 2, 5, 9, 14], [2])
    points = [(call, action, nth) for call, action in POINTS for nth in picks]
    if not torture.full:
        points = points[::2]

    def attempt(point):
        call, action, nth = point
        with Place(torture) as place:
            log = place.folder / "met"
            env = torture.faults(place.state, call, nth, action, log)
            killed = place.run(text, env)
            if not log.exists():
                row.check(killed.status == 0, f"{call} {nth} was not met: {killed}")
                return
            where = log.read_text().strip()
            if row.check(killed.status == -9, f"SIGKILL {action} {where}: {killed}"):
                ends_right(row, place, text, expected, f"SIGKILL {action} {where} ({nth})")

    torture.each(attempt, points)


def chain(torture, row):
    """C2: one run killed again and again."""
    text = training(epochs=30)
    expected, _ = torture.whole(text)
    with Place(torture) as place:
        for number in range(torture.number(20, 4)):
            log = place.folder / f"met{number}"
            call, action = torture.random.choice(POINTS)
            nth = torture.random.randrange(1, 6 if call == "link" else 14)
            result = place.run(text, torture.faults(place.state, call, nth, action, log))
            row.check(
                result.status in (0, -9), f"kill {number}, {action} {call} {nth}: {result}")
        ends_right(row, place, text, expected, "after the chain of kills")


def flipped(torture, row):
    """C7: bytes of the last checkpoint changed one at a time."""
    text = training(epochs=4)
    expected, _ = torture.whole(text)
    with Place(torture) as source:
        log = source.folder / "met"
        # Some way in, when last and last-1 are both there.
        killed = source.run(text, torture.faults(source.state, "link", 2, "after", log))
        found = list(source.state.glob("graft/checkpoints/*/last.safetensors"))
        if not row.check(killed.status == -9 and found, f"the first run was not killed: {killed}"):
            return
        relative = found[0].relative_to(source.state)
        size = found[0].stat().st_size
        header, _ = read_tensors(found[0])
        head = len(str(header))
        count = torture.number(1200, 40)
        # Half of the places in the head, where each byte means something, half in the values.
        places = sorted({
            *range(0, 8), *(index * head // (count // 2) for index in range(count // 2)),
            *(head + index * (size - head) // (count // 2) for index in range(count // 2))})

        def attempt(offset):
            with Place(torture) as place:
                shutil.copytree(source.state, place.state)
                path = place.state / relative
                content = bytearray(path.read_bytes())
                content[offset] ^= 1 << offset % 8
                path.write_bytes(content)
                result = place.run(text)
                said = "last.safetensors" in result.errors + result.output
                row.check(
                    result.status == 0 and place.weights_hash(result) == expected and said,
                    f"byte {offset} of {size}: {result}, hash {place.weights_hash(result)}, said {said}")

        torture.each(attempt, places)


ROWS = [
    ("C1a", "kill -9 at random times; the same command goes on", random_times),
    ("C1b", "kill -9 before, after and in file calls; the same command goes on", named_points),
    ("C2", "one run killed again and again", chain),
    ("C7", "a byte of last.safetensors changed: said, then the right end", flipped),
]
