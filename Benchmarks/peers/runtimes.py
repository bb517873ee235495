"""ONNX Runtime and OpenVINO, inference: runtimes.py NETWORK BATCH SIDE THREADS [bf16], which OpenVINO alone has."""
import os
import sys
import tempfile
import warnings

import harness

name, batch, side, threads = sys.argv[1], *map(int, sys.argv[2:5])
is_bf16 = sys.argv[5:] == ["bf16"]
warnings.filterwarnings("ignore")


def add_onnx_runtime(path, images):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: images}

    def step():
        session.run(None, feed)
        return batch

    harness.add("ONNX Runtime", onnxruntime.__version__, harness.rate(step))


def add_openvino(path, images):
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "bf16" if is_bf16 else "f32", "INFERENCE_NUM_THREADS": threads}
    compiled = core.compile_model(core.read_model(path), "CPU", settings)

    def step():
        compiled(images)
        return batch

    harness.add("OpenVINO", openvino.__version__.split("-")[0], harness.rate(step))


try:
    import torch
    import networks

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "network.onnx")
        images = torch.randn(batch, 3, side, side)
        torch.onnx.export(
            networks.make(name).eval(), (images,), path, dynamo=False, opset_version=17)
        runtimes = {"ONNX Runtime": add_onnx_runtime, "OpenVINO": add_openvino}
        if is_bf16:
            del runtimes["ONNX Runtime"]
        for title, add in runtimes.items():
            try:
                add(path, images.numpy())
            except ImportError as error:
                harness.missing(title, error)
except ImportError as error:
    harness.missing("ONNX Runtime and OpenVINO", f"PyTorch exports the network: {error}")
harness.serve()
