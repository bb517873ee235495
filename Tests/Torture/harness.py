"""What the rows of scripts/torture share: places of their own, processes, pictures, weight files, and the table."""

import binascii
import concurrent.futures
import hashlib
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import zlib

FOLDER = pathlib.Path(__file__).resolve().parent
DATA = "data demo:shapes limit=40"
ENCODER = 'encoder net("[conv(8) relu pool]*2 fc(16) relu") size=16'
STEP = "set checkpoint=step"


class Skip(Exception):
    """A row cannot be tried on this machine; the text says why."""


class Row:
    """One line of the table: what was tried, and the first words about each failure."""

    def __init__(self, name, title):
        self.name, self.title = name, title
        self.held, self.failures, self.skipped, self.seconds = 0, [], "", 0.0
        self.lock = threading.Lock()

    def check(self, holds, what):
        with self.lock:
            if holds:
                self.held += 1
            else:
                self.failures.append(" ".join(str(what).split())[:600])
        return holds


class Result:
    """A process that has ended: its exit status (negative for a signal), what it wrote, and its events."""

    def __init__(self, status, output, errors):
        self.status = status
        self.output = output.decode("utf-8", "replace")
        self.errors = errors.decode("utf-8", "replace")

    def events(self, kind):
        found = []
        for line in self.output.splitlines():
            if line.startswith("{"):
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if event.get("event") == kind:
                    found.append(event)
        return found

    def __str__(self):
        return f"status {self.status}: {self.errors.strip()[-400:]}"


class Place:
    """A folder with a home, a state folder and outputs of its own, in which the program runs."""

    def __init__(self, torture, folder=None):
        self.torture = torture
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(dir=torture.work))
        self.state = self.folder / "state"
        self.out = self.folder / "out"
        self.out.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, more=None):
        values = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LANG": "C.UTF-8",
            "XDG_STATE_HOME": str(self.state), "XDG_CACHE_HOME": str(self.folder / "cache"),
            "XDG_CONFIG_HOME": str(self.folder / "config"), "TMPDIR": str(self.folder), "TERM": "xterm",
            "GRAFT_OFFLINE": "1", "SWIFT_BACKTRACE": "enable=no"}
        values.update(more or {})
        return values

    def recipe(self, text, name="recipe.graft"):
        path = self.folder / name
        path.write_text(text + "\n")
        return str(path)

    def arguments(self, text, threads=1):
        return [self.torture.graft, "--json", "--quiet", "--threads", str(threads), "run", self.recipe(text)]

    def start(self, arguments, env=None, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("cwd", self.folder)
        return subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, env=self.environment(env), **options)

    def finish(self, process, limit=300):
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            return Result("no end", output or b"", errors or b"")
        return Result(process.returncode, output or b"", errors or b"")

    def run(self, text, env=None, threads=1, limit=300, **options):
        """Runs a recipe with JSON lines on its output."""
        return self.finish(self.start(self.arguments(text, threads), env, **options), limit)

    def call(self, *arguments, env=None, limit=300, **options):
        return self.finish(self.start([self.torture.graft, *arguments], env, **options), limit)

    def records(self):
        """What run.json says of each run on disk."""
        found = []
        for path in sorted(self.state.glob("graft/checkpoints/*/run.json")):
            found.append(json.loads(path.read_text()))
        return found

    def weights_hash(self, result=None):
        """The hash of the run B that a process told, else the one on disk."""
        runs = result.events("run") if result else []
        if runs:
            return runs[-1]["weights_hash"]
        records = [record for record in self.records() if record["name"] == "B"]
        return records[-1].get("weightsHash") if records else None

    def leftovers(self, *folders):
        """Files of writes that did not come to their end."""
        names = []
        for folder in folders or (self.state, self.out):
            for path in pathlib.Path(folder).rglob("*"):
                if path.name.endswith(".partial") or path.name.startswith(("next.", "next-")):
                    names.append(path.name)
        return names


