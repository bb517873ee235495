"""Writes the small PyTorch files of the tests, and hostile pickles. Made with PyTorch 2.13.

usage: make_torch_files.py  (writes beside itself)
"""
import argparse
import collections
import io
import os
import pathlib
import struct
import zipfile

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(here, name)


def tensors():
    values = torch.arange(6).reshape(2, 3)
    base = torch.arange(24, dtype=torch.float32)
    return collections.OrderedDict([
        ("f32", values.float() / 4 - 0.5), ("f64", values.double() / 4 - 0.5),
        ("f16", values.half() / 4 - 0.5), ("bf16", values.bfloat16() / 4 - 0.5),
        ("i64", values - 3), ("i32", (values - 3).int()), ("i16", (values - 3).short()),
        ("i8", (values - 3).char()), ("u8", values.byte()), ("bool", values % 2 == 0),
        ("scalar", torch.tensor(7)), ("empty", torch.zeros(0, 3)),
        ("transposed", base.reshape(2, 3, 4).permute(2, 0, 1)),
        ("sliced", base.reshape(4, 6)[1:3, 1:6:2]), ("shared", base[20:24]),
        ("parameter", torch.nn.Parameter(torch.tensor([1.5, -2.5]))),
    ])


for form, is_zip in [("zip", True), ("legacy", False)]:
    torch.save(tensors(), path(f"types_{form}.pth"), _use_new_zipfile_serialization=is_zip)
    checkpoint = {
        "epoch": 3, "best": 0.5, "arch": "net", "optimizer": {"lr": 0.1},
        "state_dict": collections.OrderedDict(
            [("module.conv.weight", torch.arange(4.0)), ("module.conv.bias", torch.tensor([2.0]))]),
    }
    torch.save(checkpoint, path(f"checkpoint_{form}.pth"), _use_new_zipfile_serialization=is_zip)

# As PyTorch's ImageNet example saves it: a tensor beside the weights; and averaged ones as timm has them.
weights = {"conv.weight": torch.arange(4.0), "conv.bias": torch.tensor([2.0])}
torch.save(
    {"state_dict": weights, "best_acc1": torch.tensor(91.5),
     "state_dict_ema": {name: value + 1 for name, value in weights.items()}},
    path("checkpoint_best.pth"))

# As timm's script saves it, with what Python has beside the weights.
torch.save(
    {"epoch": 3, "arch": "resnet18", "classes": ["ant", "bee"],
     "args": argparse.Namespace(lr=0.1, output=pathlib.Path("/runs"), drop={"a": 1.5}),
     "metric": numpy.float64(91.5), "numbers": numpy.arange(3), "dtype": torch.float16,
     "device": torch.device("cpu"), "seen": {"a", "b"}, "big": 2**70,
     "history": collections.defaultdict(list, loss=[1.0]),
     "state_dict": {**weights, "scale": torch.nn.Parameter(torch.tensor([1.5]))},
     "state_dict_ema": {name: value + 1 for name, value in weights.items()}},
    path("checkpoint_objects.pth"))

network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
torch.manual_seed(0)
torch.save(network.state_dict(), path("state_dict.pth"))
torch.serialization.set_crc32_options(False)
torch.save({"a": torch.arange(3.0)}, path("no_crc32.pth"))
torch.serialization.set_crc32_options(True)

# Hostile pickles, each as the data.pkl of an archive; the test makes those of many equal opcodes.
P = b"\x80\x02"
TEXT = lambda s: b"X" + struct.pack("<I", len(s)) + s
STORAGE = (b"(" + TEXT(b"storage") + b"ctorch\nFloatStorage\n" + TEXT(b"0") + TEXT(b"cpu")
           + b"K\x04tQ")
REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


def tensor(offset=b"K\x00", size=b"K\x04\x85", stride=b"K\x01\x85", storage=STORAGE):
    ordered = b"ccollections\nOrderedDict\n)R"
    return REBUILD + b"(" + storage + offset + size + stride + b"\x89" + ordered + b"tR"


def state(value):
    return P + b"}" + TEXT(b"w") + value + b"s."


