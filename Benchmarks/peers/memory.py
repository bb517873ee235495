"""PyTorch's peak resident memory in three steps: memory.py NETWORK BATCH SIDE inference|A|B THREADS"""
import sys

import harness

name, batch, side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
variant, threads = sys.argv[4], int(sys.argv[5])


def peak(_):
    step = networks.trainer(name, batch, side, variant, torch.channels_last)
    for _ in range(3):
        step()
    # Not getrusage: its peak begins with that of the process that started this one.
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


try:
    import torch
    import networks

    torch.set_num_threads(threads)
    harness.add("PyTorch channels-last", torch.__version__, peak)
except ImportError as error:
    harness.missing("PyTorch", error)
harness.serve()
