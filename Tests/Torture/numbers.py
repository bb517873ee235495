"""Weights that are no numbers."""

import re
import struct

import faults
from harness import ENCODER, STEP, DATA, Place, has_signal, read_tensors, training, write_tensors


def planted(torture, row):
    """N2: NaN or infinity in one tensor of a weight file, without the hashes that would tell."""
    source = torture.user / "model.safetensors"
    header, values = read_tensors(source)
    names = sorted(name for name in header if name != "__metadata__" and header[name]["dtype"] == "F32")
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
            lines = [
                (f"{STEP}\n{DATA}\n{ENCODER} weights=bare.safetensors\n"
                 "train epochs=2 batch=16 policy=B as=B", "train"),
                (f"load whole.safetensors as=B\npredict {torture.user}/pictures/class0", "load, predict")]
            for text, what in lines:
                result = place.run(text)
                said = result.output + result.errors
                wrong = result.status == 0 and (
                    re.search(r"\b(nan|inf|-inf)\b", said, re.IGNORECASE) or what != "train"
                    or ":null" in "".join(
                        line for line in result.output.splitlines() if '"epoch"' in line and "loss\":null" in line))
                row.check(
                    not wrong and not has_signal(result) and (result.status == 0 or "error" in said),
                    f"{what} with {bad} in {name}: {result} {result.output[-300:]}")

    torture.each(attempt, cases)


ROWS = [("N2", "NaN or infinity in a tensor of a weight file: refused by name or stopped", planted)]