def bomb(level):
    """A hundred references to one dictionary of a hundred references to ..."""
    inner = b"N" if level == 0 else bomb(level - 1)
    again = b"N" if level == 0 else b"h" + bytes([level - 1])
    items = TEXT(b"0") + inner + b"".join(TEXT(b"%d" % i) + again for i in range(1, 100))
    return b"}q" + bytes([level]) + b"(" + items + b"u"


hostile = {
    "fine": state(tensor()),
    "os_system": P + b"cposix\nsystem\n" + TEXT(b"touch /tmp/graft-was-here") + b"\x85R.",
    "stack_global": b"\x80\x04" + b"\x8c\x05posix\x8c\x06system\x93" + TEXT(b"ls") + b"\x85R.",
    "stack_global_2": P + TEXT(b"posix") + TEXT(b"system") + b"\x93.",
    "inst": P + b"(" + TEXT(b"ls") + b"iposix\nsystem\n.",
    "ext1": P + b"\x82\x01.",
    "newobj": P + b"ccollections\nOrderedDict\n)\x81.",
    "dup": P + b"}2.",
    "pop": P + b"}}0.",
    "eval": P + b"c__builtin__\neval\n" + TEXT(b"1") + b"\x85R.",
    "torch_load": P + b"ctorch\nload\n" + TEXT(b"x") + b"\x85R.",
    "call_storage": P + b"ctorch\nFloatStorage\nK\x04\x85R.",
    "self_reference": P + b"}q\x00" + TEXT(b"a") + b"h\x00s.",
    "bomb": P + bomb(3) + b".",
    "long_text": P + b"X" + struct.pack("<I", 2**31) + b"a.",
    "underflow": P + b"t.",
    "setitem_on_integer": P + b"K\x01" + TEXT(b"a") + TEXT(b"b") + b"s.",
    "memo": P + b"}r\xff\xff\xff\xff.",
    "memo_empty": P + b"h\x05.",
    "two_values": P + b"}}.",
    "no_stop": P + b"}",
    "offset": state(tensor(offset=b"K\x01")),
    "negative_offset": state(tensor(offset=b"J\xff\xff\xff\xff")),
    "stride": state(tensor(stride=b"K\x02\x85")),
    "expanded": state(tensor(size=b"K\x40\x85", stride=b"K\x00\x85")),
    "overflow": state(tensor(size=b"\x8a\x08" + struct.pack("<q", 2**62) + b"K\x04\x86",
                             stride=b"K\x01K\x01\x86")),
    "negative_size": state(tensor(size=b"J\xfe\xff\xff\xff\x85")),
    "rank": state(tensor(size=b"(" + b"K\x01" * 9 + b"t", stride=b"(" + b"K\x01" * 9 + b"t")),
    "two_storages": state(tensor()).replace(b"s.", b"") + TEXT(b"v")
                    + tensor(storage=STORAGE.replace(b"K\x04tQ", b"K\x05tQ")) + b"s.",
    "big_storage": state(tensor(storage=STORAGE.replace(
        b"K\x04tQ", b"\x8a\x08" + struct.pack("<q", 2**62) + b"tQ"))),
    "tensor_alone": P + tensor() + b".",
    "empty": P + b"}.",
    "deep": P + (b"}" + TEXT(b"a")) * 6 + tensor() + b"s" * 6 + b".",
    "ordered_arguments": P + b"ccollections\nOrderedDict\n]\x85R.",
    "whole_model": P + b"c__main__\nNet\n)\x81.",
    "object_of_os": P + b"cposix\nstat_result\n)\x81.",
    "skipped_beside": P + b"}(" + TEXT(b"a") + b"cnumpy\ndtype\n" + TEXT(b"f8") + b"\x85R}b"
                      + TEXT(b"w") + tensor() + b"u.",
}


def archive(pickled, storages=((b"0", struct.pack("<4f", 1, 2, 3, 4)),)):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        def add(name, data):
            file.writestr(zipfile.ZipInfo("archive/" + name), data)
        add("data.pkl", pickled)
        add("byteorder", b"little")
        for key, data in storages:
            add("data/" + key.decode(), data)
        add("version", b"3\n")
    return out.getvalue()


with open(path("hostile.bin"), "wb") as file:
    for name, pickled in hostile.items():
        whole = archive(pickled)
        file.write(struct.pack("<II", len(name), len(whole)) + name.encode() + whole)
