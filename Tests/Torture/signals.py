"""Signals, closed outputs, and two processes at one run."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time

from harness import Place, has_signal, stop, training


class Prompt:
    """The program at a terminal of its own."""

    def __init__(self, place):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"\x28\x00\xa0\x00\0\0\0\0")
        self.process = subprocess.Popen(
            [place.torture.graft, "--no-color", "--threads", "1"], stdin=theirs, stdout=theirs, stderr=theirs,
            cwd=place.folder, env=place.environment(), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.text = ""

    def read(self, seconds):
        ready, _, _ = select.select([self.ours], [], [], seconds)
        if not ready:
            return
        try:
            self.text += os.read(self.ours, 1 << 16).decode("utf-8", "replace")
        except OSError:
            pass

    def wait(self, pattern, limit=60):
        """Waits until what was written since the last line typed has the pattern."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if re.search(pattern, self.text):
                return True
            self.read(0.2)
        return False

    def type(self, line):
        self.text = ""
        os.write(self.ours, line.encode() + b"\r")

    def press(self, key):
        os.write(self.ours, key)

    def close(self):
        stop(self.process)
        self.process.wait()
        os.close(self.ours)


def interrupts(torture, row):
    """G1: Ctrl-C at the prompt while it trains; then `resume`."""
    text = training(40)
    expected, seconds = torture.whole(text)

    def attempt(share):
        with Place(torture) as place:
            prompt = Prompt(place)
            try:
                ready = prompt.wait(r"> ")
                for line in text.splitlines()[:-1]:
                    prompt.type(line)
                    prompt.wait(r"\n[\s\S]*> $", 10)
                prompt.type(text.splitlines()[-1])
                prompt.wait(r"epoch \d+/40|weights [0-9a-f]{8}", 30)
                time.sleep(share * seconds)
                prompt.press(b"\x03")
                back = prompt.wait(r"(weights [0-9a-f]{8}|kept|stopped)[\s\S]*> ", 20)
                stopped = prompt.text
                prompt.type("resume B")
                prompt.wait(r"(weights [0-9a-f]{8}|nothing to|complete|error)[\s\S]*> ", 60)
                hashes = re.findall(r"weights ([0-9a-f]{8})", stopped + prompt.text)
                row.check(
                    ready and back and hashes and hashes[-1] == expected[:8],
                    f"Ctrl-C after {share:.2f} of it: prompt back {back}, hashes {hashes} for {expected[:8]}: "
                    f"{stopped[-500:]!r} {prompt.text[-500:]!r}")
            finally:
                prompt.close()

    torture.each(attempt, [torture.random.uniform(0, 0.8) for _ in range(torture.number(50, 4))])


def hear_all():
    """Undoes what nohup and background jobs of a shell do, which the program respects."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def endings(torture, row):
    """G3: SIGTERM and SIGHUP end a batch run as the shell expects, and nothing is lost."""
    text = training(40)
    expected, _ = torture.whole(text)

    def attempt(case):
        number, status = case
        with Place(torture) as place:
            process = place.start(place.arguments(text), preexec_fn=hear_all)
            # Its first checkpoint tells that it trains.
            for _ in range(3000):
                if list(place.state.glob("graft/checkpoints/*/last.safetensors")) or process.poll() is not None:
                    break
                time.sleep(0.01)
            time.sleep(torture.random.uniform(0, 0.02))
            stop(process, number)
            result = place.finish(process)
            again = place.run(text)
            found = place.weights_hash(again)
            row.check(
                result.status == status and again.status == 0 and found == expected
                and not place.leftovers(place.state),
                f"signal {number}: {result}; again: {again}, hash {found} for {expected}")

    cases = [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
    torture.each(attempt, cases * torture.number(10, 1))


def closed(torture, row):
    """G4: nobody reads what it writes."""
    text = training(5)
    expected, _ = torture.whole(text)
    for what, arrange in (
            ("the pipe of standard output is closed", "|"), ("standard output is closed", ">&-"),
            ("all three are closed", "<&- >&- 2>&-"), ("standard error is closed", "2>&-")):
        with Place(torture) as place:
            if arrange == "|":
                ours, theirs = os.pipe()
                os.close(ours)
                process = place.start(place.arguments(text), stdout=theirs)
                os.close(theirs)
            else:
                process = place.start(["sh", "-c", f'exec "$@" {arrange}', "sh", *place.arguments(text)])
            result = place.finish(process)
            spoiled = [
                path.name for path in place.state.rglob("*.graft") if "{\"event\"" in path.read_text()]
            row.check(
                not has_signal(result) and place.weights_hash() == expected and not spoiled,
                f"{what}: {result}, hash {place.weights_hash()} for {expected}, events in {spoiled}")


def cut_off(torture, row):
    """G4b: whoever reads the output goes away in the middle, as in `graft … | head -1`."""
    text = training(40)
    expected, _ = torture.whole(text)
    # Text has two lines before the training begins, JSON one for each epoch too.
    for form, lines in (("--json", torture.number(12, 2)), ("--no-color", 2)):
        for count in range(1, lines + 1):
            with Place(torture) as place:
                arguments = [torture.graft, form, "--threads", "1", "run", place.recipe(text)]
                process = place.start(arguments)
                for _ in range(count):
                    process.stdout.readline()
                process.stdout.close()
                errors = process.stderr.read()
                status = process.wait()
                kept = [record["status"] for record in place.records()]
                row.check(
                    status == 1 and place.weights_hash() == expected and kept == ["completed"]
                    and b"output" in errors,
                    f"{form}, closed after {count} lines: status {status}, runs {kept}, "
                    f"hash {place.weights_hash()} for {expected}: {errors[-300:]}")


def two(torture, row):
    """G5: a second process at the same run is told; after kill -9 of the first it may go on."""
    text = training(100)
    expected, _ = torture.whole(text)
    for _ in range(torture.number(5, 1)):
        with Place(torture) as place:
            first = place.start(place.arguments(text))
            for _ in range(3000):
                if list(place.state.glob("graft/checkpoints/*/last.safetensors")) or first.poll() is not None:
                    break
                time.sleep(0.01)
            stop(first, signal.SIGSTOP)
            second = place.run(text)
            told = f"the same training runs in process {first.pid}" in second.output + second.errors
            row.check(second.status == 1 and told, f"the second of two: {second} {second.output[-300:]}")
            stop(first)
            place.finish(first)
            third = place.run(text)
            row.check(
                third.status == 0 and place.weights_hash(third) == expected,
                f"after the first is gone: {third}, hash {place.weights_hash(third)} for {expected}")


ROWS = [
    ("G1", "Ctrl-C at the prompt, then `resume`: the right end", interrupts),
    ("G3", "SIGTERM 143, SIGHUP 129, SIGINT 130, and the same command goes on", endings),
    ("G4", "closed pipes and descriptors: the training is kept all the same", closed),
    ("G4b", "the reader of the output goes away in the middle: kept, status 1", cut_off),
    ("G5", "the second of two processes at one run is told", two),
]
