"""Writes one network's weights as training code leaves them: make_matrix.py FOLDER.

FOLDER/plain.safetensors has SqueezeNet 1.1; each other file has the same under the names and in the form
that its own name tells, or is another library's and must be refused.
"""
import argparse
import os
import pathlib
import pickle
import struct
import sys

import numpy
import torch
import torchvision
from safetensors.torch import save_file

folder = sys.argv[1]
torch.manual_seed(3)
model = torchvision.models.squeezenet1_1(weights=None)
state = model.state_dict()
other = {key: value + 1 for key, value in state.items()}


def path(name):
    return os.path.join(folder, name)


def wrapped(chain, values=state):
    return {chain + key: value for key, value in values.items()}


save_file(state, path("plain.safetensors"))
chains = ["module.", "_orig_mod.", "model.", "backbone.", "encoder.", "net.", "student.", "teacher.",
          "module._orig_mod.", "_orig_mod.module.", "model.backbone.", "module.encoder.net."]
for chain in chains:
    name = chain.replace(".", "-")
    torch.save(wrapped(chain), path(f"good_{name}.pth"))
    torch.save(wrapped(chain), path(f"good_{name}.th"), _use_new_zipfile_serialization=False)
    save_file(wrapped(chain), path(f"good_{name}.safetensors"))
torch.save({"state_dict": wrapped("module."), "best_acc1": torch.tensor(71.0), "epoch": 1},
           path("good_best.pth"))
torch.save(
    {"state_dict": wrapped("module."), "arch": "squeezenet1_1", "metric": numpy.float64(3),
     "args": argparse.Namespace(path=pathlib.Path("x"), amp=None),
     "optimizer": torch.optim.AdamW(model.parameters()).state_dict(),
     "amp_scaler": {"scale": 1.0}, "rng": torch.get_rng_state(), "numpy": numpy.random.get_state()},
    path("good_timm.pth"))
torch.save({"model": state, "model_ema": other, "scheduler": {"steps": numpy.int64(3)}},
           path("good_ema.pth"))
save_file({**wrapped("model."), **{key: value.clone() for key, value in wrapped("ema_model.", other).items()}},
          path("good_ema.safetensors"))
torch.save({"teacher": other, "student": wrapped("module."), "model": state}, path("good_dino.pth"))
torch.save({"module": state, "buffer_names": ["a"]}, path("good_deepspeed.pth"))
torch.save(torch.nn.ParameterDict({"a": state["features.0.weight"]}), path("bad_module.pth"))

# What Graft does not read is named for what it is.
torch.jit.script(model).save(path("bad_script.pt"))
torch.save(model, path("bad_whole.pth"))
torch.save(state, path("bad_protocol4.pth"), pickle_protocol=4)
with open(path("bad_pickle5.pkl"), "wb") as file:
    pickle.dump({key: value.numpy() for key, value in state.items()}, file, protocol=5)
numpy.save(path("bad_array.npy"), numpy.zeros(3))
numpy.savez(path("bad_arrays.npz"), a=numpy.zeros(3))
for name, start in {
    "bad_keras.h5": b"\x89HDF\r\n\x1a\n", "bad_model.gguf": b"GGUF\x03\0\0\0", "bad_saved_model.pb": b"\x08\x01\x12\x10",
    "bad_lite.tflite": b"\x1c\0\0\0TFL3", "bad_pointer.pth": b"version https://git-lfs.github.com/spec/v1\n",
}.items():
    with open(path(name), "wb") as file:
        file.write(start + struct.pack("<8Q", *range(8)))
