"""Weights that are no numbers."""

import hashlib
import struct

from harness import DATA, ENCODER, STEP, Place, has_signal, read_tensors, write_tensors


def weights_hash(header, values):
    """The hash that Graft writes beside weights: SHA-256 over those of names and values, axes reversed."""
    whole = hashlib.sha256()
    for name in sorted(name for name in header if name != "__metadata__"):
        start, end = header[name]["data_offsets"]
        shape = header[name]["shape"]
        words = [bytes(values[at:at + 4]) for at in range(start, end, 4)]
        if len(shape) > 1:
            outer, inner = shape[0], shape[1]
            taps = len(words) // (outer * inner)
            words = [
                words[(o * inner + i) * taps + tap]
                for tap in range(taps) for i in range(inner) for o in range(outer)]
        whole.update(hashlib.sha256(name.encode() + b"".join(words)).digest())
    return whole.hexdigest()


def planted(torture, row):
    """N2: NaN or infinity in one tensor of a weight file, without the hashes that would tell."""
    source = torture.user / "model.safetensors"
    header, values = read_tensors(source)
    row.check(
        weights_hash(header, values) == header["__metadata__"]["graft.hash"],
        "the hash of the weights is computed in another way")
    names = sorted(name for name in header if name != "__metadata__" and header[name]["dtype"] == "F32")
    # A training puts a new head in the place of the file's last layer.
    last = names[-1].split(".")[0]
    cases = [(name, bad) for bad in (float("nan"), float("inf")) for name in names]
    cases = cases[:torture.number(20, 4)]

    def attempt(case):
        name, bad = case
        with Place(torture) as place:
            start = header[name]["data_offsets"][0]
            spoiled = bytearray(values)
            spoiled[start:start + 4] = struct.pack("<f", bad)
            plain = {key: value for key, value in header.items() if key != "__metadata__"}
            write_tensors(place.folder / "bare.safetensors", plain, spoiled)
            write_tensors(place.folder / "whole.safetensors", header, spoiled)
            told = {**header["__metadata__"], "graft.hash": weights_hash(header, spoiled)}
            write_tensors(
                place.folder / "hashed.safetensors", {**header, "__metadata__": told}, spoiled)
            lines = [
                (f"{STEP}\n{DATA}\n{ENCODER} weights=bare.safetensors\n"
                 "train epochs=2 batch=16 policy=B as=B", "train"),
                (f"{DATA}\n{ENCODER} weights=bare.safetensors\n"
                 "train epochs=2 batch=16 policy=A as=B", "train"),
                (f"load whole.safetensors as=B\npredict {torture.user}/pictures/class0", "predict"),
                (f"load hashed.safetensors as=B\npredict {torture.user}/pictures/class0", "predict"),
                (f"load hashed.safetensors as=B\n{DATA}\nevaluate", "evaluate")]
            for text, what in lines:
                result = place.run(text)
                told = '"event":"error"' in result.output and "finite" in result.output + result.errors
                told = told or "the weights have the hash" in result.output
                head_only = what == "train" and name.split(".")[0] == last
                row.check(
                    result.status > 0 and told and not has_signal(result) or head_only and result.status == 0,
                    f"{what} with {bad} in {name}: {result} {result.output[-300:]}")

    torture.each(attempt, cases)


ROWS = [("N2", "NaN or infinity in a tensor of a weight file: refused by name or stopped", planted)]
