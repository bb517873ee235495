"""What a power failure may leave: writes and names that no fsync confirmed are missing, in part or all.

The model is that of POSIX. Data of a file is safe once fsync of the file has returned, a name once fsync of its
folder has: until then any part of them may be on the disk, in any order. A new name may be there while the bytes
are not. Folders themselves stay.
"""

import os
import random

from harness import Place, training


class File:
    """Bytes as the disk has them for certain, and the changes that it may have."""

    def __init__(self):
        self.safe = b""
        self.pending = []

    def whole(self):
        content = bytearray(self.safe)
        for change in self.pending:
            apply(content, change)
        return bytes(content)

    def flush(self):
        self.safe = self.whole()
        self.pending = []

    def cut(self, how, dice):
        """The content after a power failure; `how` says which of the pending changes are kept."""
        content = bytearray(self.safe)
        kept = chosen(self.pending, how, dice)
        for index, change in enumerate(kept):
            is_last = index == len(kept) - 1
            if how != "all" and is_last and change[0] == "write" and dice.random() < 0.5:
                # Cut off, or its length is there and its bytes are zeros.
                count = dice.randrange(len(change[2]) + 1)
                rest = bytes(len(change[2]) - count) if dice.random() < 0.5 else b""
                change = ("write", change[1], change[2][:count] + rest)
            apply(content, change)
        return bytes(content)


def apply(content, change):
    kind, place, data = change
    if kind == "truncate":
        del content[place:]
        content.extend(bytes(place - len(content)))
    else:
        content.extend(bytes(max(0, place - len(content))))
        content[place:place + len(data)] = data


def chosen(changes, how, dice):
    """Some of the changes: none, all, those before a moment, or any."""
    if how == "none":
        return []
    if how == "all":
        return list(changes)
    if how == "first":
        return changes[: dice.randrange(len(changes) + 1)]
    return [change for change in changes if dice.random() < 0.5]


class Disk:
    """A file system that is told what a process does to it."""

    def __init__(self):
        self.folders = []
        # What the program sees, what is safe, and the changes of names in each folder since its last fsync.
        self.names, self.safe, self.pending = {}, {}, {}
        self.checkpoints, self.has_checkpoint = set(), False

    def change(self, *edits):
        """Names that come (with a file) and go (with None), in one step that is done or not."""
        for path, file in edits:
            if file is None:
                self.names.pop(path, None)
            else:
                self.names[path] = file
        self.pending.setdefault(os.path.dirname(edits[0][0]), []).append(edits)

    def do(self, line):
        call, path, rest, data = line.split("\t")
        if call == "mkdir":
            self.folders.append(path)
        elif call == "create":
            self.change((path, File()))
        elif call == "write":
            self.names[path].pending.append(("write", int(rest), bytes.fromhex(data)))
        elif call == "truncate":
            self.names[path].pending.append(("truncate", int(rest), b""))
        elif call == "unlink":
            self.change((path, None))
        elif call == "link":
            self.change((rest, self.names[path]))
        elif call == "rename":
            # A rename between two names of one file does nothing.
            if self.names[path] is not self.names.get(rest):
                self.change((path, None), (rest, self.names[path]))
        elif call == "fsync" and path in self.names:
            self.names[path].flush()
        elif call == "fsync":
            for edits in self.pending.pop(path, []):
                settle(self.safe, edits)
        self.note(path, rest)

    def note(self, path, rest):
        """Remembers every checkpoint that was whole under its name, and since when one is safe."""
        if rest.endswith("/last.safetensors"):
            self.checkpoints.add(self.names[rest].whole())
        self.has_checkpoint |= any(name.endswith("/last.safetensors") for name in self.safe)

    def after_failure(self, how, dice):
        """The names and contents that a power failure leaves now."""
        names = dict(self.safe)
        for folder, changes in self.pending.items():
            for edits in chosen(changes, how, dice):
                settle(names, edits)
        contents = {}
        for file in {id(file): file for file in names.values()}.values():
            contents[id(file)] = file.cut(how, dice)
        return {path: contents[id(file)] for path, file in names.items()}


def settle(names, edits):
    for path, file in edits:
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file


def lost(torture, row):
    """C6: the writes of one run are replayed up to a moment, and what was not flushed is lost."""
    text = training(epochs=4)
    expected, _ = torture.whole(text)
    with Place(torture) as place:
        trace = place.folder / "trace"
        env = {
            "LD_PRELOAD": torture.shim, "TORTURE_PREFIX": str(place.state) + "/", "TORTURE_TRACE": str(trace)}
        result = place.run(text, env)
        lines = trace.read_text().splitlines() if trace.exists() else []
        if not row.check(result.status == 0 and lines, f"the recorded run: {result}"):
            return
        root = str(place.state)
        # The record itself must be right: with nothing lost it gives the tree that is there.
        disk = Disk()
        for line in lines:
            disk.do(line)
        whole = disk.after_failure("all", random.Random(0))
        real = {str(path): path.read_bytes() for path in place.state.rglob("*") if path.is_file()}
        row.check(whole == real, f"the record gives {sorted(whole)} for {sorted(real)}, or other bytes")

    dice = random.Random(6)
    count = torture.number(500, 16)
    cases = [
        (len(lines) if index == 0 else dice.randrange(1, len(lines) + 1),
         ("none", "first", "any", "any")[index % 4], dice.randrange(1 << 30)) for index in range(count)]

    def attempt(case):
        moment, how, seed = case
        disk = Disk()
        for line in lines[:moment]:
            disk.do(line)
        with Place(torture) as place:
            for folder in disk.folders:
                os.makedirs(str(place.state) + folder[len(root):], exist_ok=True)
            left = disk.after_failure(how, random.Random(seed))
            for path, content in left.items():
                target = str(place.state) + path[len(root):]
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(content)
            what = f"power lost after change {moment} of {len(lines)}, {how} of the rest kept, seed {seed}"
            if disk.has_checkpoint:
                names = {"next.safetensors", "last.safetensors", "last-1.safetensors"}
                whole = [path for path in left if os.path.basename(path) in names and left[path] in disk.checkpoints]
                row.check(whole, f"{what}: no checkpoint is whole among {sorted(left)}")
            if moment == len(lines):
                try:
                    ended = [record.get("status") for record in place.records()]
                except ValueError as fault:
                    ended = f"not read: {fault}"
                row.check(ended == ["completed"], f"{what}: the run that had ended is {ended}")
            again = place.run(text)
            row.check(
                again.status == 0 and place.weights_hash(again) == expected
                and not place.leftovers(place.state),
                f"{what}: {again}, hash {place.weights_hash(again)}, left {place.leftovers(place.state)}")

    torture.each(attempt, cases)


ROWS = [("C6", "power lost: what no fsync confirmed is missing; the right end", lost)]