class Torture:
    """The run of all rows: the program, how much is tried, and what came of it."""

    def __init__(self, graft, full, work):
        self.graft = str(pathlib.Path(graft).resolve())
        self.full = full
        self.work = pathlib.Path(work)
        self.user = self.work / "user"
        self.user.mkdir(parents=True)
        self.rows = []
        self.random = random.Random(2026)
        self.workers = os.cpu_count() or 2
        self.shim = str(self.work / "faults.so")
        subprocess.run(
            ["clang", "-shared", "-fPIC", "-O1", "-Wall", "-o", self.shim, str(FOLDER / "faults.c"), "-ldl"],
            check=True)
        self.hashes = {}
        self.make_user()

    def make_user(self):
        """What belongs to the user, and must never change: pictures and a trained model."""
        make_pictures(self.user / "pictures", classes=2, count=6)
        with Place(self) as place:
            made = place.run(training(2) + "\nsave out/model.safetensors")
            if made.status != 0:
                raise RuntimeError(f"the program makes no model: {made}")
            shutil.copy(place.out / "model.safetensors", self.user / "model.safetensors")

    def number(self, full, smoke):
        return full if self.full else smoke

    def faults(self, prefix, call, nth, action, log):
        """The environment in which one call fails or kills."""
        return {
            "LD_PRELOAD": self.shim, "TORTURE_PREFIX": str(prefix), "TORTURE_CALL": call,
            "TORTURE_NTH": str(nth), "TORTURE_DO": str(action), "TORTURE_LOG": str(log)}

    def each(self, work, items):
        """Does `work` for each item, as many at a time as there are cores."""
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            for future in [pool.submit(work, item) for item in items]:
                future.result()

    def whole(self, text):
        """The hash, the seconds and the lines of a run that nothing disturbs; made once for each text."""
        if text not in self.hashes:
            with Place(self) as place:
                start = time.monotonic()
                result = place.run(text)
                if result.status != 0:
                    raise RuntimeError(f"the undisturbed run failed: {result}\n{text}")
                self.hashes[text] = place.weights_hash(result), time.monotonic() - start
        return self.hashes[text]

    def row(self, name, title, work):
        row = Row(name, title)
        self.rows.append(row)
        start = time.monotonic()
        try:
            work(self, row)
        except Skip as reason:
            row.skipped = str(reason)
        row.seconds = time.monotonic() - start
        tried = row.held + len(row.failures)
        note = f"  skipped: {row.skipped}" if row.skipped else ""
        print(
            f"{name:<4}{title:<66}{tried:>7}{row.held:>7}{len(row.failures):>7}{row.seconds:>8.1f} s{note}",
            flush=True)
        for failure in row.failures[:8]:
            print(f"      {failure}", flush=True)

    def table(self):
        lines = ["| row | what | tried | held | failed | seconds |", "|---|---|---:|---:|---:|---:|"]
        for row in self.rows:
            what = row.title + (f" (skipped: {row.skipped})" if row.skipped else "")
            lines.append(
                f"| {row.name} | {what} | {row.held + len(row.failures)} | {row.held} "
                f"| {len(row.failures)} | {row.seconds:.1f} |")
        for row in self.rows:
            lines += [f"- {row.name}: {failure}" for failure in row.failures]
        return "\n".join(lines) + "\n"

    @property
    def failed(self):
        return sum(len(row.failures) for row in self.rows)


def training(epochs=5, checkpoint="step", more=""):
    """A recipe that trains the small network; two updates an epoch."""
    pace = f"set checkpoint={checkpoint}\n"
    return f"{pace}{DATA}\n{ENCODER}\ntrain epochs={epochs} batch=16 policy=B as=B{more}"


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", binascii.crc32(kind + body))


def png(width, height, color, crc_of_pixels=None):
    """An RGB PNG with a gradient, so that no two colors give the same file."""
    rows = bytearray()
    row = bytearray(1 + 3 * width)
    row[1::3] = bytes((color[0] + 9 * x) % 256 for x in range(width))
    row[3::3] = bytes([color[2]]) * width
    for y in range(height):
        row[2::3] = bytes([(color[1] + 9 * y) % 256]) * width
        rows += row
    pixels = chunk(b"IDAT", zlib.compress(rows, 1))
    if crc_of_pixels is not None:
        pixels = pixels[:-4] + struct.pack(">I", crc_of_pixels)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def make_pictures(folder, classes, count, side=16):
    """A class a folder, `count` small pictures in each; no two are the same."""
    for number in range(classes):
        inside = folder / f"class{number}"
        inside.mkdir(parents=True)
        for index in range(count):
            # Odd steps by 256 colors make each number another color.
            color = (index * 37 % 256, (index // 256 * 41 + number * 90) % 256, index // 7 % 256)
            with open(f"{inside}/picture{index}.png", "wb", buffering=0) as file:
                file.write(png(side, side, color))


def read_tensors(path):
    """The header of a safetensors file and its values."""
    content = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8:8 + length]), bytearray(content[8 + length:])


def write_tensors(path, header, values):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + bytes(values))


def digest(folder):
    """A hash of all names, kinds, permissions and contents under a folder."""
    whole = hashlib.sha256()
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    for entry in entries:
        status = entry.stat(follow_symlinks=False)
        whole.update(f"{entry.name} {status.st_mode} {status.st_mtime_ns}".encode())
        if entry.is_symlink():
            whole.update(os.readlink(entry.path).encode())
        elif entry.is_dir():
            whole.update(digest(entry.path).encode())
        elif entry.is_file():
            with open(entry.path, "rb") as file:
                whole.update(file.read())
    return whole.hexdigest()


def has_signal(result):
    """Whether a process died of a signal, or trapped."""
    status = result.status
    return status == "no end" or status < 0 or status in (132, 133, 134, 135, 136, 139)


def limit_memory(count):
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (count, count))


def can_mount():
    """Whether a file system of our own can be mounted here without being root."""
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True)
    return done.returncode == 0


def stop(process, number=signal.SIGKILL):
    try:
        process.send_signal(number)
    except ProcessLookupError:
        pass
