"""What graft-bench and a peer say to each other, one line at a time, fields parted by tabs.

The peer first names what it can measure ("peer NAME VERSION") and what is not installed ("missing
NAME REASON"), then says "ready". Each line it reads is a number of seconds: it measures every
contestant for about so long, answers "value NAME NUMBER" for each, and then "done".
"""
import sys
import time

contestants = {}


def say(*fields):
    print("\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in fields), flush=True)


def add(name, version, measure):
    """measure(seconds) gives the number."""
    contestants[name] = measure
    say("peer", name, version)


def missing(name, reason):
    say("missing", name, reason)


def rate(step):
    """Images a second of step(), which returns how many images it took."""

    def measure(seconds):
        count, start = 0, time.perf_counter()
        while True:
            count += step()
            elapsed = time.perf_counter() - start
            if elapsed >= seconds:
                return count / elapsed

    return measure


def serve():
    say("ready")
    for line in sys.stdin:
        for name, measure in contestants.items():
            say("value", name, repr(measure(float(line))))
        say("done")
