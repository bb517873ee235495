"""PyTorch, eager, in both memory layouts: steps.py NETWORK BATCH SIDE inference|A|B THREADS [bf16]"""
import sys

import harness

name, batch, side = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
variant, threads = sys.argv[4], int(sys.argv[5])
precision = sys.argv[6] if len(sys.argv) > 6 else "fp32"
try:
    import torch
    import networks

    torch.set_num_threads(threads)
    layouts = {"PyTorch": torch.contiguous_format, "PyTorch channels-last": torch.channels_last}
    for title, layout in layouts.items():
        step = networks.trainer(name, batch, side, variant, layout, precision)
        harness.add(title, torch.__version__, harness.rate(step))
except ImportError as error:
    harness.missing("PyTorch", error)
harness.serve()
